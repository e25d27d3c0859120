"""What changed between two commits."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Hunk:
    """One changed block; line numbers are 1-based, as in a unified diff."""

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int


@dataclass(frozen=True)
class FileChange:
    """One changed file. Paths are relative to the repository, with forward slashes."""

    path: str
    """Path at head; for a deleted file its path at base."""
    status: Literal["added", "modified", "deleted", "renamed", "copied", "type_changed"]
    old_path: str | None = None
    """Path at base, when it differs."""
    hunks: tuple[Hunk, ...] = ()
    binary: bool = False
    old_id: str | None = None
    """Object name of the content at base; None when there was none or the diff does not say."""
    new_id: str | None = None
    """The same at head; ``sha256:`` + digest of the file's part of the patch when the diff came as a patch."""
    old_mode: str | None = None
    """Git's mode at base, for example ``100644``, or ``160000`` for a submodule."""
    new_mode: str | None = None
    """The same at head."""


@dataclass(frozen=True)
class Diff:
    """What changed between two commits."""

    base_commit: str
    """Full object name, or empty when the diff came from a file that does not say."""
    head_commit: str
    files: tuple[FileChange, ...]
    diff_hash: str
    """``sha256:`` + 64 hex digits over canonical JSON without the timestamp."""
    timestamp: str
    """ISO 8601, UTC: when the diff was taken."""
