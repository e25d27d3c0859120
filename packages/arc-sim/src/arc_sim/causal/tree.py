"""The files of one revision, read without a checkout."""

import hashlib
from pathlib import Path
from typing import Protocol

from arc_sim.diff.git import BlobReader, open_repository, run
from arc_sim.diff.patch import decode_path
from arc_sim.errors import DiffError

MAX_FILE_BYTES = 1024 * 1024
"""Larger files are not read. A decision: no manifest and no code written by people is larger."""

MAX_FILES = 300_000
"""A directory with more files is cut there."""


class Tree(Protocol):
    """The regular files of one revision. Symbolic links and submodules are left out, so nothing can loop."""

    def paths(self) -> tuple[str, ...]:
        """Return all paths with forward slashes, sorted."""

    def content_id(self, path: str) -> str | None:
        """Return a name that is equal exactly when the content is equal; None when there is no such file."""

    def size(self, path: str) -> int:
        """Return the size in bytes; raises KeyError when there is no such file."""

    def read(self, path: str) -> bytes:
        """Return the content; raises KeyError when there is no such file, ValueError when it is too large."""

    def close(self) -> None:
        """Release what reading needed. May be called twice."""


class GitTree:
    """The tree of a commit, straight from git's objects."""

    def __init__(self, repo: Path, commit: str) -> None:
        self._repository = open_repository(repo)
        self._blobs = BlobReader(self._repository)
        if not commit or commit.startswith("-"):
            raise DiffError(f"not a commit: {commit!r}")
        self._entries: dict[str, tuple[str, int]] = {}
        listing = run(self._repository, "ls-tree", "-r", "-z", "-l", "--full-tree", commit)
        for line in filter(None, listing.split(b"\0")):
            head, _, path = line.partition(b"\t")
            mode, kind, name, size = head.decode("ascii").split()
            if kind == "blob" and mode != "120000":
                self._entries[decode_path(path)] = (name, int(size) if size.isdigit() else 0)
        self._paths = tuple(sorted(self._entries))

    @property
    def tree_id(self) -> bytes:
        """A digest of all paths with their object names: equal exactly when all files are."""
        found = hashlib.blake2b(digest_size=20)
        for path in self._paths:
            found.update(f"{self._entries[path][0]} {path}\0".encode())
        return found.digest()

    def paths(self) -> tuple[str, ...]:
        """Return all paths, sorted."""
        return self._paths

    def content_id(self, path: str) -> str | None:
        """Return the blob's object name."""
        entry = self._entries.get(path)
        return entry[0] if entry else None

    def size(self, path: str) -> int:
        """Return the blob's size."""
        return self._entries[path][1]

    def read(self, path: str) -> bytes:
        """Return the blob."""
        name, size = self._entries[path]
        _refuse_large(size)
        return self._blobs.read(name)

    def close(self) -> None:
        """End the reading process of git."""
        self._blobs.close()
        self._repository.close()


class DirectoryTree:
    """The files below a directory, for tests and for work that is not committed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        found: list[str] = []
        pending = [root]
        while pending and len(found) < MAX_FILES:
            for entry in sorted(pending.pop().iterdir()):
                if entry.is_symlink() or entry.name == ".git":
                    continue
                if entry.is_dir():
                    pending.append(entry)
                elif entry.is_file():
                    found.append(entry.relative_to(root).as_posix())
        self._paths = tuple(sorted(found))
        self._known = frozenset(found)

    def paths(self) -> tuple[str, ...]:
        """Return all paths, sorted."""
        return self._paths

    def content_id(self, path: str) -> str | None:
        """Return the digest of the content."""
        return hashlib.sha256((self._root / path).read_bytes()).hexdigest() if path in self._known else None

    def size(self, path: str) -> int:
        """Return the size of the file."""
        if path not in self._known:
            raise KeyError(path)
        return (self._root / path).stat().st_size

    def read(self, path: str) -> bytes:
        """Return the content of the file."""
        _refuse_large(self.size(path))
        return (self._root / path).read_bytes()

    def close(self) -> None:
        """Nothing is held open."""


class MemoryTree:
    """Files given as values: the fake of the contract, and what unit tests use."""

    def __init__(self, files: dict[str, str | bytes]) -> None:
        self._files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}

    def paths(self) -> tuple[str, ...]:
        """Return all paths, sorted."""
        return tuple(sorted(self._files))

    def content_id(self, path: str) -> str | None:
        """Return the digest of the content."""
        return hashlib.sha256(self._files[path]).hexdigest() if path in self._files else None

    def size(self, path: str) -> int:
        """Return the length."""
        return len(self._files[path])

    def read(self, path: str) -> bytes:
        """Return the content."""
        _refuse_large(self.size(path))
        return self._files[path]

    def close(self) -> None:
        """Nothing is held open."""


def _refuse_large(size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise ValueError(f"larger than {MAX_FILE_BYTES // 2**20} MiB")
