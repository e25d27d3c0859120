"""Make lotus-demo, a git repository of six small real services whose commits each do one telling thing.

`python tools/sample_repo.py PATH [--force]`; the names of the commits are the same on every machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from lotus.edits import Tree
from lotus.history import COMMITS

BASE = Path(__file__).resolve().parent / "lotus" / "base"
AUTHOR = "Lotus Demo"
EMAIL = "lotus@example.com"
FIRST_COMMIT_AT = datetime(2026, 1, 5, 9, 0, tzinfo=timezone.utc)


class SampleError(Exception):
    """The repository cannot be made; the message says why in one line."""


def make_sample_repo(path: Path | str, force: bool = False) -> dict[str, str]:
    """Make the repository at `path` and return {slug: commit}, oldest first; each is tagged `lotus/<slug>`.

    path: missing or an empty folder; with `force`, also an earlier lotus-demo, which is replaced.
    Raises SampleError otherwise, or when git is missing.
    """
    target = Path(path)
    _clear(target, force)
    tree: Tree = _read_base()
    commits = {}
    with tempfile.TemporaryDirectory() as home:
        git = Git(target, Path(home))
        git.run("init", "--quiet", "--template=", "--object-format=sha1")
        git.run("symbolic-ref", "HEAD", "refs/heads/main")
        before: Tree = {}
        for index, commit in enumerate(COMMITS):
            for edit in commit.edits:
                edit.apply(tree)
            _write(target, before, tree)
            before = dict(tree)
            git.run("add", "--all", "--force", ".")
            git.run("commit", "--quiet", "--message", commit.message, at=FIRST_COMMIT_AT + timedelta(days=index))
            git.run("tag", f"lotus/{commit.slug}")
            commits[commit.slug] = git.run("rev-parse", "HEAD")
    return commits


class Git:
    """The git binary in one work tree, blind to the user's and the system's settings."""

    def __init__(self, work_tree: Path, home: Path) -> None:
        self._work_tree = work_tree
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self._env = {
            **kept,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CEILING_DIRECTORIES": str(work_tree.resolve().parent),
            "GIT_AUTHOR_NAME": AUTHOR,
            "GIT_AUTHOR_EMAIL": EMAIL,
            "GIT_COMMITTER_NAME": AUTHOR,
            "GIT_COMMITTER_EMAIL": EMAIL,
        }

    def run(self, *arguments: str, at: datetime = FIRST_COMMIT_AT) -> str:
        """Run one command dated `at` and return what it prints."""
        date = at.strftime("%Y-%m-%dT%H:%M:%S+0000")
        env = {**self._env, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=self._work_tree, env=env, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise SampleError("git is not installed") from None
        if done.returncode != 0:
            raise SampleError(f"git {arguments[0]}: {done.stderr.strip()}")
        return done.stdout.strip()


def _clear(target: Path, force: bool) -> None:
    """Make `target` an empty folder; the only thing that is ever deleted is an earlier lotus-demo."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise SampleError(f"{target} is not a folder")
    if target.exists() and any(target.iterdir()):
        if not _is_sample(target):
            raise SampleError(f"{target} is not empty and no earlier lotus-demo; choose another path")
        if not force:
            raise SampleError(f"{target} holds an earlier lotus-demo; choose another path, or --force to replace it")
        shutil.rmtree(target)
    target.mkdir(parents=True, exist_ok=True)


def _is_sample(target: Path) -> bool:
    """Say whether a folder holds a lotus-demo and nothing at its top that is foreign to one."""
    known = {path.name for path in BASE.iterdir()} | {".git", ".arc"}
    tagged = (target / ".git" / "refs" / "tags" / "lotus" / COMMITS[-1].slug).is_file()
    return tagged and all(path.name in known for path in target.iterdir())


def _read_base() -> Tree:
    paths = [path for path in sorted(BASE.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(BASE).as_posix(): path.read_bytes().decode("utf-8") for path in paths}


def _write(target: Path, before: Tree, after: Tree) -> None:
    for path in before.keys() - after.keys():
        (target / path).unlink()
        for parent in list((target / path).parents):
            if parent == target or any(parent.iterdir()):
                break
            parent.rmdir()
    for path, text in after.items():
        if before.get(path) != text:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(text.encode("utf-8"))


def main(argv: list[str] | None = None) -> int:
    """Make the repository and print its commits."""
    parser = argparse.ArgumentParser(prog="sample_repo.py", description="Make lotus-demo, the repository of the demo.")
    parser.add_argument("path", type=Path, metavar="PATH", help="where to make it; missing or empty")
    parser.add_argument("--force", action="store_true", help="replace an earlier lotus-demo at PATH")
    options = parser.parse_args(argv)
    try:
        commits = make_sample_repo(options.path, options.force)
    except (SampleError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    for slug, commit in commits.items():
        print(f"{commit[:12]}  lotus/{slug}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
