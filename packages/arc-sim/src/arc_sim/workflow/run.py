"""Runs the workflow: makes the session, and takes everything back, whatever happens."""

import logging
import secrets
import sqlite3
from contextlib import closing
from datetime import datetime
from typing import Any

from arc_sim.errors import ConfigError, DiffError, PlanError
from arc_sim.experiment.deadline import Deadline
from arc_sim.experiment.journal import Journal
from arc_sim.workflow.folder import RunFolder
from arc_sim.workflow.request import Request
from arc_sim.workflow.session import Hooks, Session
from arc_sim.workflow.state import State

logger = logging.getLogger(__name__)

INVALID_INPUT = (ConfigError, DiffError, PlanError)
"""Errors that the user mends in what was given; a run that ends in one leaves nothing behind."""


def run_workflow(request: Request, hooks: Hooks | None = None) -> dict[str, Any]:
    """Run it and return the result, which is also in ``.arc/sim/<sim_id>/result.json``.

    Raises ConfigError, DiffError or PlanError with nothing written; another ArcError when it cannot be completed.
    """
    hooks = hooks or Hooks()
    started_s = hooks.clock.monotonic()
    sim_id = new_sim_id(hooks.clock.now())
    folder = RunFolder(request.repo, sim_id)
    deadline = Deadline(request.timeout_s, hooks.clock, hooks.stopped)
    with hooks.hold():
        folder.create()
        journal = Journal(folder.path / "journal.jsonl", hooks.clock)
    session = Session(request, sim_id, hooks, folder, journal, deadline, started_s=started_s)
    try:
        return _invoke(session)
    except INVALID_INPUT:
        folder.discard()
        raise
    except BaseException as error:
        journal.write("ended", error=type(error).__name__, text=str(error))
        raise
    finally:
        _take_back(session)


def draw_only(request: Request, hooks: Hooks | None = None) -> dict[str, Any]:
    """Return what would be run, as JSON values: ``{services, entry, plan}``; plan None: nothing to inject into.

    Writes and starts nothing.
    """
    from arc_sim.workflow import steps

    hooks = hooks or Hooks()
    sim_id = new_sim_id(hooks.clock.now())
    deadline = Deadline(request.timeout_s, hooks.clock)
    session = Session(request, sim_id, hooks, RunFolder(request.repo, sim_id), Journal(None, hooks.clock), deadline)
    state: State = {}
    for step in (steps.read_diff, steps.read_graphs, steps.find_affected):
        state.update(step(session, state))
    services = state["impact"]["direct"]
    if not services:
        return {"services": [], "entry": None, "plan": None}
    state.update(steps.make_plan(session, state))
    if "plan" not in state:
        return {"services": services, "entry": None, "plan": None}
    plan = {key: value for key, value in state["plan"].items() if key != "sim_id"}
    return {"services": services, "entry": state["entry"], "plan": plan}


def new_sim_id(now: datetime) -> str:
    """Return a name that sorts by time and that no other run has."""
    return f"sim-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def _invoke(session: Session) -> dict[str, Any]:
    from langgraph.checkpoint.sqlite import SqliteSaver  # seconds of imports: only when a run starts
    from langsmith.run_helpers import tracing_context

    from arc_sim.workflow.graph import build_graph

    path = session.folder.path / "checkpoint.sqlite"
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection, tracing_context(enabled=False):
        graph = build_graph(session, SqliteSaver(connection))
        config: Any = {"configurable": {"thread_id": session.sim_id}}
        final = graph.invoke({"sim_id": session.sim_id}, config, durability="sync")
    result: dict[str, Any] = final["result"]
    return result


def _take_back(session: Session) -> None:
    with session.hooks.hold():
        for what, error in session.undos.close():
            session.journal.write("undo_failed", what=what, error=str(error))
            logger.warning("left behind, for it could not be taken back (%s): %s", what, error)
        session.journal.write("clean")
        session.journal.close()
