"""Who notices a change: callers with the way to them, and those who take messages from it."""

from collections.abc import Iterable
from heapq import heappop, heappush

from arc_sim.model import Edge, Graph, Reach

HOP = 0.5
"""Weight of each hop after the first. A decision: half of what a callee suffers is still seen one caller further."""
FALLBACK = 0.5
"""Weight of an edge whose caller has an answer without the callee."""


def callers(graph: Graph, names: Iterable[str]) -> dict[str, Reach]:
    """Return ``{caller: strongest way}`` for all that wait for one of the names, however far up."""
    incoming: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        if edge.sync:
            incoming.setdefault(edge.target, []).append(edge)
    start = set(names)
    found: dict[str, Reach] = {}
    pending: list[tuple[float, tuple[str, ...]]] = [(-1.0, (name,)) for name in sorted(start)]
    done: set[str] = set()
    while pending:
        weight, path = heappop(pending)
        if path[0] in done:
            continue
        done.add(path[0])
        if path[0] not in start:
            found[path[0]] = Reach(path, round(-weight, 4))
        for edge in incoming.get(path[0], ()):
            if edge.source not in done and edge.source not in start:
                further = -weight * edge.confidence * (HOP if len(path) > 1 else 1.0)
                heappush(pending, (-further * (FALLBACK if edge.fallback else 1.0), (edge.source, *path)))
    return found


def consumers(graph: Graph, names: Iterable[str]) -> dict[str, str]:
    """Return ``{consumer: reason}`` of those that take messages from the names, without the names themselves."""
    start = set(names)
    found: dict[str, str] = {}
    for channel in graph.channels:
        senders = sorted(start.intersection(channel.producers))
        for name in channel.consumers if senders else ():
            found.setdefault(name, f"takes messages of {senders[0]} from {channel.kind} {channel.name}")
    for edge in graph.edges:
        if not edge.sync and edge.target in start:
            found.setdefault(edge.source, f"sends or takes messages through {edge.target}")
    return {name: reason for name, reason in found.items() if name not in start}
