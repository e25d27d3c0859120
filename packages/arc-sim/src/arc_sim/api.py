"""The functions for programs, by the plan's names. Each can be used alone."""

from pathlib import Path
from typing import Any

from arc_sim.model import Diff, Impact


def serialize_diff(rev_range: str, repo: str | Path = ".") -> dict[str, Any]:
    """Return what changed in a git revision range as JSON values; ``diff_hash`` depends on the content alone.

    Raises DiffError.
    """
    from arc_sim.diff.git import read_diff
    from arc_sim.diff.serialize import to_dict

    return to_dict(read_diff(rev_range, Path(repo)))


def analyze_diff(diff: dict[str, Any], causal_db: str | Path | None = None, repo: str | Path = ".") -> list[str]:
    """Return the services that a diff touches directly, sorted.

    diff: as ``serialize_diff`` gives it.   causal_db: an Arc Memory database to read services from besides.
    Raises DiffError or ConfigError.
    """
    return list(find_impact({"diff": diff}, repo, causal_db).direct)


def find_impact(payload: dict[str, Any], repo: str | Path = ".", causal_db: str | Path | None = None) -> Impact:
    """Return the services that a diff touches, their callers, and why. payload: as in ``run_sim``."""
    from arc_sim.causal import derive
    from arc_sim.causal.impact import affected_in
    from arc_sim.workflow.request import read_request

    if causal_db is not None:
        from arc_sim.errors import ConfigError

        raise ConfigError("reading an Arc Memory database is not built yet", hint="leave causal_db out")
    request = read_request(payload, Path(repo))
    diff: Diff = request.diff
    base, head = derive(request.repo, diff.base_commit), derive(request.repo, diff.head_commit)
    return affected_in(request.repo, diff, base, head)


def run_sim(payload: dict[str, Any], repo_path: str | Path) -> dict[str, Any]:
    """Run a simulation and return its result, of the shape ``simulation_result.v1``.

    payload: ``diff`` (as ``serialize_diff`` gives it) or ``range``, and optionally ``scenario``, ``severity``,
    ``timeout`` (seconds), ``seed``, ``rounds``, ``service``, ``sandbox``.
    Raises ConfigError, DiffError or PlanError for wrong input, with nothing written; another ArcError when the run
    cannot be completed. Whatever happens, nothing keeps running.
    """
    from arc_sim.workflow.request import read_request
    from arc_sim.workflow.run import run_workflow

    return run_workflow(read_request(payload, Path(repo_path)))
