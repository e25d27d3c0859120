"""The run as a LangGraph graph: nodes and edges, nothing else.

``diff -> graph -> affected -> plan -> sandbox -> experiment -> score -> explain -> attest -> report``; when the diff
affects no service, ``affected -> explain``, and when no edge could get the fault, ``plan -> explain``: nothing is
started or measured.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from arc_sim.workflow import steps
from arc_sim.workflow.session import Session
from arc_sim.workflow.state import State

Step = Callable[[Session, State], State]
Compiled = CompiledStateGraph[Any, Any, Any, Any]

STEPS: tuple[tuple[str, Step], ...] = (
    ("diff", steps.read_diff),
    ("graph", steps.read_graphs),
    ("affected", steps.find_affected),
    ("plan", steps.make_plan),
    ("sandbox", steps.start_sandbox),
    ("experiment", steps.experiment),
    ("score", steps.score),
    ("explain", steps.explain_result),
    ("attest", steps.attest),
    ("report", steps.report),
)
"""In order."""


def build_graph(
    session: Session, checkpoints: BaseCheckpointSaver[Any] | None
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Return the compiled graph over one session."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(State)
    for name, step in STEPS:
        graph.add_node(f"{name}_step", _node(name, step, session))
    graph.add_edge(START, "diff_step")
    for (name, _), (following, _) in pairwise(STEPS):
        if name in _WAYS_OUT:
            graph.add_conditional_edges(f"{name}_step", _WAYS_OUT[name], [f"{following}_step", "explain_step"])
        else:
            graph.add_edge(f"{name}_step", f"{following}_step")
    graph.add_edge("report_step", END)
    return graph.compile(checkpointer=checkpoints)


def _node(name: str, step: Step, session: Session) -> Any:
    def run(state: State) -> State:
        with session.phase(name):
            return step(session, state)

    return run


def _after_affected(state: State) -> str:
    return "plan_step" if state["impact"]["direct"] else "explain_step"


def _after_plan(state: State) -> str:
    return "sandbox_step" if "plan" in state else "explain_step"


_WAYS_OUT: dict[str, Callable[[State], str]] = {"affected": _after_affected, "plan": _after_plan}
