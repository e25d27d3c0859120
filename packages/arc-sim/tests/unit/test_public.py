"""What the package promises."""

import ast
import inspect
from pathlib import Path

import pytest

import arc_sim
from arc_sim import api
from arc_sim.command import COMMAND
from arc_sim.workflow.graph import STEPS


def test_all_is_sorted_and_there():
    assert arc_sim.__all__ == sorted(arc_sim.__all__)
    assert dir(arc_sim) == arc_sim.__all__
    for name in arc_sim.__all__:
        assert getattr(arc_sim, name)
    with pytest.raises(AttributeError, match="nope"):
        arc_sim.nope  # noqa: B018 - the access is the test


def test_the_plans_functions_take_what_the_plan_says():
    assert list(inspect.signature(api.serialize_diff).parameters)[:2] == ["rev_range", "repo"]
    assert next(iter(inspect.signature(api.derive_causal).parameters)) == "db_path"
    assert list(inspect.signature(api.analyze_diff).parameters)[:2] == ["diff", "causal_db"]
    assert list(inspect.signature(api.run_sim).parameters) == ["payload", "repo_path"]


def test_the_steps_are_the_designs_in_order():
    expected = ["diff", "graph", "affected", "plan", "sandbox", "experiment", "score", "explain", "attest", "report"]
    assert [name for name, _ in STEPS] == expected


def test_only_the_workflow_graph_and_its_runner_know_langgraph():
    root = Path(arc_sim.__file__).parent
    knowing = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name.split(".")[0] in ("langgraph", "langsmith", "langchain_core") for name in names):
                knowing.add(path.relative_to(root).as_posix())
    assert knowing == {"workflow/graph.py", "workflow/run.py"}


def test_the_command_is_where_it_says():
    module, _, name = COMMAND.target.partition(":")
    assert callable(getattr(__import__(module, fromlist=[name]), name))
