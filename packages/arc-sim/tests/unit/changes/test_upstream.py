"""Who notices a change."""

import pytest

from arc_sim.causal.changes.upstream import callers, consumers
from arc_sim.model import Channel, Edge, Graph, Location, Reach, Service

PLACE = Location("a", 1)


def graph(*edges: Edge, channels: "tuple[Channel, ...]" = ()) -> Graph:
    names = sorted({name for edge in edges for name in edge.key})
    return Graph(tuple(Service(name) for name in names), edges, (), channels)


def test_the_strongest_way_wins_and_weakens_with_every_hop() -> None:
    made = graph(
        Edge("web", "orders", confidence=0.9),
        Edge("web", "db", confidence=0.1),
        Edge("orders", "db", confidence=0.8),
        Edge("cron", "orders", confidence=1.0, fallback=PLACE),
    )
    assert callers(made, ["db"]) == {
        "orders": Reach(("orders", "db"), 0.8),
        "web": Reach(("web", "orders", "db"), 0.36),
        "cron": Reach(("cron", "orders", "db"), 0.2),
    }


def test_cycles_end_and_changed_services_are_no_callers() -> None:
    made = graph(Edge("a", "b"), Edge("b", "c"), Edge("c", "a"))
    assert set(callers(made, ["a", "b"])) == {"c"}
    assert callers(made, []) == {}
    assert callers(made, ["nobody"]) == {}


def test_consumers_stand_apart_from_callers() -> None:
    channel = Channel("orders", "queue", "queue", producers=("web",), consumers=("mailer", "web"))
    made = graph(Edge("web", "queue", sync=False), Edge("mailer", "queue", sync=False), channels=(channel,))
    assert callers(made, ["web"]) == {}
    assert consumers(made, ["web"]) == {"mailer": "takes messages of web from queue orders"}
    assert consumers(made, ["mailer"]) == {}
    assert set(consumers(made, ["queue"])) == {"mailer", "web"}


@pytest.mark.parametrize("size", [2000])
def test_long_chains_are_followed_to_the_end(size: int) -> None:
    made = graph(*(Edge(f"s{n}", f"s{n + 1}") for n in range(size)))
    assert len(callers(made, [f"s{size}"])) == size
