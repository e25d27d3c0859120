"""Both revisions as files, in a temporary directory outside the repository."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from arc_common.undo import Undo
from arc_sim.config.host import git_environment
from arc_sim.errors import ArcError

_GIT = ("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "advice.detachedHead=false")
"""The user's hooks are not asked: a checkout for a measurement must not start anything."""


def make_folder() -> tuple[Path, Undo]:
    """Make a temporary directory and return it with the way back."""
    folder = Path(tempfile.mkdtemp(prefix="arc-sim-"))
    return folder, Undo(lambda: shutil.rmtree(folder, ignore_errors=True), f"remove {folder}")


def add_worktree(repo: Path, commit: str, path: Path) -> Undo:
    """Check ``commit`` out at ``path`` and return the way back, which also makes git forget the worktree.

    Raises ArcError with git's complaint; nothing is left behind.
    """
    undo = Undo(lambda: _remove(repo, path), f"remove worktree {path}")
    done = _run(repo, "worktree", "add", "--quiet", "--detach", str(path), commit)
    if done.returncode != 0:
        undo()
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise ArcError(f"git cannot check out {commit[:12]}: {lines[-1]}", code="run.worktree")
    return undo


def _remove(repo: Path, path: Path) -> None:
    done = _run(repo, "worktree", "remove", "--force", "--force", str(path))
    if done.returncode != 0 or path.exists():
        record = _record(path)
        shutil.rmtree(path, ignore_errors=True)
        if record is not None:
            shutil.rmtree(record, ignore_errors=True)


def _record(path: Path) -> Path | None:
    """Return git's own directory about the worktree; ``git worktree prune`` would also drop others' records."""
    try:
        text = (path / ".git").read_text(encoding="utf-8")
    except OSError:
        return None
    record = Path(text.removeprefix("gitdir:").strip())
    return record if record.parent.name == "worktrees" else None


def _run(repo: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*_GIT, "-C", str(repo), *arguments],
        check=False,
        env=git_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C in the terminal must not cut a clean-up short
    )
