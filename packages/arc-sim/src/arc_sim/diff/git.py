"""Reads a diff from a git repository, without running anything that the repository brings along."""

import contextlib
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import git

from arc_sim.diff import patch, serialize
from arc_sim.diff.stream import lines_of, output_of, read_parts
from arc_sim.errors import DiffError
from arc_sim.model import Diff, FileChange

SAFE_OPTIONS = ("--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
                "-c", "core.attributesFile=/dev/null", "-c", "core.pager=cat", "-c", "diff.external=",
                "-c", "protocol.allow=never", "-c", "core.alternateRefsCommand=")  # fmt: skip
"""Configuration of the repository that could run a program or reach the network, turned off."""

DIFF_OPTIONS = ("--full-index", "--no-abbrev", "-M", "-l2000", "--diff-algorithm=myers", "--no-ext-diff",
                "--no-textconv", "--no-color", "--submodule=short", "--ignore-submodules=none", "--src-prefix=a/",
                "--dst-prefix=b/", "--no-relative", "-O/dev/null")  # fmt: skip
"""Every option that the user's or the repository's configuration could change otherwise."""

EMPTY_TREE = {40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
              64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"}  # fmt: skip
"""Object name of the empty tree by length of the repository's names (SHA-1, SHA-256); git knows it everywhere."""

STATUS = {"A": "added", "M": "modified", "D": "deleted", "R": "renamed", "C": "copied", "T": "type_changed"}
NOT_IN_CLONE = "its content is not in this clone"
DEEPEN = "run git fetch --unshallow, or check out with full history"


def read_diff(rev_range: str, repo: Path) -> Diff:
    """Return what changed in ``A..B``, ``A...B`` (since the merge base), or in one revision against its parent.

    For the first commit ``base_commit`` is the name of the empty tree.
    Raises DiffError for a directory that is no repository, a bare one, an unknown revision, a range without a
    change, and a shallow clone that misses the base.
    """
    repository = open_repository(repo)
    if repository.bare:
        raise DiffError(f"{repo} is a bare repository", hint="clone it, and give the clone")
    base, head = resolve_range(repository, rev_range)
    diff = _between(repository, base, head)
    if not diff.files:
        raise DiffError(
            f"{rev_range} changes no file", hint="give a range with at least one change, for example HEAD~1..HEAD"
        )
    return diff


def diff_between(repo: Path, base: str, head: str) -> Diff:
    """Return what changed between two commits or trees given by their full names."""
    return _between(open_repository(repo), base, head)


def _between(repository: git.Repo, base: str, head: str) -> Diff:
    files = changes_between(repository, "diff-tree", "-r", base, head, "--")
    timestamp = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Diff(base, head, files, serialize.diff_hash(files), timestamp)


def open_repository(path: Path) -> git.Repo:
    """Return the repository that holds ``path``; raises DiffError when there is none."""
    try:
        return git.Repo(path, search_parent_directories=True)
    except git.NoSuchPathError as error:
        raise DiffError(f"{path} does not exist") from error
    except (git.InvalidGitRepositoryError, ValueError, OSError) as error:
        raise DiffError(f"{path} is not a git repository", hint="give --repo DIR, or run inside one") from error


def run(repository: git.Repo, *arguments: str) -> bytes:
    """Run one git command that only reads; raises DiffError with the first line of its complaint."""
    try:
        output = repository.git.execute(_command(*arguments), stdout_as_string=False, env=_environment(repository))
        return bytes(output)
    except git.GitCommandError as error:
        text = str(error.stderr).strip().removeprefix("stderr:").strip(" \n'")
        complaint = next(iter(text.splitlines()), f"git {arguments[0]} failed")
        raise DiffError(complaint[:300], hint=DEEPEN if is_shallow(repository) else "") from error


class BlobReader:
    """Reads contents by object name through one ``git cat-file`` process."""

    def __init__(self, repository: git.Repo) -> None:
        self._repository = repository
        self._process: Any = None

    def read(self, name: str) -> bytes:
        """Return the content; raises ValueError when the clone does not hold it."""
        try:
            process = self._started()
            process.stdin.write(name.encode("ascii") + b"\n")
            process.stdin.flush()
            header = process.stdout.readline().split()
            if len(header) == 3 and header[1] == b"blob":
                content = bytes(process.stdout.read(int(header[2]) + 1))
                return content[:-1]
        except OSError:
            header = []
        if not header:
            # In a partial clone git gives up instead of going on without the object.
            self.close()
        raise ValueError(NOT_IN_CLONE)

    def close(self) -> None:
        """End the process. May be called twice."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.wait()
            for stream in (process.stdout, process.stderr):
                stream.close()

    def _started(self) -> Any:
        if self._process is None:
            found = self._repository.git.execute(
                _command("cat-file", "--batch"),
                as_process=True,
                istream=subprocess.PIPE,
                env=_environment(self._repository),
            )
            self._process = found.proc
            # The wrapper kills the process when it is collected.
            found.proc = None
        return self._process


def _command(*arguments: str) -> list[str]:
    return ["git", *SAFE_OPTIONS, *arguments]


def _environment(repository: git.Repo) -> dict[str, str]:
    return {
        "GIT_DIR": str(repository.git_dir),
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_EXTERNAL_DIFF": "",
        "LC_ALL": "C",
    }


def is_shallow(repository: git.Repo) -> bool:
    """Tell whether the clone lacks a part of its history."""
    return (Path(repository.common_dir) / "shallow").exists()


def resolve_range(repository: git.Repo, rev_range: str) -> tuple[str, str]:
    """Return the object names of base and head."""
    text = rev_range.strip()
    separator = "..." if "..." in text else ".."
    if separator not in text:
        head = resolve(repository, text)
        return parent_of(repository, head), head
    left, right = (part.strip() or "HEAD" for part in text.split(separator, 1))
    base, head = resolve(repository, left), resolve(repository, right)
    if separator == "...":
        base = merge_base(repository, base, head)
    if base == head:
        raise DiffError(f"{rev_range} is empty: both ends are {head[:12]}", hint="give two different commits")
    return base, head


def resolve(repository: git.Repo, revision: str) -> str:
    """Return the full name of a commit."""
    hint = DEEPEN if is_shallow(repository) else "git log --oneline lists revisions"
    if not revision or revision.startswith("-") or ".." in revision or "\0" in revision:
        raise DiffError(f"not a revision: {revision[:80]!r}", hint=hint)
    try:
        found = run(repository, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except DiffError as error:
        raise DiffError(f"unknown revision {revision[:80]!r}", hint=hint) from error
    return found.decode().strip()


def parent_of(repository: git.Repo, commit: str) -> str:
    """Return the first parent, or the empty tree for a first commit.

    The raw commit is read, because in a shallow clone git itself pretends that the last commit has no parent.
    """
    header = run(repository, "cat-file", "commit", commit).split(b"\n\n", 1)[0]
    for line in header.split(b"\n"):
        if line.startswith(b"parent "):
            parent = line.split()[1].decode()
            _require(repository, parent, f"the parent of {commit[:12]} is not in this clone")
            return parent
    return EMPTY_TREE[len(commit)]


def merge_base(repository: git.Repo, left: str, right: str) -> str:
    """Return the best common ancestor."""
    try:
        return run(repository, "merge-base", left, right).decode().split()[0]
    except (DiffError, IndexError) as error:
        hint = DEEPEN if is_shallow(repository) else "use A..B to compare unrelated commits"
        raise DiffError(f"{left[:12]} and {right[:12]} have no common ancestor here", hint=hint) from error


def changes_between(
    repository: git.Repo, verb: str, *arguments: str, before: tuple[str, ...] = ()
) -> tuple[FileChange, ...]:
    """Return what a git command that compares says, sorted by path; the patch is read as it comes, never as a whole.

    verb: ``diff-tree`` or ``diff-index``.   arguments: what to compare.   before: options of git itself.
    """
    entries = _raw_entries(run(repository, *before, verb, *DIFF_OPTIONS, "--raw", "-z", *arguments))
    options = (*DIFF_OPTIONS, "--patch", "--unified=0", "--inter-hunk-context=0")
    command = _command(*before, verb, *options, *arguments)
    files = []
    with output_of(repository, command, _environment(repository)) as stream:
        parts = read_parts(lines_of(stream))
        for old_mode, new_mode, old_id, new_id, letter, paths in entries:
            # A change of type is printed as a deletion and an addition.
            own = [part for _, part in zip(range(2 if letter == "T" else 1), parts, strict=False)]
            change: dict[str, Any] = {
                "path": patch.decode_path(paths[-1]),
                "status": STATUS[letter],
                "old_path": patch.decode_path(paths[0]) if len(paths) == 2 else None,
                "hunks": tuple(hunk for part in own for hunk in part.hunks),
                "binary": any(part.binary for part in own),
                "old_id": old_id if old_id.strip("0") else None,
                "new_id": new_id if new_id.strip("0") else None,
                "old_mode": old_mode if old_mode.strip("0") else None,
                "new_mode": new_mode if new_mode.strip("0") else None,
            }
            files.append(FileChange(**change))
    return tuple(sorted(files, key=lambda change: change.path))


def _raw_entries(output: bytes) -> list[tuple[str, str, str, str, str, list[bytes]]]:
    """Return one tuple per file of a raw listing."""
    entries = []
    position = 0
    while output[position : position + 1] == b":":
        end = output.index(b"\0", position)
        old_mode, new_mode, old_id, new_id, letter = output[position + 1 : end].decode("ascii").split(" ")
        paths = []
        for _ in range(2 if letter[0] in "RC" else 1):
            start = end + 1
            end = output.index(b"\0", start)
            paths.append(output[start:end])
        entries.append((old_mode, new_mode, old_id, new_id, letter[0], paths))
        position = end + 1
    return entries


def _require(repository: git.Repo, name: str, complaint: str) -> None:
    try:
        run(repository, "cat-file", "-e", f"{name}^{{tree}}")
    except DiffError as error:
        raise DiffError(complaint, hint=DEEPEN) from error
