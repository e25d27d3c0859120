"""Which services form a system together, and the part of a graph that concerns one folder."""

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
    for edge in graph.edges:
        target = graph.service(edge.target)
        if target and not target.paths and any(contains(directory, place.path) for place in edge.evidence):
            inside.add(edge.target)
    edges = tuple(edge for edge in graph.edges if edge.source in inside)
    kept = inside | {edge.target for edge in edges}
    channels = []
    for channel in graph.channels:
        producers = tuple(name for name in channel.producers if name in kept)
        consumers = tuple(name for name in channel.consumers if name in kept)
        if inside.intersection((*producers, *consumers)):
            channels.append(replace(channel, producers=producers, consumers=consumers))
    return replace(
        graph,
        services=tuple(service for service in graph.services if service.name in kept),
        edges=edges,
        channels=tuple(channels),
    )


def _stands_in(service: Service, directory: str) -> bool:
    return any(contains(directory, path) for path in service.paths)
