"""The 2x2 experiment: base and head, calm and under the fault, one cell at a time in the plan's order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from arc_common.undo import Undo
from arc_sim.errors import InjectError, SandboxError
from arc_sim.experiment.deadline import Deadline
from arc_sim.experiment.events import CellMeasured, CellStarted, Listener, ignore
from arc_sim.experiment.journal import Journal
from arc_sim.experiment.steady import check_steady
from arc_sim.injectors.base import Injector
from arc_sim.model import Cell, LoadSpec, Observation, Plan, Revision
from arc_sim.probes.base import Probe, Refused
from arc_sim.sandboxes.base import Running

STEADY_S = 0.5
"""Length of the look at base before the first round."""

MIN_STEADY_REQUESTS = 10


@dataclass(frozen=True)
class Arm:
    """One revision that is up, and the edges that get the fault by its own names."""

    running: Running
    targets: tuple[tuple[tuple[str, str], ...], ...]
    """For each of the plan's experiments."""
    restart: "Callable[[], Arm] | None" = None
    """Ends what is left of it and starts it again, for the cells that follow after a service died."""


@dataclass(frozen=True)
class Tools:
    """What the experiment acts with."""

    injector: Injector
    probe: Probe
    journal: Journal
    deadline: Deadline
    listen: Listener = ignore
    keep: Callable[[Undo], object] = lambda undo: None
    """Is given every way back before it is needed, so that an interruption between two lines loses none."""


def run_cells(plan: Plan, arms: dict[Revision, Arm], tools: Tools) -> tuple[Observation, ...]:
    """Measure every cell and return the observations in the order of the plan.

    A service of head that dies under the fault is the strongest of findings: every request of the cell counts as
    failed, and head is started again for the cells that follow.
    Raises InjectError when the fault cannot be injected or is on no edge, ProbeError when a side is not steady,
    SandboxError when a service of base dies, or one of head without the fault, Interrupted when the deadline passes;
    no fault is left in.
    """
    arms = dict(arms)
    _check_injectable(plan, arms, tools.injector)
    _look_at_base(plan, arms["base"], tools)
    seen: list[Observation] = []
    for number, cell in enumerate(plan.cells, start=1):
        tools.deadline.check(f"measuring round {cell.round_index + 1} of {plan.rounds}")
        tools.listen(CellStarted(cell, number, len(plan.cells), plan.rounds, plan.experiments))
        observation = _measure(plan, cell, arms[cell.revision], tools)
        seen.append(observation)
        if observation.died:
            arms[cell.revision] = _restarted(arms[cell.revision], tools)
        tools.listen(CellMeasured(observation, number, len(plan.cells)))
    for revision, arm in sorted(arms.items()):
        calm = [o for o in seen if (o.cell.revision, o.cell.condition) == (revision, "calm")]
        check_steady(calm, plan.load.service, arm.running.log_tail(plan.load.service, 5))
    return tuple(seen)


def _check_injectable(plan: Plan, arms: dict[Revision, Arm], injector: Injector) -> None:
    present = {edge.key for arm in arms.values() for edge in arm.running.proxied_edges()}
    for number, experiment in enumerate(plan.experiments):
        fault = experiment.scenario.fault
        if not injector.supports(fault):
            raise InjectError(
                f"this sandbox cannot inject faults of kind {fault.kind}", hint="choose another --scenario"
            )
        if not any(target in present for arm in arms.values() for target in arm.targets[number]):
            edges = ", ".join(f"{source} -> {target}" for source, target in experiment.targets)
            raise InjectError(
                f"no traffic of {edges} passes a proxy, so no fault can be injected there",
                hint="let the caller read the address from its environment, and name it in arc-sim.yaml",
            )


def _look_at_base(plan: Plan, arm: Arm, tools: Tools) -> None:
    load = replace(plan.load, duration_s=max(STEADY_S, MIN_STEADY_REQUESTS / plan.load.rate_per_s))
    tools.deadline.check("looking at base")
    seen = tools.probe.measure(arm.running, load, Cell(0, "base", "calm"))
    tools.journal.write("steady_state", requests=len(seen.latencies_ms), errors=seen.errors, kinds=seen.error_kinds)
    check_steady([seen], load.service, arm.running.log_tail(load.service, 5))


def _measure(plan: Plan, cell: Cell, arm: Arm, tools: Tools) -> Observation:
    where: dict[str, object] = {"round": cell.round_index + 1, "revision": cell.revision, "condition": cell.condition}
    arm.running.check_alive()
    recover = _inject(plan, cell, arm, tools, where)
    try:
        tools.journal.write("measure", **where)
        observation, refused = _observe(arm, _within(plan.load, tools.deadline), cell, tools)
    finally:
        recover()
        if cell.condition == "fault":
            tools.journal.write("recover", **where)
    _note(observation, tools.journal, where)
    tools.deadline.check(f"measuring round {cell.round_index + 1} of {plan.rounds}")
    try:
        arm.running.check_alive()
    except SandboxError as error:
        if not _is_finding(error, cell, arm):
            raise
        tools.journal.write("died", **where, text=error.message)
        return _all_failed(observation, error)
    if refused is not None:
        raise refused
    return observation


def _observe(arm: Arm, load: LoadSpec, cell: Cell, tools: Tools) -> tuple[Observation, Refused | None]:
    """Measure; an entry that accepts nothing is an error only when it is alive."""
    try:
        return tools.probe.measure(arm.running, load, cell), None
    except Refused as refused:
        return refused.seen, refused


def _is_finding(death: SandboxError, cell: Cell, arm: Arm) -> bool:
    under_fault = (cell.revision, cell.condition) == ("head", "fault")
    return under_fault and death.code == "sandbox.service_died" and arm.restart is not None


def _all_failed(seen: Observation, death: SandboxError) -> Observation:
    """Return the observation with every request failed: what the load did not notice is down all the same."""
    more = len(seen.latencies_ms) - seen.errors
    kinds = {**seen.error_kinds, "service_died": more} if more else seen.error_kinds
    words = death.message.partition("; ")[0]  # without the last lines of its log
    return replace(seen, errors=len(seen.latencies_ms), error_kinds=kinds, died=words)


def _restarted(arm: Arm, tools: Tools) -> Arm:
    assert arm.restart is not None
    tools.deadline.check("starting head again")
    return arm.restart()


def _inject(plan: Plan, cell: Cell, arm: Arm, tools: Tools, where: dict[str, object]) -> Undo:
    if cell.condition == "calm":
        return Undo(lambda: None)
    scenario, targets = plan.experiments[cell.experiment].scenario, arm.targets[cell.experiment]
    where["scenario"] = scenario.scenario_id
    recover = tools.injector.inject(scenario.fault, targets, arm.running)
    tools.keep(recover)
    fault = scenario.fault
    tools.journal.write("inject", **where, fault=fault.kind, amounts=fault.amounts, targets=targets)
    return recover


def _within(load: LoadSpec, deadline: Deadline) -> LoadSpec:
    """Return the load with a request timeout that does not outlast the run by more than a second."""
    return replace(load, timeout_s=min(load.timeout_s, ceil(deadline.remaining_s()) + 1.0))


def _note(observation: Observation, journal: Journal, where: dict[str, object]) -> None:
    journal.write(
        "measured",
        **where,
        requests=len(observation.latencies_ms),
        errors=observation.errors,
        kinds=observation.error_kinds,
        latencies_ms=[round(value, 3) for value in observation.latencies_ms],
    )
