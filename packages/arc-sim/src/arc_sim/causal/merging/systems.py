"""Which services form a system together, and the part of a graph that concerns one folder."""

import re
from dataclasses import replace

from arc_sim.causal.paths import contains
from arc_sim.model import Graph, Service


def systems(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return the names of services that depend on each other in any way, the largest system first.

    A service that shares nothing with another is a system of its own.
    """
    joined = {service.name: service.name for service in graph.services}

    def root(name: str) -> str:
        while joined[name] != name:
            joined[name] = joined[joined[name]]
            name = joined[name]
        return name

    pairs = [edge.key for edge in graph.edges]
    for channel in graph.channels:
        ends = [*channel.producers, *channel.consumers, *([channel.broker] if channel.broker else [])]
        pairs += [(ends[0], other) for other in ends[1:]]
    for left, right in pairs:
        if left in joined and right in joined:
            joined[root(left)] = root(right)
    groups: dict[str, list[str]] = {}
    for name in sorted(joined):
        groups.setdefault(root(name), []).append(name)
    return tuple(tuple(names) for names in sorted(groups.values(), key=lambda names: (-len(names), names)))


def limit(graph: Graph, directory: str) -> Graph:
    """Return the services that are built or described below a directory, with what these depend on directly.

    A service that is not built here at all, such as a database, counts by the place that names it: the evidence of an
    edge to it. directory: relative to the repository, ``""`` for all of it.
    """
    inside = {service.name for service in graph.services if _stands_in(service, directory)}
    unbuilt = {service.name for service in graph.services if not service.paths}
    for edge in graph.edges:
        if any(contains(directory, place.path) for place in edge.evidence):
            inside.update(unbuilt.intersection(edge.key))
    edges = tuple(edge for edge in graph.edges if edge.source in inside)
    kept = inside | {edge.target for edge in edges}
    channels = []
    for channel in graph.channels:
        producers = tuple(name for name in channel.producers if name in kept)
        consumers = tuple(name for name in channel.consumers if name in kept)
        if inside.intersection((*producers, *consumers)):
            channels.append(replace(channel, producers=producers, consumers=consumers))
    part = replace(
        graph,
        services=tuple(service for service in graph.services if service.name in kept),
        edges=edges,
        channels=tuple(channels),
    )
    return renamed(part, _short(part, directory))


def renamed(graph: Graph, names: dict[str, str]) -> Graph:
    """Return the graph with other names for some services; the names before become aliases."""

    def new(name: str) -> str:
        return names.get(name, name)

    services = tuple(
        replace(s, name=new(s.name), aliases=tuple(sorted({*s.aliases, s.name} - {new(s.name)})))
        for s in graph.services
    )
    edges = tuple(replace(edge, source=new(edge.source), target=new(edge.target)) for edge in graph.edges)
    channels = tuple(
        replace(
            channel,
            broker=new(channel.broker) if channel.broker else channel.broker,
            producers=tuple(map(new, channel.producers)),
            consumers=tuple(map(new, channel.consumers)),
        )
        for channel in graph.channels
    )
    return replace(graph, services=services, edges=edges, channels=channels)


def prefix_of(directory: str) -> str:
    """Return what stands before a name that services of several folders have."""
    return re.sub(r"[^\w.-]+", "-", directory.strip("/")) + "-"


def _short(graph: Graph, directory: str) -> dict[str, str]:
    """Return the names without the folder in front, where they are the folder's own."""
    prefix = prefix_of(directory)
    found = {s.name: s.name[len(prefix) :] for s in graph.services if s.name.startswith(prefix)}
    taken = {service.name for service in graph.services}
    return {name: short for name, short in found.items() if short in _aliases(graph, name) and short not in taken}


def _aliases(graph: Graph, name: str) -> tuple[str, ...]:
    """Return the other names of a service."""
    service = graph.service(name)
    return service.aliases if service else ()


def _stands_in(service: Service, directory: str) -> bool:
    return any(contains(directory, path) for path in service.paths)
