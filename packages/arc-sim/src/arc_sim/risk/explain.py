"""Puts the numbers of a run into words: which edge, which setting, which line. The same input gives the same text."""

from collections.abc import Sequence
from dataclasses import dataclass

from arc_sim.faults.words import SILENT, describe
from arc_sim.model import ArmMetrics, Assessment, Diff, EdgeChange, Evidence, Fault, Plan, Scenario

MAX_LISTED = 4
"""Names listed before "and N more"."""

MAX_CHANGES = 6
"""Changes of edges that get a sentence."""


@dataclass(frozen=True)
class Findings:
    """All that the text is made of."""

    plan: Plan
    risk: Assessment
    severity: int
    evidence: Evidence
    stand_ins: tuple[str, ...]
    changes: tuple[EdgeChange, ...]
    deaths: tuple[str, ...] = ()
    """How a service of head ended under the fault, for each round in which one did."""
    idle: tuple[tuple[str, str], ...] = ()
    """Faulted edges that a request at the entry does not wait for."""


def explain(findings: Findings) -> str:
    """Return one paragraph per question: how bad, what was seen, why, how sure, what was left out."""
    numbers = sorted(range(len(findings.risk.risks)), key=lambda n: (n != findings.risk.worst, n))
    seen = [_seen(findings, number) for number in numbers]
    paragraphs = [
        " ".join(filter(None, (_verdict(findings), _deaths(findings), *seen, _calm(findings)))),
        _causes(findings),
        _evidence(findings),
        _not_tested(findings),
    ]
    return "\n".join(paragraph for paragraph in paragraphs if paragraph)


def explain_untouched(diff: Diff) -> str:
    """Return the text for a diff that affects no service."""
    paths = sorted(change.path for change in diff.files)
    files = "1 file" if len(paths) == 1 else f"{len(paths)} files"
    return (
        f"The diff changes {files} ({_list(paths)}) and affects no service, so nothing was started and nothing was "
        "measured. A service is affected when a file that it is built from, or a manifest that configures it, changes."
    )


def explain_alone(services: Sequence[str], scenarios: Sequence[Scenario]) -> str:
    """Return the text for affected services that have no edge for a fault: ``services`` must not be empty."""
    scenario, kinds = _list([scenario.scenario_id for scenario in scenarios]), _protocols(scenarios)
    names, verb = _list(list(services)), "calls" if len(services) == 1 else "call"
    return (
        f"The diff affects {names}, and as far as the repository shows {names} neither {verb} another service nor "
        f"{'is' if len(services) == 1 else 'are'} called by one{kinds}, so {scenario} has no edge to act on: "
        "nothing was started and nothing was measured. If an edge is missing (see arc sim graph), name the address of "
        "the other service in the environment that arc-sim.yaml gives."
    )


def _protocols(scenarios: Sequence[Scenario]) -> str:
    """Return what narrows the edges down, where every scenario is about some protocol only."""
    if not all(scenario.protocols for scenario in scenarios):
        return ""
    return f" over {_list(sorted({name for scenario in scenarios for name in scenario.protocols}))}"


def _verdict(findings: Findings) -> str:
    score, severity = findings.risk.score, findings.severity
    text = f"Risk {score.value:g} of 100 (95 % interval {score.low:g} to {score.high:g})"
    if findings.risk.verdict == "inconclusive":
        return f"{text}: inconclusive, the interval straddles the severity of {severity}; more --rounds narrow it."
    side = "at or above" if findings.risk.verdict == "fail" else "below"
    return f"{text}, {side} the severity of {severity}."


def _deaths(findings: Findings) -> str:
    if not findings.deaths:
        return ""
    rounds = findings.plan.rounds * len(findings.plan.experiments)
    return (
        f"Under the fault a service of head died in {len(findings.deaths)} of {rounds} rounds "
        f"({_list(sorted(set(findings.deaths)))}; its last lines are in the journal): all requests that were sent "
        "meanwhile count as failed, and head was started again."
    )


def _seen(findings: Findings, number: int) -> str:
    arms, plan, experiment = findings.risk.risks[number].arms, findings.plan, findings.plan.experiments[number]
    head, base = arms["head_fault"], arms["base_fault"]
    edges = _list([f"{source} -> {target}" for source, target in experiment.targets])
    return (
        f"With {describe(experiment.scenario.fault)} on {edges}, {_percent(head.error_rate)} of the requests to "
        f"{plan.load.service} fail at head and {_percent(base.error_rate)} at base; p95 is {_ms(head)} at head and "
        f"{_ms(base)} at base."
    )


