"""The working tree as a revision of its own, with git's names for its files, so that nothing is read twice."""

import os
from pathlib import Path

from arc_sim.causal.tree import MAX_FILE_BYTES
from arc_sim.diff.git import open_repository
from arc_sim.diff.patch import decode_path
from arc_sim.diff.worktree import blob_id, worktree_files
from arc_sim.errors import DiffError

NAME_LENGTH = 40


class WorkTree:
    """The files that are tracked, or new and not ignored, as they are on disk. Symbolic links are left out."""

    def __init__(self, repo: Path) -> None:
        self._repository = open_repository(repo)
        if self._repository.working_tree_dir is None:
            raise DiffError(f"{repo} is a bare repository", hint="it has no working tree")
        root = Path(self._repository.working_tree_dir)
        self._files: dict[str, Path] = {}
        for raw in worktree_files(self._repository):
            path = root / os.fsdecode(raw)
            if not path.is_symlink() and path.is_file() and not _behind_link(root, path):
                self._files[decode_path(raw)] = path
        self._ids: dict[str, str] = {}
        self._paths = tuple(sorted(self._files))

    def paths(self) -> tuple[str, ...]:
        """Return all paths, sorted."""
        return self._paths

    def content_id(self, path: str) -> str | None:
        """Return the name that git would give the content."""
        if path not in self._files:
            return None
        if path not in self._ids:
            self._ids[path] = blob_id(self._files[path], NAME_LENGTH)
        return self._ids[path]

    def size(self, path: str) -> int:
        """Return the size of the file."""
        return self._files[path].stat().st_size

    def read(self, path: str) -> bytes:
        """Return the content; raises ValueError when it is too large or has gone."""
        if self.size(path) > MAX_FILE_BYTES:
            raise ValueError(f"larger than {MAX_FILE_BYTES // 2**20} MiB")
        try:
            return self._files[path].read_bytes()
        except OSError as error:
            raise ValueError(error.strerror or "it cannot be read") from error

    def close(self) -> None:
        """Release the repository."""
        self._repository.close()


def _behind_link(root: Path, path: Path) -> bool:
    parent = path.parent
    while parent not in (root, parent.parent):
        if parent.is_symlink():
            return True
        parent = parent.parent
    return False
