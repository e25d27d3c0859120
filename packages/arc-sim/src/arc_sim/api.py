"""The functions for programs, by the plan's names. Each can be used alone."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arc_sim.model import Impact


def serialize_diff(rev_range: str, repo: str | Path = ".", worktree: bool = False) -> dict[str, Any]:
    """Return what changed in a git revision range as JSON values; ``diff_hash`` depends on the content alone.

    rev_range: ``A..B``, ``A...B`` (since the merge base), or one revision against its parent.   worktree: compare that
    one revision with what is on disk instead, untracked files included.   Raises DiffError.
    """
    from arc_sim.diff.serialize import to_dict

    if worktree:
        from arc_sim.diff.worktree import read_worktree

        return to_dict(read_worktree(rev_range, Path(repo)))
    from arc_sim.diff.git import read_diff

    return to_dict(read_diff(rev_range, Path(repo)))


def analyze_diff(diff: dict[str, Any], causal_db: str | Path | None = None, repo: str | Path = ".") -> list[str]:
    """Return the services that a diff touches directly, sorted.

    diff: as ``serialize_diff`` gives it; without commits it is taken as one of HEAD.
    causal_db: an Arc Memory database for what history adds, or a graph that ``derive_causal`` wrote.
    Raises DiffError or ConfigError.
    """
    return list(find_impact({"diff": diff}, repo, causal_db).direct)


def find_impact(payload: dict[str, Any], repo: str | Path = ".", causal_db: str | Path | None = None) -> Impact:
    """Return the services that a diff touches, their callers, and why. payload: ``diff`` or ``range``."""
    from arc_sim.arc_memory.impact import Question, answer
    from arc_sim.diff import git, serialize
    from arc_sim.model import Diff

    given = payload.get("diff")
    if given is None:
        diff = git.read_diff(str(payload.get("range", "HEAD~1..HEAD")), Path(repo))
    else:
        diff = given if isinstance(given, Diff) else serialize.from_dict(given)
    return answer(Question(Path(repo), diff, Path(causal_db) if causal_db is not None else None)).impact


def derive_causal(
    db_path: str | Path | None = None,
    repo: str | Path = ".",
    revision: str = "HEAD",
    write_to: str | Path | None = None,
) -> dict[str, Any]:
    """Return the service graph of a revision as JSON values.

    db_path: an Arc Memory database; it is only read, and adds confidence, co-change and owners. Without one the graph
    is the repository's own.   write_to: where to keep the graph, for ``analyze_diff`` or another program.
    Raises ConfigError for the database, DiffError for the repository or revision.
    """
    from arc_sim.arc_memory import store
    from arc_sim.arc_memory.derive import derive_with_history
    from arc_sim.diff.git import open_repository, resolve
    from arc_sim.report.json import write_atomically

    repository = open_repository(Path(repo))
    commit = resolve(repository, revision)
    root = Path(repository.working_tree_dir or repo)
    repository.close()
    derived = derive_with_history(root, commit, Path(db_path) if db_path is not None else None)
    value = store.to_dict(derived.graph, commit, asdict(derived.evidence))
    if write_to is not None:
        write_atomically(Path(write_to), json.dumps(value, indent=1))
    return value


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
