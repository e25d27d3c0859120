"""The catalogue, scenarios of one's own, and the manifests and words that are made of them."""

import re

import pytest
import yaml

from arc_sim.errors import ConfigError
from arc_sim.faults.catalog import SCENARIO_IDS, all_scenarios, load_scenario, read_scenario
from arc_sim.faults.words import describe
from arc_sim.model import Curve, Fault, Scenario
from arc_sim.plan.manifest import ID_LABEL, OWN_API, render_manifest
from arc_sim.risk.score import harm_to_score

EDGES = (("orders", "payments"), ("gateway", "payments"))


@pytest.mark.parametrize("scenario", all_scenarios(), ids=SCENARIO_IDS)
def test_each_says_what_it_does_and_what_it_means(scenario):
    assert scenario.summary.endswith(".")
    assert len(scenario.meaning) > 40
    assert describe(scenario.fault) != scenario.fault.kind
    assert load_scenario(scenario.scenario_id) == scenario


def test_the_list_is_sorted_and_complete():
    from importlib import resources

    files = resources.files("arc_sim.faults").joinpath("scenarios").iterdir()
    assert sorted(item.name.removesuffix(".yaml") for item in files) == list(SCENARIO_IDS)
    assert list(SCENARIO_IDS) == sorted(SCENARIO_IDS)


@pytest.mark.parametrize("scenario", all_scenarios(), ids=SCENARIO_IDS)
def test_a_manifest_names_every_edge_once_or_every_callee_once(scenario):
    documents = list(yaml.safe_load_all(render_manifest(scenario, EDGES)))
    kinds = {document["kind"] for document in documents}
    assert len(kinds) == 1
    assert len(documents) == (1 if kinds == {"PodChaos"} else 2)
    for document in documents:
        assert document["spec"]["duration"] == "60s"
        assert document["metadata"]["labels"][ID_LABEL]
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", document["metadata"]["name"])
        assert (document["apiVersion"] == OWN_API) == (document["kind"] == "EdgeFault")


def test_what_chaos_mesh_cannot_do_is_not_written_as_something_that_it_can():
    document = yaml.safe_load(render_manifest(load_scenario("llm_overloaded"), EDGES[:1]))
    assert document["kind"] == "EdgeFault"
    assert document["spec"]["fault"]["status"] == 529
    assert document["spec"]["source"] == "orders"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "own.yaml: no YAML in line 1"),
        ("- 1", "own.yaml: the document"),
        ("id: x\nsummary: y", "own.yaml: fault: field required"),
        ("id: x\nsummary: y\nfault: {kind: latency, dely_ms: 3}", "unknown field fault.dely_ms"),
        ("id: x\nsummary: y\nfault: {kind: latency, delay_ms: soon}", "fault.delay_ms"),
        ("id: x\nsummary: y\nfault: {kind: latency}\ncurve: {latency_tolerable: 2}", "unknown field curve.latency"),
        ("id: x\nsummary: y\nfault: {kind: latency}\nseverity: 3", "unknown field severity"),
    ],
)
def test_a_scenario_with_a_mistake_is_refused_with_its_place(text, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        read_scenario(text, "own.yaml")


def test_a_scenario_of_ones_own_is_read_from_its_file(tmp_path):
    path = tmp_path / "slow-bank.yaml"
    path.write_text(
        "id: slow_bank\nsummary: The bank is slow.\nprotocols: [http]\n"
        "fault: {kind: latency, delay_ms: 1500, jitter_ms: 300, distribution: normal}\n"
        "curve: {latency_tolerated: 2, latency_critical: 5}\n"
    )
    found = load_scenario(str(path))
    assert found.fault == Fault("latency", 1500, 300, "normal")
    assert (found.protocols, found.curve) == (("http",), Curve(latency_tolerated=2, latency_critical=5))
    with pytest.raises(ConfigError, match=r"missing\.yaml: No such file"):
        load_scenario(str(tmp_path / "missing.yaml"))


def test_the_curve_decides_what_is_tolerated():
    assert harm_to_score(0.6, 0.0) > 0
    assert harm_to_score(0.6, 0.0, Curve(latency_tolerated=2.0)) == 0
    assert harm_to_score(0.0, 0.1, Curve(errors_critical=0.1)) == 100


def test_amounts_are_what_differs_from_nothing():
    assert Fault("latency", 250).amounts == {"delay_ms": 250}
    assert Scenario("x", "y", Fault("kill")).fault.amounts == {}
