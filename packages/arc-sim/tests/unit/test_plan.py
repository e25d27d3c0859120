"""Targets, scope, names over a rename, order and manifest."""

import hashlib

import pytest
import yaml

from arc_sim.errors import ConfigError, PlanError
from arc_sim.faults.catalog import SCENARIO_IDS, all_scenarios, load_scenario
from arc_sim.model import Diff, Edge, EdgeChange, FileChange, Graph, Impact, LoadSpec, Service
from arc_sim.plan.draw import Sides, Wish, draw_plan, order_cells
from arc_sim.plan.manifest import ID_LABEL, hash_manifest, render_manifest
from arc_sim.plan.names import by_head_names, names_at_base, to_base
from arc_sim.plan.targets import choose_scope, choose_targets, guess_entry, is_reached

DIFF = Diff("b" * 40, "h" * 40, (), "sha256:" + "0a" * 32, "2026-01-01T00:00:00Z")


def graph(*edges, services=(), **extra):
    names = {name for edge in edges for name in edge} | set(services)
    known = tuple(extra.get(name, Service(name, paths=(f"services/{name}",))) for name in sorted(names))
    return Graph(known, tuple(Edge(*edge) for edge in sorted(edges)))


SHOP = graph(("gateway", "orders"), ("orders", "payments"), ("orders", "store"), ("payments", "store"))


def test_targets_are_what_the_changed_service_depends_on():
    names = names_at_base(SHOP, SHOP, DIFF)
    impact = Impact(("orders",), ("gateway",))
    assert choose_targets(impact, SHOP, SHOP, names) == (("orders", "payments"), ("orders", "store"))


def test_a_leaf_gets_the_edges_of_its_callers():
    names = names_at_base(SHOP, SHOP, DIFF)
    impact = Impact(("store",), ("gateway", "orders", "payments"))
    assert choose_targets(impact, SHOP, SHOP, names) == (("orders", "store"), ("payments", "store"))


def test_edges_that_one_side_lacks_are_targets_too():
    head = graph(("gateway", "orders"), ("orders", "prices"), services=("payments", "store"))
    names = names_at_base(SHOP, head, DIFF)
    expected = (("orders", "payments"), ("orders", "prices"), ("orders", "store"))
    assert choose_targets(Impact(("orders",), ()), SHOP, head, names) == expected


def test_service_narrows_and_must_be_affected():
    names = names_at_base(SHOP, SHOP, DIFF)
    impact = Impact(("orders", "payments"), ("gateway",))
    assert choose_targets(impact, SHOP, SHOP, names, "payments") == (("payments", "store"),)
    assert choose_targets(impact, SHOP, SHOP, names, "gateway") == (("gateway", "orders"),)
    for name in ("store", "nobody"):
        with pytest.raises(PlanError, match="not affected") as caught:
            choose_targets(impact, SHOP, SHOP, names, name)
        assert "gateway" in caught.value.hint


@pytest.mark.parametrize(
    ("new", "files"),
    [
        (Service("billing", aliases=("payments",), paths=("services/billing",)), ()),
        (Service("billing", paths=("services/payments",)), ()),
        (
            Service("billing", paths=("services/billing",)),
            (FileChange("services/billing/main.py", "renamed", "services/payments/main.py"),),
        ),
    ],
    ids=["alias", "path", "moved files"],
)
def test_a_renamed_service_is_found_at_base(new, files):
    head = graph(("gateway", "orders"), ("orders", "billing"), ("orders", "store"), ("billing", "store"), billing=new)
    names = names_at_base(SHOP, head, Diff("b", "h", files, DIFF.diff_hash, ""))
    assert names["billing"] == "payments"
    targets = choose_targets(Impact(("billing",), ()), SHOP, head, names)
    assert targets == (("billing", "store"),)  # not payments -> store besides
    assert to_base(targets, names) == (("payments", "store"),)
    assert [edge.key for edge in by_head_names(SHOP, names).edges] == [edge.key for edge in head.edges]


def test_a_new_service_is_not_taken_for_a_removed_one():
    head = graph(("gateway", "orders"), ("orders", "prices"), ("orders", "store"))
    assert "prices" not in names_at_base(SHOP, head, DIFF)


