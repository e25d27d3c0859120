"""The words name what the numbers and the diff say, and nothing else."""

from dataclasses import replace

import pytest

from arc_sim.faults.catalog import load_scenario
from arc_sim.model import (
    ArmMetrics,
    Assessment,
    Diff,
    EdgeChange,
    Estimate,
    Experiment,
    FileChange,
    LoadSpec,
    Location,
    Plan,
    Risk,
)
from arc_sim.risk.explain import Findings, explain, explain_untouched

EDGE = ("orders", "payments")
EXPERIMENT = Experiment(load_scenario("network_latency"), (EDGE,))
PLAN = Plan("s", (EXPERIMENT,), 1, 5, (), LoadSpec("gateway", "POST", "/checkout"), "", "")
ARMS = {
    "base_calm": ArmMetrics(6.0, 12.4, 0.0, 150),
    "base_fault": ArmMetrics(255.0, 262.4, 0.0, 150),
    "head_calm": ArmMetrics(6.0, 8.72, 0.0, 150),
    "head_fault": ArmMetrics(203.0, 207.1, 0.9733, 150),
}
ONE = Risk(Estimate(100.0, 97.0, 100.0), Estimate(-0.2, -0.3, -0.1), Estimate(0.97, 0.95, 1.0), ARMS)
RISK = Assessment(ONE.score, "fail", (ONE,))
LOWERED = EdgeChange(*EDGE, "timeout_ms", 2000.0, 200.0, Location("services/orders/main.py", 23))
FINDINGS = Findings(PLAN, RISK, 50, "process", (), (LOWERED,))


def test_a_lowered_timeout_is_named_with_edge_values_place_and_figures():
    text = explain(FINDINGS)
    for words in (
        "Risk 100 of 100 (95 % interval 97 to 100), at or above the severity of 50.",
        "With 250 ms of latency on orders -> payments, 97.3 % of the requests to gateway fail at head and 0 % at base",
        "p95 is 207 ms at head and 262 ms at base",
        "8.7 ms",
        "lowers the timeout of orders -> payments from 2000 ms to 200 ms (services/orders/main.py:23)",
        "which the injected 250 ms exceed",
        "All services ran as the repository starts them (evidence: process).",
        "Not tested: any fault but network_latency; any request but POST /checkout.",
    ):
        assert words in text
    assert explain(FINDINGS) == text


def change(what, before, after, place=True):
    location = Location("services/orders/main.py", 7) if place else None
    return replace(FINDINGS, changes=(EdgeChange(*EDGE, what, before, after, location),))


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        (change("timeout_ms", 100.0, 2000.0), "raises the timeout of orders -> payments from 100 ms to 2000 ms"),
        (change("timeout_ms", None, 900.0), "gives orders -> payments a timeout of 900 ms"),
        (change("timeout_ms", 900.0, None), "removes the timeout of orders -> payments, which was 900 ms"),
        (change("retries", None, 3.0), "changes the retries of orders -> payments from none to 3"),
        (change("retries", 3.0, 0.0), "from 3 to 0 (services/orders/main.py:7)"),
        (change("fallback", 1.0, None), "removes the fallback of orders -> payments"),
        (change("fallback", None, 1.0), "adds a fallback to orders -> payments"),
        (change("added", None, None, place=False), "adds the dependency orders -> payments."),
        (change("removed", None, None), "removes the dependency orders -> payments"),
        (replace(FINDINGS, changes=()), "changes no timeout, retry, fallback or dependency"),
        (replace(FINDINGS, stand_ins=("a", "b"), evidence="model"), "a and b ran as stand-ins"),
        (replace(FINDINGS, deaths=("a died",) * 3), "a service of head died in 3 of 5 rounds (a died; its last lines"),
        (replace(FINDINGS, idle=(("mailer", "store"),)), "does not wait for (mailer -> store)"),
        (replace(FINDINGS, risk=replace(RISK, verdict="inconclusive")), "inconclusive, the interval straddles"),
        (replace(FINDINGS, risk=replace(RISK, verdict="pass")), "below the severity of 50"),
    ],
)
def test_each_finding_has_its_sentence(findings, words):
    assert words in explain(findings)


def test_long_lists_are_cut_and_say_so():
    many = tuple(EdgeChange("a", f"b{i}", "added", None, None, None) for i in range(9))
    text = explain(
        replace(
            FINDINGS,
            changes=many,
            plan=replace(PLAN, experiments=(replace(EXPERIMENT, targets=tuple(("a", f"b{i}") for i in range(9))),)),
        )
    )
    assert "3 more changes of edges" in text
    assert "and 5 more" in text


def test_a_change_on_a_faulted_edge_comes_first():
    other = EdgeChange("mailer", "store", "added", None, None, None)
    text = explain(replace(FINDINGS, changes=(other, LOWERED)))
    assert text.index("lowers the timeout") < text.index("adds the dependency mailer")


def test_an_untouched_system_is_said_to_be_unmeasured():
    diff = Diff("b", "h", (FileChange("docs/a.md", "modified"),), "sha256:", "")
    text = explain_untouched(diff)
    assert "1 file (docs/a.md)" in text
    assert "nothing was measured" in text