def _calm(findings: Findings) -> str:
    arms = findings.risk.risks[0].arms
    return (
        f"Without the fault {_percent(arms['head_calm'].error_rate)} and {_percent(arms['base_calm'].error_rate)} "
        f"fail, with a p95 of {_ms(arms['head_calm'])} and {_ms(arms['base_calm'])}."
    )


def _causes(findings: Findings) -> str:
    targets = set(findings.plan.targets)
    on_target = [change for change in findings.changes if (change.source, change.target) in targets]
    others = [change for change in findings.changes if (change.source, change.target) not in targets]
    if not findings.changes:
        return "The diff changes no timeout, retry, fallback or dependency that could be read from the repository."
    sentences = [_change(change, _fault_on(findings, change)) for change in [*on_target, *others]]
    left = len(sentences) - MAX_CHANGES
    more = [f"{left} more changes of edges are in the result."] if left > 0 else []
    return " ".join(sentences[:MAX_CHANGES] + more)


def _fault_on(findings: Findings, change: EdgeChange) -> Fault:
    """Return the fault of the worst experiment that acts on the changed edge; of the worst of all where none does."""
    risks, experiments = findings.risk.risks, findings.plan.experiments
    order = sorted(range(len(risks)), key=lambda number: -risks[number].score.value)
    hit = [n for n in order if (change.source, change.target) in experiments[n].targets]
    return experiments[(hit or order)[0]].scenario.fault


def _change(change: EdgeChange, fault: Fault) -> str:
    edge = f"{change.source} -> {change.target}"
    place = f" ({change.location})" if change.location else ""
    if change.what == "added":
        return f"The diff adds the dependency {edge}{place}."
    if change.what == "removed":
        return f"The diff removes the dependency {edge}{place}."
    if change.what == "fallback":
        verb = "adds a fallback to" if change.before is None else "removes the fallback of"
        return f"The diff {verb} {edge}{place}."
    if change.what == "retries":
        return f"The diff changes the retries of {edge} from {_count(change.before)} to {_count(change.after)}{place}."
    return _timeout(change, fault, edge, place)


def _timeout(change: EdgeChange, fault: Fault, edge: str, place: str) -> str:
    before, after = change.before, change.after
    if after is None:
        return f"The diff removes the timeout of {edge}, which was {_count(before)} ms{place}: calls wait without end."
    if before is None:
        text = f"The diff gives {edge} a timeout of {after:g} ms{place}"
    else:
        verb = "lowers" if after < before else "raises"
        text = f"The diff {verb} the timeout of {edge} from {before:g} ms to {after:g} ms{place}"
    if fault.kind == "latency" and after <= fault.delay_ms:
        return f"{text}, which the injected {fault.delay_ms:g} ms exceed: every call over this edge times out."
    if fault.kind in SILENT:
        return f"{text}: under the fault that is how long each call over this edge waits before it fails."
    return f"{text}."


def _evidence(findings: Findings) -> str:
    if not findings.stand_ins:
        return f"All services ran as the repository starts them (evidence: {findings.evidence})."
    return (
        f"{_list(findings.stand_ins)} ran as stand-ins shaped by the service graph (evidence: {findings.evidence}): "
        "this says how the graph reacts, not how their code does. Say in arc-sim.yaml how to start them."
    )


def _not_tested(findings: Findings) -> str:
    plan, entry = findings.plan, findings.plan.load.service
    known = dict.fromkeys(experiment.scenario.scenario_id for experiment in plan.experiments)
    parts = [f"any fault but {_list(list(known))}", f"any request but {plan.load.method} {plan.load.path}"]
    if plan.left_out:
        parts.append(f"faults on {_list([f'{source} -> {target}' for source, target in plan.left_out])} alone")
    idle = [f"{source} -> {target}" for source, target in findings.idle]
    if idle:
        parts.append(f"what a request to {entry} does not wait for ({_list(idle)})")
    return f"Not tested: {'; '.join(parts)}."


def _list(names: Sequence[str]) -> str:
    shown = list(names[:MAX_LISTED])
    if len(names) > MAX_LISTED:
        return f"{', '.join(shown)} and {len(names) - MAX_LISTED} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def _ms(arm: ArmMetrics) -> str:
    return f"{arm.p95_ms:.0f} ms" if arm.p95_ms >= 10 else f"{arm.p95_ms:.1f} ms"


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"


def _count(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"
