"""Which edges get the fault, and which services have to run for that."""

from collections.abc import Callable, Iterable

from arc_sim.errors import PlanError
from arc_sim.model import Graph, Impact

Edges = tuple[tuple[str, str], ...]


def choose_targets(
    impact: Impact,
    base: Graph,
    head: Graph,
    names: dict[str, str],
    service: str | None = None,
    protocols: tuple[str, ...] = (),
) -> Edges:
    """Return the edges to inject into, by head's names, sorted.

    The rule: for every directly affected service the edges on which it depends, at head or at base, since the diff
    decides how it copes with them. A service that depends on nothing gets the edges of its callers instead.
    names: ``{name at head: name at base}``.   service: only this one of the affected services.
    protocols: only edges of these; empty: all.
    Raises PlanError when ``service`` is not affected.
    """
    direct = impact.direct
    if service is not None:
        found = head.service(service) or base.service(service)
        if found is None or found.name not in impact.direct + impact.upstream:
            affected = ", ".join(impact.direct + impact.upstream) or "none"
            raise PlanError(f"service {service!r} is not affected by this diff", hint=f"affected: {affected}")
        direct = (found.name,)
    edges = _edges_at_head_names(base, head, names, protocols)
    targets: set[tuple[str, str]] = set()
    for name in direct:
        outgoing = {edge for edge in edges if edge[0] == name}
        targets |= outgoing or {edge for edge in edges if edge[1] == name}
    return tuple(sorted(targets))


def choose_scope(graph: Graph, affected: Iterable[str], entry: str) -> tuple[str, ...]:
    """Return the services to run: the affected ones, those between the entry and them, and all they depend on."""
    wanted = {name for name in affected if _exists(graph, name)}
    below_entry = _closure({entry}, lambda name: [edge.target for edge in graph.outgoing(name)])
    above_affected = _closure(wanted, lambda name: [edge.source for edge in graph.incoming(name)])
    core = wanted | (below_entry & above_affected) | {entry}
    return tuple(sorted(_closure(core, lambda name: [edge.target for edge in graph.outgoing(name)])))


def guess_entry(graph: Graph) -> str:
    """Return the service through which users come in: one that listens and that no other such service calls.

    What calls but does not listen (load generators, seeds, workers) is no way in, and its calls make nobody less of
    one. Of several, the one that reaches the most others.

    Raises PlanError when the graph has no service of our own.
    """
    own = [service.name for service in graph.services if service.kind == "service"]
    if not own:
        raise PlanError(
            "no service found that could take load",
            code="plan.no_entry",
            hint="describe the services in arc-sim.yaml: services: and entry:",
        )
    listening = [name for name in own if _listens(graph, name)] if _knows_ports(graph) else own
    called = {edge.target for edge in graph.edges if edge.source in listening and edge.source != edge.target}
    roots = [name for name in listening if name not in called] or listening or own
    reach = {name: len(_closure({name}, lambda n: [edge.target for edge in graph.outgoing(n)])) for name in roots}
    return min(roots, key=lambda name: (-reach[name], name))


def _knows_ports(graph: Graph) -> bool:
    return any(service.port is not None for service in graph.services if service.kind == "service")


def _listens(graph: Graph, name: str) -> bool:
    service = graph.service(name)
    return service is not None and (service.port is not None or bool(graph.incoming(name)))


def is_reached(graph: Graph, entry: str, edge: tuple[str, str]) -> bool:
    """Whether requests at the entry can come over this edge, by synchronous calls."""
    reached = _closure({entry}, lambda name: [found.target for found in graph.outgoing(name) if found.sync])
    return edge[0] in reached


def _edges_at_head_names(
    base: Graph, head: Graph, names: dict[str, str], protocols: tuple[str, ...]
) -> set[tuple[str, str]]:
    at_head = {old: new for new, old in names.items()}
    fits = [edge for edge in base.edges if not protocols or edge.protocol in protocols]
    old = {(at_head.get(edge.source, edge.source), at_head.get(edge.target, edge.target)) for edge in fits}
    return old | {edge.key for edge in head.edges if not protocols or edge.protocol in protocols}


def _exists(graph: Graph, name: str) -> bool:
    return any(service.name == name for service in graph.services)


def _closure(start: set[str], following: Callable[[str], list[str]]) -> set[str]:
    seen = set(start)
    waiting = list(start)
    while waiting:
        for name in following(waiting.pop()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen
