"""Which faults are tried one by one, and which together."""

from collections.abc import Callable, Sequence

from arc_sim.model import Edge, EdgeChange, Experiment, Fault, Graph, Scenario

Edges = tuple[tuple[str, str], ...]

MAX_ALONE = 3
"""Edges that a hard fault is tried on, one by one. A decision: each costs as much time as a scenario of its own."""

_ALWAYS_HARD = frozenset(("black_hole", "kill", "partition", "pause", "refuse", "restart"))
_HARD_FOR_ALL = frozenset(("broken_body", "cut", "http_status", "reset"))


def is_hard(fault: Fault) -> bool:
    """Whether no call over a faulted edge succeeds.

    Under such a fault one edge hides another: where a call that was needed all along fails, nobody sees that a second
    one is needed now. So each edge has its own experiment; a soft fault is on all edges at once, as a slow network is.
    """
    return fault.kind in _ALWAYS_HARD or (fault.kind in _HARD_FOR_ALL and fault.share >= 1.0)


def make_experiments(scenario: Scenario, targets: Edges, rank: Callable[[tuple[str, str]], object]) -> list[Experiment]:
    """Return the experiments of one scenario, most telling first; targets must not be empty."""
    if not is_hard(scenario.fault):
        return [Experiment(scenario, targets)]
    ordered = sorted(targets, key=rank)  # type: ignore[arg-type]  # what rank returns is comparable
    return [Experiment(scenario, (edge,)) for edge in ordered[:MAX_ALONE]]


def ranking(
    changes: Sequence[EdgeChange], head: Graph, is_reached: Callable[[tuple[str, str]], bool]
) -> Callable[[tuple[str, str]], object]:
    """Return the order in which edges are worth a try.

    First those whose timeout, retries, fallback or very existence the diff changes, then those that requests come
    over, then those that somebody waits for.
    """
    changed = {(change.source, change.target) for change in changes}
    edges: dict[tuple[str, str], Edge] = {edge.key: edge for edge in head.edges}

    def rank(edge: tuple[str, str]) -> object:
        found = edges.get(edge)
        return (edge not in changed, not is_reached(edge), found is not None and not found.sync, edge)

    return rank