def test_two_candidates_are_no_match():
    base = graph(("a", "x"), ("a", "y"), x=Service("x", aliases=("z",)), y=Service("y", aliases=("z",)))
    head = graph(("a", "z"))
    assert "z" not in names_at_base(base, head, DIFF)


def test_scope_is_the_way_from_the_entry_and_all_dependencies():
    wide = graph(("web", "orders"), ("web", "ads"), ("ads", "adstore"), ("orders", "store"), ("cron", "store"))
    assert choose_scope(wide, ["orders"], "web") == ("ads", "adstore", "orders", "store", "web")
    assert choose_scope(wide, ["cron"], "web") == ("ads", "adstore", "cron", "orders", "store", "web")
    assert choose_scope(wide, ["gone"], "orders") == ("orders", "store")


def test_cycles_end():
    loop = graph(("a", "b"), ("b", "a"))
    assert choose_scope(loop, ["b"], "a") == ("a", "b")
    assert guess_entry(loop) == "a"


def test_entry_is_the_uncalled_service_that_reaches_most():
    assert guess_entry(SHOP) == "gateway"
    assert guess_entry(graph(("cron", "store"), ("web", "orders"), ("orders", "store"))) == "web"


def test_a_load_generator_is_no_way_in_where_ports_are_known():
    web = Service("web", port=8080)
    assert guess_entry(graph(("loadgenerator", "web"), ("web", "orders"), web=web)) == "web"
    orders = Service("orders", port=8080)
    assert guess_entry(graph(("loadgenerator", "web"), ("web", "orders"), orders=orders)) == "web"


def test_without_a_service_of_our_own_there_is_no_way_in():
    with pytest.raises(PlanError, match=r"no service found"):
        guess_entry(Graph((Service("db", kind="database"),), ()))


def test_an_edge_behind_a_queue_is_not_reached():
    queued = Graph(SHOP.services, (Edge("gateway", "orders"), Edge("orders", "store", sync=False), Edge("store", "x")))
    assert is_reached(queued, "gateway", ("orders", "store"))
    assert not is_reached(queued, "gateway", ("store", "x"))


def plan(seed=None, **wish):
    sides = Sides(DIFF, SHOP, SHOP, Impact(("orders",), ("gateway",)))
    return draw_plan(sides, Wish("sim-1", (load_scenario("network_latency"),), LoadSpec("gateway"), seed, **wish))


def test_equal_input_gives_an_equal_plan_and_the_seed_decides_the_order():
    assert plan() == plan()
    assert plan().seed == 0x0A0A0A0A
    assert plan(seed=1).cells != plan(seed=2).cells
    assert plan(seed=1).manifest_hash == plan(seed=2).manifest_hash


def test_every_round_has_each_arm_once():
    cells = order_cells(3, 6)
    assert len(cells) == 24
    for index in range(6):
        arms = [(cell.revision, cell.condition) for cell in cells[4 * index : 4 * index + 4]]
        assert sorted(arms) == [("base", "calm"), ("base", "fault"), ("head", "calm"), ("head", "fault")]
        assert {cell.round_index for cell in cells[4 * index : 4 * index + 4]} == {index}
    assert len({tuple((c.revision, c.condition) for c in cells[4 * i : 4 * i + 4]) for i in range(6)}) > 1


def test_order_is_pinned():
    """A schedule must not change between releases: results name their seed so that others can repeat them."""
    assert [f"{c.revision}_{c.condition}" for c in order_cells(0, 2)] == [
        "head_calm",
        "base_calm",
        "base_fault",
        "head_fault",
        "base_calm",
        "base_fault",
        "head_fault",
        "head_calm",
    ]


@pytest.mark.parametrize("rounds", [-1, 0, 1, 1001])
def test_rounds_have_bounds(rounds):
    with pytest.raises(PlanError, match="rounds"):
        plan(rounds=rounds)


def test_a_service_without_edges_has_no_plan():
    lonely = graph(services=("solo",))
    sides = Sides(DIFF, lonely, lonely, Impact(("solo",), ()))
    assert draw_plan(sides, Wish("s", (load_scenario("network_latency"),), LoadSpec("solo"))) is None


def draw(*scenarios, changes=(), graph=SHOP, direct=("gateway",)):
    sides = Sides(DIFF, graph, graph, Impact(direct, ()), tuple(changes))
    return draw_plan(sides, Wish("s", tuple(map(load_scenario, scenarios)), LoadSpec("gateway")))


