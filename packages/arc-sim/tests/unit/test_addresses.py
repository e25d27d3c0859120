"""Which parts of an environment are addresses of services, and what becomes of them."""

import pytest

from arc_sim.errors import SandboxError
from arc_sim.model import Graph, Service
from arc_sim.sandboxes.edges.addresses import HostNames, Place, mentioned, service_environment

GRAPH = Graph(
    (
        Service("orders", aliases=("orders-service", "orders.internal", "services/orders")),
        Service("store", "database"),
        Service("ord"),
    ),
    (),
)
PLACES = {
    "orders": Place("127.0.0.1", 18001),
    "store": Place("127.0.0.1", 18002),
    "ord": Place("127.0.0.1", 18003, plain_text=True),
}


def rewritten(env: dict[str, str], port: int | None = 9000) -> dict[str, str]:
    return service_environment(env, port, HostNames(GRAPH), PLACES.__getitem__)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("http://orders:8080/x?y=1", "http://127.0.0.1:18001/x?y=1"),
        ("http://orders", "http://127.0.0.1:18001"),
        ("http://orders/path", "http://127.0.0.1:18001/path"),
        ("HTTP://Orders:80", "HTTP://127.0.0.1:18001"),
        ("http://orders-service:1", "http://127.0.0.1:18001"),
        ("http://orders.internal:8080", "http://127.0.0.1:18001"),
        ("orders:8080", "127.0.0.1:18001"),
        ("orders:8080,store:6379", "127.0.0.1:18001,127.0.0.1:18002"),
        ("orders.default.svc.cluster.local:80", "127.0.0.1:18001"),
        ("http://orders.shop.svc/", "http://127.0.0.1:18001/"),
        ("redis://user:secret@store/0", "redis://user:secret@127.0.0.1:18002/0"),
        ("postgresql://orders:orders@store:5432/orders", "postgresql://orders:orders@127.0.0.1:18002/orders"),
        ("jdbc:postgresql://store:5432/orders", "jdbc:postgresql://127.0.0.1:18002/orders"),
        ("https://ord/x", "http://127.0.0.1:18003/x"),
        ("https://orders/x", "https://127.0.0.1:18001/x"),
        ("${UPSTREAM:-http://orders:8080}", "http://127.0.0.1:18001"),
        ("${SECRET}", ""),
        ("${ADDRESS:orders} ${URL:store}/p ${PORT}", "127.0.0.1:18001 http://127.0.0.1:18002/p 9000"),
    ],
)
def test_addresses_are_rewritten(value, expected):
    assert rewritten({"X": value}) == {"X": expected}


@pytest.mark.parametrize(
    "value",
    [
        "orders",
        "preorders:80",
        "orders-x:80",
        "orders.com:80",
        "http://orders.evil.com/",
        "orders:v1.2",
        "my orders",
        "",
    ],
)
def test_what_only_looks_like_one_stays(value):
    assert rewritten({"X": value}) == {"X": value}


@pytest.mark.parametrize("name", ["ORDERS_HOST", "ORDERS_ADDR", "TARGET", "orders_url", "UPSTREAMS"])
def test_a_bare_host_counts_when_the_variable_says_address(name):
    assert rewritten({name: "orders"}) == {name: "127.0.0.1:18001"}


def test_host_and_port_are_rewritten_as_a_pair_in_either_order():
    pair = {"DB_HOST": "127.0.0.1", "DB_PORT": "18002"}
    assert rewritten({"DB_HOST": "store", "DB_PORT": "5432"}) == pair
    assert rewritten({"DB_PORT": "5432", "DB_HOST": "store"}) == pair


def test_a_template_for_an_unknown_service_is_an_error():
    with pytest.raises(SandboxError, match="nobody"):
        rewritten({"X": "${URL:nobody}"})


def test_a_service_without_a_port_cannot_ask_for_it():
    with pytest.raises(SandboxError, match="PORT"):
        rewritten({"X": "${PORT}"}, port=None)


def test_mentioned_sees_templates_and_pairs():
    env = {"A": "${URL:ord}", "DB_HOST": "store", "DB_PORT": "1", "NAME": "orders"}
    assert mentioned(env, HostNames(GRAPH)) == {"ord", "store"}


def test_a_graph_without_names_rewrites_nothing():
    assert service_environment({"X": "http://orders"}, 1, HostNames(Graph((), ())), PLACES.__getitem__) == {
        "X": "http://orders"
    }
