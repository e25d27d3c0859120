"""Brings the message channels of all readers together: one for each broker and name."""

from collections.abc import Iterable

from arc_sim.causal.addresses import Directory
from arc_sim.causal.readers.base import Findings
from arc_sim.model import Channel, Location, Service

MAX_EVIDENCE = 12
"""Places kept for one channel."""


def merge_channels(found: Iterable[Findings], services: tuple[Service, ...]) -> tuple[Channel, ...]:
    """Return the channels sorted by broker and name, with the services under the graph's names."""
    directory = Directory(services)
    groups: dict[tuple[str, str], list[Channel]] = {}
    for findings in found:
        for channel in findings.channels:
            groups.setdefault((_named(directory, channel.broker) or "", channel.name), []).append(channel)
    return tuple(_one(key, groups[key], directory) for key in sorted(groups))


def _one(key: tuple[str, str], group: list[Channel], directory: Directory) -> Channel:
    evidence: dict[Location, None] = {place: None for channel in group for place in channel.evidence}
    producers = {_named(directory, name) for channel in group for name in channel.producers}
    consumers = {_named(directory, name) for channel in group for name in channel.consumers}
    return Channel(
        name=key[1],
        broker=key[0] or None,
        kind=group[0].kind,
        producers=tuple(sorted(filter(None, producers))),
        consumers=tuple(sorted(filter(None, consumers))),
        evidence=tuple(evidence)[:MAX_EVIDENCE],
    )


def _named(directory: Directory, name: str | None) -> str | None:
    service = directory.find(name) if name else None
    return service.name if service else None