def test_a_hard_fault_is_tried_edge_by_edge_what_the_diff_changed_first():
    wide = graph(*(("gateway", f"s{i}") for i in range(5)))
    change = EdgeChange("gateway", "s3", "fallback", 1.0, None, None)
    found = draw("connection_refused", changes=[change], graph=wide)
    assert [each.targets for each in found.experiments] == [
        (("gateway", "s3"),),
        (("gateway", "s0"),),
        (("gateway", "s1"),),
    ]
    assert found.left_out == (("gateway", "s2"), ("gateway", "s4"))
    assert len(found.cells) == 5 * (2 + 2 * 3)
    soft = draw("network_latency", changes=[change], graph=wide)
    assert [each.targets for each in soft.experiments] == [tuple(("gateway", f"s{i}") for i in range(5))]
    assert soft.left_out == ()


def test_several_scenarios_share_the_calm_cells_and_one_manifest():
    found = draw("network_latency", "service_kill", "packet_loss")
    assert [each.scenario.scenario_id for each in found.experiments][::2] == ["network_latency", "packet_loss"]
    calm = [cell for cell in found.cells if cell.condition == "calm"]
    assert len(calm) == 2 * found.rounds
    assert {cell.experiment for cell in calm} == {0}
    for number in range(3):
        faulted = [c for c in found.cells if (c.condition, c.experiment) == ("fault", number)]
        assert len(faulted) == 2 * found.rounds
    kinds = [document["kind"] for document in yaml.safe_load_all(found.manifest)]
    assert kinds == ["NetworkChaos", "PodChaos", "NetworkChaos"]


def test_a_scenario_about_one_protocol_leaves_other_edges_alone():
    assert draw("llm_overloaded") is None
    mixed = Graph(SHOP.services, (Edge("gateway", "orders", "http"), Edge("gateway", "store", "redis")))
    assert draw("http_errors", graph=mixed).targets == (("gateway", "orders"),)
    both = draw("http_errors", "network_latency", graph=mixed)
    assert [each.targets for each in both.experiments] == [
        (("gateway", "orders"),),
        (("gateway", "orders"), ("gateway", "store")),
    ]


def test_manifest_is_what_chaos_mesh_asks_for():
    text = render_manifest(load_scenario("network_latency"), (("orders", "payments"), ("Web_UI", "orders")))
    first, second = yaml.safe_load_all(text)
    assert first["apiVersion"] == "chaos-mesh.org/v1alpha1"
    assert first["kind"] == "NetworkChaos"
    assert first["metadata"]["name"].startswith("arc-sim-network-latency-orders-payments-")
    assert first["spec"]["action"] == "delay"
    assert first["spec"]["delay"] == {"latency": "250ms", "jitter": "0ms", "correlation": "0"}
    assert first["spec"]["direction"] == "to"
    assert first["spec"]["selector"]["labelSelectors"] == {"app": "orders"}
    assert first["spec"]["target"]["selector"]["labelSelectors"] == {"app": "payments"}
    assert first["metadata"]["labels"][ID_LABEL] == second["metadata"]["labels"][ID_LABEL]
    assert "_" not in second["metadata"]["name"]
    assert second["metadata"]["name"] == second["metadata"]["name"].lower()


def test_manifest_hash_follows_the_content():
    scenario = load_scenario("network_latency")
    one, other = (("a", "b"),), (("a", "c"),)
    assert render_manifest(scenario, one) == render_manifest(scenario, one)
    assert hash_manifest(render_manifest(scenario, one)) != hash_manifest(render_manifest(scenario, other))
    text = render_manifest(scenario, one)
    assert hash_manifest(text) == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_scenarios():
    assert tuple(s.scenario_id for s in all_scenarios()) == SCENARIO_IDS == tuple(sorted(SCENARIO_IDS))
    assert load_scenario("network_latency").fault.delay_ms == 250
    with pytest.raises(ConfigError) as caught:
        load_scenario("network_latncy")
    assert caught.value.hint == "did you mean network_latency?"
    for hostile in ("", "../../etc/passwd", "zzz"):
        with pytest.raises(ConfigError, match="unknown scenario"):
            load_scenario(hostile)
