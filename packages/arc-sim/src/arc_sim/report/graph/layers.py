"""A layered order of a graph: callers left, what they depend on right, few crossings.

Sugiyama's method: turn edges of cycles round, give each service a layer, put a stand-in into each layer that an edge
passes, order the layers by the mean place of the neighbours. Why not a library: docs/decisions/0011.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Pair = tuple[str, str]
Spot = tuple[str, int]
"""A service at -1, or a bend of the edge with that number in one of the layers that it passes."""

SWEEPS = 16
"""Passes over all layers. A decision: more change nothing on the graphs that we looked at."""

LARGE = 4000
"""Spots from which on fewer passes are made."""


@dataclass(frozen=True)
class Layered:
    """Layers of spots in their order, and for each edge its spots from left to right."""

    layers: tuple[tuple[Spot, ...], ...]
    chains: tuple[tuple[Spot, ...], ...]
    turned: frozenset[int]
    """Edges that run from right to left."""


def arrange(names: Sequence[str], edges: Sequence[Pair]) -> Layered:
    """Return layers and chains; an edge's number is its index. Names of edges must be among ``names``."""
    turned = _back_edges(names, edges)
    forward = [(b, a) if index in turned else (a, b) for index, (a, b) in enumerate(edges)]
    rank = _ranks(names, forward)
    layers: list[list[Spot]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for name in names:
        layers[rank[name]].append((name, -1))
    chains = []
    for index, (source, target) in enumerate(forward):
        bends: list[Spot] = [(str(layer), index) for layer in range(rank[source] + 1, rank[target])]
        for layer, bend in enumerate(bends, start=rank[source] + 1):
            layers[layer].append(bend)
        chains.append(((source, -1), *bends, (target, -1)))
    return Layered(tuple(map(tuple, _ordered(layers, chains))), tuple(chains), turned)


def neighbours(chains: Sequence[Sequence[Spot]]) -> tuple[dict[Spot, list[Spot]], dict[Spot, list[Spot]]]:
    """Return, for each spot, those next to it in the layer to the left and in the layer to the right."""
    left: dict[Spot, list[Spot]] = {}
    right: dict[Spot, list[Spot]] = {}
    for chain in chains:
        for a, b in pairwise(chain):
            right.setdefault(a, []).append(b)
            left.setdefault(b, []).append(a)
    return left, right


def _back_edges(names: Sequence[str], edges: Sequence[Pair]) -> frozenset[int]:
    """Return few edges without which there is no cycle: what many call goes right (Eades, Lin, Smyth 1993)."""
    left: dict[str, set[str]] = {name: set() for name in names}
    right: dict[str, set[str]] = {name: set() for name in names}
    for source, target in edges:
        right[source].add(target)
        left[target].add(source)
    first: list[str] = []
    last: list[str] = []
    rest = dict.fromkeys(sorted(names))
    while rest:
        sinks = [name for name in rest if not right[name]]
        sources = [name for name in rest if right[name] and not left[name]]
        taken = sinks or sources or [max(rest, key=lambda name: len(right[name]) - len(left[name]))]
        (last if sinks else first).extend(taken)
        for name in taken:
            del rest[name]
            for other in left[name]:
                right[other].discard(name)
            for other in right[name]:
                left[other].discard(name)
    place = {name: index for index, name in enumerate([*first, *reversed(last)])}
    return frozenset(index for index, (source, target) in enumerate(edges) if place[source] > place[target])


def _ranks(names: Sequence[str], edges: Sequence[Pair]) -> dict[str, int]:
    """Return layers: longest way from the left, then each service moved to where its edges are short."""
    left: dict[str, list[str]] = {name: [] for name in names}
    right: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        right[source].append(target)
        left[target].append(source)
    order = _sorted(names, left, right)
    rank: dict[str, int] = {}
    for name in order:
        rank[name] = max((rank[other] + 1 for other in left[name]), default=0)
    for _ in range(4):
        for name in reversed(order):
            low = max((rank[other] + 1 for other in left[name]), default=0)
            high = min((rank[other] - 1 for other in right[name]), default=low)
            if len(right[name]) > len(left[name]):
                rank[name] = max(low, high)
            elif len(right[name]) < len(left[name]):
                rank[name] = low
    lowest = min(rank.values(), default=0)
    return {name: value - lowest for name, value in rank.items()}


def _sorted(names: Sequence[str], left: dict[str, list[str]], right: dict[str, list[str]]) -> list[str]:
    """Return the names so that each edge goes onwards; the edges have no cycle."""
    waiting = {name: len(left[name]) for name in names}
    order = [name for name in sorted(names) if not waiting[name]]
    for name in order:
        for other in right[name]:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    return order


def _ordered(layers: list[list[Spot]], chains: list[tuple[Spot, ...]]) -> list[list[Spot]]:
    left, right = neighbours(chains)
    best, fewest = layers, _crossings(layers, right)
    current = [list(layer) for layer in layers]
    for sweep in range(SWEEPS if sum(map(len, layers)) < LARGE else 6):
        onwards = sweep % 2 == 0
        known = left if onwards else right
        indices = range(1, len(current)) if onwards else range(len(current) - 2, -1, -1)
        for index in indices:
            beside = {spot: i for i, spot in enumerate(current[index - 1 if onwards else index + 1])}
            current[index] = _by_mean(current[index], known, beside)
        crossings = _crossings(current, right)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in current], crossings
        if not fewest:
            break
    return best


def _by_mean(layer: list[Spot], known: dict[Spot, list[Spot]], beside: dict[Spot, int]) -> list[Spot]:
    """Return a layer sorted by the mean place of each spot's neighbours; those without any keep their place."""
    wanted = []
    for index, spot in enumerate(layer):
        places = [beside[other] for other in known.get(spot, ())]
        wanted.append((sum(places) / len(places) if places else float(index), index, spot))
    return [spot for _, _, spot in sorted(wanted, key=lambda item: item[:2])]


def _crossings(layers: list[list[Spot]], right: dict[Spot, list[Spot]]) -> int:
    """Return how many pairs of lines cross: inversions, counted with a Fenwick tree."""
    found = 0
    for layer, following in pairwise(layers):
        place = {spot: index for index, spot in enumerate(following)}
        tree = [0] * (len(following) + 1)
        seen = 0
        for spot in layer:
            ends = sorted(place[other] for other in right.get(spot, ()))
            for end in ends:
                found += seen - _sum(tree, end + 1)
            for end in ends:
                _add(tree, end + 1)
            seen += len(ends)
    return found


def _sum(tree: list[int], index: int) -> int:
    total = 0
    while index:
        total += tree[index]
        index -= index & -index
    return total


def _add(tree: list[int], index: int) -> None:
    while index < len(tree):
        tree[index] += 1
        index += index & -index
