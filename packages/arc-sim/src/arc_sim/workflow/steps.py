"""The steps of a run, one function each: take from the state, call the module that knows how, record."""

from dataclasses import replace

from arc_sim.attest import attest_result
from arc_sim.causal.build import Reading, derive
from arc_sim.causal.compare import compare
from arc_sim.causal.impact import affected_in
from arc_sim.config.env import cache_directory
from arc_sim.config.repo import RepoConfig
from arc_sim.errors import ConfigError, PlanError
from arc_sim.experiment.runner import Arm, Tools, run_cells
from arc_sim.model import Assessment, Diff, EdgeChange, Evidence, Graph, Impact, Observation, Plan, Revision
from arc_sim.plan.draw import Sides, Wish, draw_plan
from arc_sim.plan.names import by_head_names, names_at_base, to_base
from arc_sim.plan.targets import Edges, is_reached
from arc_sim.report.json import check_result, render_json, write_atomically
from arc_sim.risk.explain import Findings, explain, explain_alone, explain_untouched
from arc_sim.risk.score import assess
from arc_sim.sandboxes.base import Deployment
from arc_sim.workflow.deploy import by_base_names, choose_load, deployment, read_config
from arc_sim.workflow.result import build_result
from arc_sim.workflow.session import Session
from arc_sim.workflow.state import State, pack, unpack
from arc_sim.workflow.worktrees import add_worktree, make_folder


def read_diff(session: Session, state: State) -> State:
    """Record the diff, which was read before anything was written."""
    diff = session.request.diff
    session.journal.write("diff", files=len(diff.files), base=diff.base_commit, head=diff.head_commit)
    return {"sim_id": session.sim_id, "diff": pack(diff), "warnings": []}


def read_graphs(session: Session, state: State) -> State:
    """Derive the service graph at both commits, and what the diff did to its edges."""
    diff, repo = unpack(Diff, state["diff"]), session.request.repo
    how = Reading(cache_directory())
    base, head = derive(repo, diff.base_commit, how), derive(repo, diff.head_commit, how)
    return {
        "base": pack(base),
        "head": pack(head),
        "changes": pack(compare(by_head_names(base, names_at_base(base, head, diff)), head)),
        "warnings": [*state["warnings"], *head.warnings],
    }


def find_affected(session: Session, state: State) -> State:
    """Find the services that the diff touches, and their callers."""
    diff, repo = unpack(Diff, state["diff"]), session.request.repo
    impact = affected_in(repo, diff, unpack(Graph, state["base"]), unpack(Graph, state["head"]))
    session.journal.write("affected", direct=impact.direct, upstream=impact.upstream)
    return {"impact": pack(impact)}


def make_plan(session: Session, state: State) -> State:
    """Draw the experiment from the seed and write it down; without a plan, no edge could get the fault."""
    request = session.request
    diff, head, base = unpack(Diff, state["diff"]), unpack(Graph, state["head"]), unpack(Graph, state["base"])
    if not base.services:
        raise PlanError(
            f"base {diff.base_commit[:12]} has no services, so there is nothing to compare with",
            code="plan.no_base",
            hint="choose a --range whose base can run",
        )
    entry, load = choose_load(read_config(request.repo, diff.head_commit), head)
    changes = tuple(unpack(EdgeChange, change) for change in state["changes"])
    sides = Sides(diff, base, head, unpack(Impact, state["impact"]), changes)
    wish = Wish(session.sim_id, request.scenarios, load, request.seed, request.rounds, request.service)
    plan = draw_plan(sides, wish)
    if plan is None:
        session.journal.write("plan", targets=())
        return {}
    session.journal.write("plan", seed=plan.seed, rounds=plan.rounds, targets=plan.targets)
    return {"plan": pack(plan), "entry": entry}


def start_sandbox(session: Session, state: State) -> State:
    """Check both revisions out and start them, side by side."""
    request, plan = session.request, unpack(Plan, state["plan"])
    session.signer  # noqa: B018 - a key that cannot be used is said before the experiment, not after it
    session.parts.sandbox.preflight()
    graphs: dict[Revision, Graph] = {"base": unpack(Graph, state["base"]), "head": unpack(Graph, state["head"])}
    names = names_at_base(graphs["base"], graphs["head"], request.diff)
    deployments = _deployments(session, state, graphs, names)
    session.undos.push(session.parts.sandbox.close, "stop what the sandbox started")
    for wanted in deployments:
        mine = {} if wanted.revision == "head" else names
        targets = tuple(to_base(experiment.targets, mine) for experiment in plan.experiments)
        session.arms[wanted.revision] = _start(session, wanted, targets)
    runnings = [session.arms["base"].running, session.arms["head"].running]
    stand_ins = {name for running in runnings for name in running.stand_ins}
    scope = {name for wanted in deployments for name in wanted.scope}
    evidence: Evidence = next((r.evidence for r in runnings if r.evidence == "model"), runnings[1].evidence)
    notes = dict.fromkeys(note for running in runnings for note in running.notes)
    return {
        "evidence": evidence,
        "stand_ins": sorted(stand_ins),
        "real": sorted(scope - stand_ins),
        "warnings": [*state["warnings"], *notes],
    }


