"""Which stand-ins a deployment needs, and what each calls: taken from the graph."""

from arc_sim.model import Edge, Service
from arc_sim.sandboxes.edges.wiring import Wiring
from arc_sim.sandboxes.stand_ins.server import NO_TIMEOUT_S, Dependency, StandIn

_HTTP_KINDS = ("service", "external")


def make_stand_ins(wiring: Wiring) -> list[StandIn]:
    """Return a stand-in for each service that cannot be started; each already has an address."""
    made = []
    for name in wiring.stand_ins:
        node = wiring.deployment.graph.service(name)
        made.append(StandIn(name, node is None or node.kind in _HTTP_KINDS))
    return made


def dependencies(wiring: Wiring, service: str, addresses: dict[str, tuple[str, int]]) -> tuple[Dependency, ...]:
    """Return what the stand-in waits for on each request: its synchronous edges, in the order of the graph.

    addresses: ``{target: address of the edge's proxy}``.
    """
    return tuple(
        _dependency(edge, wiring.deployment.graph.service(edge.target), addresses[edge.target])
        for edge in wiring.edges
        if edge.source == service and edge.sync and edge.target in addresses
    )


def _dependency(edge: Edge, target: Service | None, address: tuple[str, int]) -> Dependency:
    return Dependency(
        target=edge.target,
        address=address,
        speaks_http=target is None or target.kind in _HTTP_KINDS,
        timeout_s=edge.timeout_ms.value / 1000 if edge.timeout_ms else NO_TIMEOUT_S,
        retries=int(edge.retries.value) if edge.retries else 0,
        has_fallback=edge.fallback is not None,
    )
