"""What is changed in the working tree and not committed, untracked files included."""

import hashlib
import os
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import git

from arc_sim.diff import git as gitdiff
from arc_sim.diff import serialize
from arc_sim.diff.patch import decode_path
from arc_sim.errors import DiffError
from arc_sim.model import Diff, FileChange, Hunk

CHUNK_BYTES = 1024 * 1024


def read_worktree(revision: str, repo: Path) -> Diff:
    """Return what the working tree changes since a revision; ``head_commit`` is empty, as there is no such commit.

    Files that git ignores are left out. Raises DiffError as ``read_diff`` does.
    """
    with closing(gitdiff.open_repository(repo)) as repository:
        if repository.working_tree_dir is None:
            raise DiffError(f"{repo} is a bare repository", hint="it has no working tree")
        root = Path(repository.working_tree_dir)
        base = gitdiff.resolve(repository, revision)
        changed = gitdiff.changes_between(repository, "diff-index", base, "--", before=_without_filters(repository))
        found = [_with_id(change, root, len(base)) for change in changed]
        known = {change.path for change in found}
        found += [change for change in _untracked(repository, root, len(base)) if change.path not in known]
    files = tuple(sorted((f for f in found if f.old_id != f.new_id or f.old_mode != f.new_mode), key=lambda f: f.path))
    if not files:
        raise DiffError(f"the working tree is as {revision}", hint="change a file, or give --range")
    timestamp = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Diff(base, "", files, serialize.diff_hash(files), timestamp)


def worktree_files(repository: git.Repo) -> list[bytes]:
    """Return the paths of all files that are tracked, or new and not ignored."""
    listed = gitdiff.run(repository, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--full-name")
    return sorted(set(filter(None, listed.split(b"\0"))))


def blob_id(path: Path, length: int) -> str:
    """Return the object name that git would give a file, read in pieces. length: of the repository's names."""
    digest = hashlib.sha1(usedforsecurity=False) if length == 40 else hashlib.sha256()
    if path.is_symlink():
        target = os.fsencode(path.readlink())
        digest.update(b"blob %d\0" % len(target) + target)
        return digest.hexdigest()
    with path.open("rb") as stream:
        digest.update(b"blob %d\0" % os.fstat(stream.fileno()).st_size)
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _without_filters(repository: git.Repo) -> tuple[str, ...]:
    """Return the options that keep git from running the programs of content filters."""
    try:
        listed = gitdiff.run(repository, "config", "--name-only", "-z", "--get-regexp", r"^filter\.")
    except DiffError:
        return ()  # there are none
    names = {raw.decode("utf-8", "replace").rpartition(".")[0] for raw in filter(None, listed.split(b"\0"))}
    keys = [(name, key) for name in sorted(names) for key in ("clean=", "smudge=", "process=", "required=false")]
    return tuple(word for name, key in keys for word in ("-c", f"{name}.{key}"))


def _with_id(change: FileChange, root: Path, length: int) -> FileChange:
    if change.new_id is not None or change.status == "deleted" or change.new_mode == "160000":
        return change
    try:
        return replace(change, new_id=blob_id(root / change.path, length))
    except OSError:
        return change


def _untracked(repository: git.Repo, root: Path, length: int) -> list[FileChange]:
    found = []
    listed = gitdiff.run(repository, "ls-files", "--others", "--exclude-standard", "-z", "--full-name")
    for raw in filter(None, listed.split(b"\0")):
        path = root / os.fsdecode(raw)
        if raw.endswith(b"/") or not (path.is_symlink() or path.is_file()):
            continue
        lines, binary = (1, False) if path.is_symlink() else _lines(path)
        mode = "120000" if path.is_symlink() else "100755" if os.access(path, os.X_OK) else "100644"
        hunks = (Hunk(0, 0, 1, lines),) if lines and not binary else ()
        change = FileChange(decode_path(raw), "added", None, hunks, binary, None, blob_id(path, length), None, mode)
        found.append(change)
    return found


def _lines(path: Path) -> tuple[int, bool]:
    """Return the number of lines, and whether git would call the file binary."""
    lines, last, binary = 0, b"\n", False
    with path.open("rb") as stream:
        first = True
        while chunk := stream.read(CHUNK_BYTES):
            binary = binary or (first and b"\0" in chunk[:8000])
            lines += chunk.count(b"\n")
            first, last = False, chunk[-1:]
    return lines + (last != b"\n"), binary
