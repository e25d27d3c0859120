"""What is real, what is a stand-in, which edges get a proxy, and what starts first."""

from pathlib import Path

import pytest

from arc_sim.errors import SandboxError
from arc_sim.model import Edge, Graph, Location, Service, Setting
from arc_sim.sandboxes.base import Deployment, StartSpec
from arc_sim.sandboxes.edges.wiring import wire
from arc_sim.sandboxes.stand_ins.shapes import dependencies

HERE = Location("a.py", 1)


def deployment(graph: Graph, *starts: StartSpec, scope: tuple[str, ...] | None = None, entry: str = "a") -> Deployment:
    names = tuple(service.name for service in graph.services)
    return Deployment("head", "", Path("/nowhere"), graph, starts, names if scope is None else scope, entry)


def spec(name: str, port_env: str | None = "PORT", **env: str) -> StartSpec:
    return StartSpec(name, ("x",), ".", tuple(sorted(env.items())), port_env)


def services(*names: str) -> tuple[Service, ...]:
    return tuple(Service(name) for name in names)


def test_callees_start_before_their_callers():
    graph = Graph(services("a", "b", "c", "d"), (Edge("a", "b"), Edge("b", "c"), Edge("a", "d")))
    starts = [spec("a", B="b:1", D="d:1"), spec("b", C="c:1"), spec("c"), spec("d")]
    assert wire(deployment(graph, *starts)).start_order() == [["c", "d"], ["b"], ["a"]]


def test_a_cycle_still_has_an_order():
    graph = Graph(services("a", "b", "c"), (Edge("a", "b"), Edge("b", "a"), Edge("b", "c")))
    starts = [spec("a", B="b:1"), spec("b", A="a:1", C="c:1"), spec("c")]
    layers = wire(deployment(graph, *starts)).start_order()
    assert sorted(name for layer in layers for name in layer) == ["a", "b", "c"]


def test_an_edge_that_only_the_environment_names_gets_a_proxy():
    wiring = wire(deployment(Graph(services("a", "b"), ()), spec("a", B_URL="http://b"), spec("b")))
    assert [edge.key for edge in wiring.edges] == [("a", "b")]


def test_an_edge_that_no_variable_leads_to_gets_a_note_instead():
    wiring = wire(deployment(Graph(services("a", "b"), (Edge("a", "b"),)), spec("a"), spec("b")))
    assert wiring.edges == ()
    assert "a -> b" in wiring.notes[0]


def test_edges_out_of_scope_and_to_oneself_are_left_out():
    graph = Graph(services("a", "b"), (Edge("a", "b"), Edge("a", "a")))
    assert wire(deployment(graph, spec("a", B="b:1", A="a:1"), scope=("a",))).edges == ()


@pytest.mark.parametrize(
    ("starts", "scope", "message"),
    [
        ([], ("b",), "entry a is not among"),
        ([], ("a", "ghost"), "ghost is in no file"),
        ([spec("a", port_env=None)], ("a",), "entry a has no port"),
    ],
)
def test_a_deployment_that_contradicts_itself(starts, scope, message):
    with pytest.raises(SandboxError, match=message):
        wire(deployment(Graph(services("a", "b"), ()), *starts, scope=scope))


def test_a_stand_in_does_what_its_edges_say():
    edges = (
        Edge("a", "b", timeout_ms=Setting(200, HERE), retries=Setting(2, HERE)),
        Edge("a", "c", fallback=HERE),
        Edge("a", "d", sync=False),
    )
    graph = Graph((*services("a", "b", "d"), Service("c", "cache")), edges)
    address = ("127.0.0.1", 1)
    first, second = dependencies(wire(deployment(graph)), "a", {"b": address, "c": address, "d": address})
    assert (first.target, first.timeout_s, first.retries, first.has_fallback, first.speaks_http) == (
        "b",
        0.2,
        2,
        False,
        True,
    )
    assert (second.target, second.retries, second.has_fallback, second.speaks_http) == ("c", 0, True, False)
