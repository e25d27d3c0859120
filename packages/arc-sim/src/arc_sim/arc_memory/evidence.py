"""What history adds to a graph: more confidence where evidence agrees, owners for files that nobody claims."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations

from arc_sim.arc_memory.history import History
from arc_sim.causal.code.gather import owners_of
from arc_sim.causal.paths import has_no_effect
from arc_sim.model import Edge, Graph, Service

MIN_COMMITS = 3
"""Fewer common commits are chance. A decision."""
MIN_SHARE = 0.8
"""Of the commits of a file that nobody owns, so many must touch one service, for it to count as its own."""
CO_CHANGE = 0.1
"""Most that common changes add to an edge's confidence: they are a hint, no dependency."""
DECLARED = 0.5
"""Confidence of a dependency that only the database holds."""


@dataclass(frozen=True)
class CoChange:
    """Two services that change in the same commits."""

    services: tuple[str, str]
    commits: int
    share: float
    """Of the commits of the one that changes less, in [0, 1]."""


@dataclass(frozen=True)
class Evidence:
    """What a history says about a graph."""

    co_changes: tuple[CoChange, ...] = ()
    """Sorted by the number of commits, most first."""
    owners: tuple[tuple[str, str, int, int], ...] = ()
    """``(file, service, common commits, commits of the file)`` for files that no service owns. Sorted."""


class _Counts:
    """Commits by service, by pair of services, and by file that nobody owns."""

    def __init__(self, graph: Graph) -> None:
        self._by_path: dict[str, list[str]] = {}
        for service in graph.services:
            for path in service.paths:
                self._by_path.setdefault(path, []).append(service.name)
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.changes: Counter[str] = Counter()
        self.free: dict[str, Counter[str]] = {}
        self.seen: Counter[str] = Counter()

    def add(self, group: frozenset[str], times: int) -> None:
        """Count one set of files that changed together."""
        owners = {path: owners_of(path, self._by_path) for path in group if has_no_effect(path) is None}
        touched = sorted({name for names in owners.values() for name in names})
        self.changes.update(dict.fromkeys(touched, times))
        self.pairs.update(dict.fromkeys(combinations(touched, 2), times))
        for path in (path for path, names in owners.items() if not names):
            self.seen[path] += times
            self.free.setdefault(path, Counter()).update(dict.fromkeys(touched, times))


def weigh(graph: Graph, history: History) -> Evidence:
    """Return co-change of services, and weak owners."""
    counts = _Counts(graph)
    for group, times in [*((commit, 1) for commit in history.commits), *_patterns(history)]:
        counts.add(group, times)
    common = ((pair, number) for pair, number in counts.pairs.items() if number >= MIN_COMMITS)
    found = [CoChange(p, n, round(n / min(counts.changes[p[0]], counts.changes[p[1]]), 4)) for p, n in common]
    owned = []
    for path, counter in sorted(counts.free.items()):
        least = max(MIN_COMMITS, MIN_SHARE * counts.seen[path])
        strong = [(name, number) for name, number in counter.items() if number >= least]
        if len(strong) == 1:
            owned.append((path, *strong[0], counts.seen[path]))
    return Evidence(tuple(sorted(found, key=lambda item: (-item.commits, item.services))), tuple(owned))


def strengthen(graph: Graph, history: History, evidence: Evidence) -> Graph:
    """Return the graph with history merged in.

    Common changes raise the confidence of edges that are there, and make none. Dependencies that the database itself
    holds are edges of their own; its services count only where the repository shows none.
    """
    share = {item.services: item.share for item in evidence.co_changes}
    edges = {edge.key: _raised(edge, share) for edge in graph.edges}
    services = graph.services or _declared_services(history)
    merged = replace(graph, services=services)
    for item in history.dependencies:
        source, target = merged.service(item.source), merged.service(item.target)
        if source is None or target is None or source.name == target.name:
            continue
        known = edges.get((source.name, target.name))
        if known is not None and item.own:
            continue
        edge = known or Edge(source.name, target.name, item.protocol, item.sync, 0.0)
        edges[edge.key] = replace(edge, confidence=round(1 - (1 - edge.confidence) * (1 - DECLARED), 4))
    return replace(merged, edges=tuple(edges[key] for key in sorted(edges)))


def _raised(edge: Edge, share: dict[tuple[str, str], float]) -> Edge:
    first, second = sorted(edge.key)
    doubt = 1 - CO_CHANGE * share.get((first, second), 0.0)
    return replace(edge, confidence=round(1 - (1 - edge.confidence) * doubt, 4))


def _declared_services(history: History) -> tuple[Service, ...]:
    """Return the services that stand in a dependency; directories that were only named services do not."""
    names = {name for item in history.dependencies for name in (item.source, item.target)}
    return tuple(Service(name) for name in sorted(names))


def _patterns(history: History) -> "list[tuple[frozenset[str], int]]":
    """Return the patterns, when the commits themselves are not there: they repeat what the commits say."""
    return [] if history.commits else sorted(history.together.items(), key=lambda item: sorted(item[0]))
