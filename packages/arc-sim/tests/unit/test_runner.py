"""The 2x2 experiment against the fakes: order, faults in and out, journal, deadline, steady state."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from arc_common.clock import ManualClock
from arc_sim.errors import InjectError, Interrupted, ProbeError, SandboxError
from arc_sim.experiment.deadline import Deadline
from arc_sim.experiment.events import CellMeasured, CellStarted
from arc_sim.experiment.journal import Journal
from arc_sim.experiment.runner import Arm, Tools, run_cells
from arc_sim.faults.catalog import load_scenario
from arc_sim.injectors.memory import MemoryInjector
from arc_sim.model import Edge, Experiment, Fault, Graph, LoadSpec, Plan, Scenario, Service
from arc_sim.plan.draw import order_cells
from arc_sim.probes.base import Refused
from arc_sim.probes.memory import LatencyModel, MemoryProbe, ModelArm
from arc_sim.risk.score import DEFAULT_CURVE, assess
from arc_sim.sandboxes.base import Deployment
from arc_sim.sandboxes.memory import MemorySandbox

EDGE = ("orders", "payments")
GRAPH = Graph((Service("orders"), Service("payments")), (Edge(*EDGE),))
EXPERIMENT = Experiment(load_scenario("network_latency"), (EDGE,))
PLAN = Plan("sim-1", (EXPERIMENT,), 1, 5, order_cells(1, 5), LoadSpec("orders"), "", "sha256:")


class Setup:
    def __init__(self, path, model=None, timeout_s=600.0):
        self.clock = ManualClock()
        sandbox = MemorySandbox()
        scope = ("orders", "payments")
        self.running = {
            revision: sandbox.up(Deployment(revision, "c", Path(), GRAPH, (), scope, "orders"))[0]
            for revision in ("base", "head")
        }
        self.arms = {revision: Arm(running, ((EDGE,),)) for revision, running in self.running.items()}
        self.events, self.kept = [], []
        self.path = path / "journal.jsonl"
        self.tools = Tools(
            MemoryInjector(),
            MemoryProbe(model, clock=self.clock),
            Journal(self.path, self.clock),
            Deadline(timeout_s, self.clock),
            self.events.append,
            self.kept.append,
        )

    def run(self, plan=PLAN):
        return run_cells(plan, self.arms, self.tools)

    def journal(self):
        return [json.loads(line) for line in self.path.read_text().splitlines()]


@pytest.fixture(name="make")
def fixture_make(tmp_path):
    made = []

    def make(*args, **kwargs):
        made.append(Setup(tmp_path, *args, **kwargs))
        return made[-1]

    yield make
    for setup in made:
        setup.tools.journal.close()


def test_every_cell_is_measured_in_order_and_only_fault_cells_are_slow(make):
    setup = make()
    seen = setup.run()
    assert [observation.cell for observation in seen] == list(PLAN.cells)
    for observation in seen:
        assert (min(observation.latencies_ms) >= 250) == (observation.cell.condition == "fault")
    assert all(not running.faults for running in setup.running.values())
    assert all(undo.done for undo in setup.kept)
    assert len(setup.kept) == 10
    numbers = [event.number for event in setup.events if isinstance(event, CellStarted)]
    assert numbers == [event.number for event in setup.events if isinstance(event, CellMeasured)] == list(range(1, 21))


def test_the_journal_tells_every_action_with_both_clocks(make):
    setup = make()
    setup.run()
    entries = setup.journal()
    assert {entry["action"] for entry in entries} == {"steady_state", "inject", "measure", "recover", "measured"}
    assert all(entry["at"].endswith("Z") and entry["monotonic_s"] >= 0 for entry in entries)
    opened = [entry["action"] for entry in entries if entry["action"] in ("inject", "recover")]
    assert opened == ["inject", "recover"] * 10
    assert all(entry["amounts"] == {"delay_ms": 250} for entry in entries if entry["action"] == "inject")


def test_a_harmful_head_is_found(make):
    model = LatencyModel(head=ModelArm(fault_error_rate=0.9))
    risk = assess(make(model).run(), 50, (DEFAULT_CURVE,))
    assert risk.verdict == "fail"
    assert risk.score.low > 90


def test_equal_sides_are_found_equal(make):
    risk = assess(make().run(), 50, (DEFAULT_CURVE,))
    assert risk.score.value < 10
    assert risk.verdict == "pass"


def test_a_dead_service_ends_the_run_with_its_last_words_and_no_fault_left(make):
    setup = make()
    setup.running["head"].kill("payments", "out of memory")
    with pytest.raises(SandboxError, match="out of memory"):
        setup.run()
    assert all(not running.faults for running in setup.running.values())


def test_an_exception_in_the_probe_takes_the_fault_out(make):
    setup = make()

    class Failing(MemoryProbe):
        def measure(self, running, load, cell):
            if running.faults:
                raise KeyboardInterrupt
            return super().measure(running, load, cell)

    with pytest.raises(KeyboardInterrupt):
        run_cells(PLAN, setup.arms, replace(setup.tools, probe=Failing()))
    assert all(not running.faults for running in setup.running.values())


def test_the_deadline_ends_it_between_two_cells(make):
    setup = make(timeout_s=10)

    def two_seconds(event):
        if isinstance(event, CellStarted):
            setup.clock.advance(2)

    with pytest.raises(Interrupted, match="timeout of 10 s"):
        run_cells(PLAN, setup.arms, replace(setup.tools, listen=two_seconds))
    assert len([e for e in setup.journal() if e["action"] == "measured"]) == 5
    assert all(not running.faults for running in setup.running.values())


def test_an_unsteady_base_is_refused_before_anything_is_injected(make):
    setup = make(LatencyModel(base=ModelArm(error_rate=0.5)))
    with pytest.raises(ProbeError, match=r"base is not steady.*http_503"):
        setup.run()
    assert [entry["action"] for entry in setup.journal()] == ["steady_state"]


def test_what_cannot_be_injected_is_said_before_load_is_sent(make):
    setup = make()
    with pytest.raises(InjectError, match="kind kill"):
        setup.run(replace(PLAN, experiments=(replace(EXPERIMENT, scenario=Scenario("kill", "", Fault("kill"))),)))
    setup.arms = {revision: replace(arm, targets=((("a", "b"),),)) for revision, arm in setup.arms.items()}
    with pytest.raises(InjectError, match="passes a proxy"):
        setup.run()
    assert setup.journal() == []


def test_a_renamed_edge_is_injected_by_each_sides_own_name(make):
    setup = make()
    old = Graph((Service("orders"), Service("billing")), (Edge("orders", "billing"),))
    running, _ = MemorySandbox().up(Deployment("base", "c", Path(), old, (), ("billing", "orders"), "orders"))
    setup.arms["base"] = Arm(running, ((("orders", "billing"),),))
    seen = setup.run()
    assert all(min(o.latencies_ms) >= 250 for o in seen if o.cell.condition == "fault")


def test_journal_without_a_file_and_after_closing(tmp_path):
    Journal(None, ManualClock()).write("x")
    with Journal(tmp_path / "j", ManualClock()) as journal:
        journal.write("one", text="ü\n")
    journal.write("late")
    assert [json.loads(line)["action"] for line in (tmp_path / "j").read_text("utf-8").splitlines()] == ["one"]


class Deadly(MemoryProbe):
    """A service of ``revision`` ends while a cell of ``condition`` is measured, the first ``times`` times."""

    def __init__(self, revision, condition, times, refuse=False):
        super().__init__()
        self.when, self.times, self.refuse = (revision, condition), times, refuse

    def measure(self, running, load, cell):
        seen = super().measure(running, load, cell)
        is_due = self.when == (running.revision, "fault" if running.faults else "calm")
        if is_due and self.times:
            self.times -= 1
            running.kill("payments", "out of memory")
            if self.refuse:
                kinds = {"refused": len(seen.latencies_ms)}
                raise Refused("nobody is there", replace(seen, errors=len(seen.latencies_ms), error_kinds=kinds))
        return seen


def restartable(setup, revision):
    def restart():
        scope = ("orders", "payments")
        running, _ = MemorySandbox().up(Deployment(revision, "c", Path(), GRAPH, (), scope, "orders"))
        setup.started.append(running)
        return Arm(running, ((EDGE,),), restart)

    setup.started = []
    setup.arms[revision] = replace(setup.arms[revision], restart=restart)


@pytest.mark.parametrize("refuse", [False, True], ids=["behind the entry", "the entry itself"])
def test_a_service_of_head_that_dies_under_the_fault_is_a_finding(make, refuse):
    setup = make()
    restartable(setup, "head")
    seen = run_cells(PLAN, setup.arms, replace(setup.tools, probe=Deadly("head", "fault", 3, refuse)))
    assert [observation.cell for observation in seen] == list(PLAN.cells)
    dead = [observation for observation in seen if observation.died]
    assert [observation.died for observation in dead] == ["payments died"] * 3
    assert {(o.cell.revision, o.cell.condition) for o in dead} == {("head", "fault")}
    assert all(o.errors == sum(o.error_kinds.values()) == len(o.latencies_ms) for o in dead)
    assert sum(observation.errors for observation in seen if not observation.died) == 0
    assert len(setup.started) == 3
    assert assess(seen, 50, (DEFAULT_CURVE,)).score.value >= 50
    assert [e["text"] for e in setup.journal() if e["action"] == "died"] == [
        "payments died; last lines: out of memory"
    ] * 3
    assert all(not running.faults for running in [*setup.running.values(), *setup.started])


@pytest.mark.parametrize("when", [("base", "calm"), ("base", "fault"), ("head", "calm")])
def test_any_other_death_ends_the_run(make, when):
    setup = make()
    restartable(setup, "base")
    restartable(setup, "head")
    with pytest.raises(SandboxError, match=r"payments died.*out of memory"):
        run_cells(PLAN, setup.arms, replace(setup.tools, probe=Deadly(*when, 1)))
    assert setup.started == []


def test_a_head_that_was_dead_before_the_fault_is_no_finding(make):
    setup = make()
    restartable(setup, "head")
    setup.running["head"].kill("payments", "on its own")
    with pytest.raises(SandboxError, match="on its own"):
        setup.run()
    assert "inject" not in [entry["action"] for entry in setup.journal() if entry.get("revision") == "head"]


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_a_head_that_fails_without_the_fault_does_not_pass(make, rate):
    with pytest.raises(ProbeError, match=r"head is not steady.*http_503") as caught:
        make(LatencyModel(head=ModelArm(error_rate=rate, fault_error_rate=rate))).run()
    assert "the diff breaks it" in caught.value.hint