def experiment(session: Session, state: State) -> State:
    """Measure every cell of the plan."""
    parts = session.parts
    tools = Tools(
        parts.injector, parts.probe, session.journal, session.deadline, session.hooks.listen, session.undos.push
    )
    return {"observations": pack(run_cells(unpack(Plan, state["plan"]), session.arms, tools))}


def score(session: Session, state: State) -> State:
    """Turn the observations into a risk with its interval."""
    observations = [unpack(Observation, item) for item in state["observations"]]
    curves = [experiment.scenario.curve for experiment in unpack(Plan, state["plan"]).experiments]
    risk = assess(observations, session.request.severity, curves)
    session.journal.write("risk", score=risk.score.value, low=risk.score.low, high=risk.score.high)
    return {"risk": pack(risk)}


def explain_result(session: Session, state: State) -> State:
    """Put the numbers, or the reason why there are none, into words."""
    if "risk" not in state:
        services = tuple(state["impact"]["direct"])
        diff = unpack(Diff, state["diff"])
        return {
            "explanation": explain_alone(services, session.request.scenarios) if services else explain_untouched(diff)
        }
    plan, head = unpack(Plan, state["plan"]), unpack(Graph, state["head"])
    findings = Findings(
        plan=plan,
        risk=unpack(Assessment, state["risk"]),
        severity=session.request.severity,
        evidence=state["evidence"],  # type: ignore[arg-type]  # written by start_sandbox
        stand_ins=tuple(state["stand_ins"]),
        changes=tuple(unpack(EdgeChange, change) for change in state["changes"]),
        deaths=tuple(seen["died"] for seen in state["observations"] if seen["died"]),
        idle=tuple(edge for edge in plan.targets if not is_reached(head, state["entry"], edge)),
    )
    return {"explanation": explain(findings)}


def attest(session: Session, state: State) -> State:
    """Build the result and sign it."""
    clock = session.hooks.clock
    result = build_result(state, session.request, clock.now(), clock.monotonic() - session.started_s)
    check_result(result)
    with session.hooks.hold():
        attest_result(result, render_json(result).encode(), session.folder.attestations, session.signer)
    return {"result": result}


def report(session: Session, state: State) -> State:
    """Keep the result, and the plan with its manifest, beside the journal."""
    with session.hooks.hold():
        write_atomically(session.folder.path / "result.json", render_json(state["result"]))
        if "plan" in state:
            write_atomically(session.folder.path / "manifest.yaml", state["plan"]["manifest"])
    return {}


def _start(session: Session, wanted: Deployment, targets: tuple[Edges, ...]) -> Arm:
    session.deadline.check(f"starting {wanted.revision}")
    session.journal.write("up", revision=wanted.revision, scope=wanted.scope)
    running, undo = session.parts.sandbox.up(_in_time(wanted, session))
    session.undos.push(undo)
    session.journal.write("ready", revision=wanted.revision, stand_ins=running.stand_ins)

    def restart() -> Arm:
        undo()
        return _start(session, wanted, targets)

    return Arm(running, targets, restart)


def _deployments(
    session: Session, state: State, graphs: dict[Revision, Graph], names: dict[str, str]
) -> list[Deployment]:
    diff, repo = session.request.diff, session.request.repo
    with session.hooks.hold():
        folder, undo = make_folder()
        session.undos.push(undo)
    head_config = read_config(repo, diff.head_commit)
    impact, entry = unpack(Impact, state["impact"]), state["entry"]
    sides: list[tuple[Revision, str, RepoConfig | None, Impact, str]] = [
        (
            "base",
            diff.base_commit,
            _base_config(session, head_config),
            by_base_names(impact, names),
            names.get(entry, entry),
        ),
        ("head", diff.head_commit, head_config, impact, entry),
    ]
    wanted = []
    for revision, commit, config, touched, door in sides:
        with session.hooks.hold():
            session.undos.push(add_worktree(repo, commit, folder / revision))
        wanted.append(deployment(revision, graphs[revision], commit, folder / revision, (config, touched, door)))
    return wanted


def _base_config(session: Session, head: RepoConfig | None) -> RepoConfig | None:
    """Return base's own arc-sim.yaml; head's when base has none yet, or one that cannot be read."""
    try:
        own = read_config(session.request.repo, session.request.diff.base_commit)
    except ConfigError as error:
        session.journal.write("warning", text=f"base: {error.message}; head's is used")
        return head
    return own or head


def _in_time(wanted: Deployment, session: Session) -> Deployment:
    """Return the deployment with no wait longer than what is left."""
    left_s = max(0.1, session.deadline.remaining_s())
    starts = tuple(replace(s, ready_timeout_s=min(s.ready_timeout_s, left_s)) for s in wanted.starts)
    return replace(wanted, starts=starts)
