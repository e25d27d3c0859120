"""What changed between two graphs: edges that came and went, timeouts, retries, fallbacks."""

from arc_sim.model import Edge, EdgeChange, Graph, Location


def compare(base: Graph, head: Graph) -> tuple[EdgeChange, ...]:
    """Return the changes sorted by source, target and what.

    A service whose name changed counts by its names at head when an alias connects the two; an edge that is new brings
    only ``added``, not its settings.
    """
    before = {_today(edge, head): edge for edge in base.edges}
    after = {edge.key: edge for edge in head.edges}
    changes: list[EdgeChange] = []
    for key in sorted(before.keys() | after.keys()):
        changes.extend(_changes(key, before.get(key), after.get(key)))
    return tuple(changes)


def _today(edge: Edge, head: Graph) -> tuple[str, str]:
    source, target = head.service(edge.source), head.service(edge.target)
    return (source.name if source else edge.source, target.name if target else edge.target)


def _changes(key: tuple[str, str], before: Edge | None, after: Edge | None) -> list[EdgeChange]:
    source, target = key
    if before is None or after is None:
        edge = before or after
        location = edge.evidence[0] if edge and edge.evidence else None
        return [EdgeChange(source, target, "removed" if before else "added", None, None, location)]
    values: list[tuple[str, float | None, float | None, Location | None]] = []
    for what in ("timeout_ms", "retries"):
        old, new = getattr(before, what), getattr(after, what)
        place = new.location if new else old.location if old else None
        values.append((what, old.value if old else None, new.value if new else None, place))
    values.append(("fallback", _flag(before.fallback), _flag(after.fallback), after.fallback or before.fallback))
    return [
        EdgeChange(source, target, what, old, new, place)  # type: ignore[arg-type]  # the literals stand right above
        for what, old, new, place in values
        if old != new
    ]


def _flag(place: Location | None) -> float | None:
    return 1.0 if place else None
