"""A Diff as JSON and back, and the hash of its content."""

import hashlib
from dataclasses import asdict
from typing import Any, cast

from arc_common.canonical import canonical_bytes
from arc_sim.diff.fields import Fields
from arc_sim.errors import DiffError
from arc_sim.model import Diff, FileChange, Hunk

FORMAT = "arc.diff/v1"
"""Value of ``format`` in the JSON."""

STATUSES = ("added", "modified", "deleted", "renamed", "copied", "type_changed")
MAX_FILES = 200_000
"""A diff with more files is refused: no service graph tells anything about it. A decision, not a measurement."""


def to_dict(diff: Diff) -> dict[str, Any]:
    """Return the diff as plain JSON values; ``from_dict`` reads it back."""
    return {
        "format": FORMAT,
        "base_commit": diff.base_commit,
        "head_commit": diff.head_commit,
        "files": [_file_to_dict(change) for change in diff.files],
        "diff_hash": diff.diff_hash,
        "timestamp": diff.timestamp,
    }


def from_dict(value: dict[str, Any]) -> Diff:
    """Return the diff that ``to_dict`` wrote.

    Raises DiffError, naming the place, for wrong types, impossible values, and a hash that is not the content's.
    """
    fields = Fields(value, "")
    entries = fields.items("files")
    if len(entries) > MAX_FILES:
        raise DiffError(f"the diff names {len(entries)} files", hint=f"at most {MAX_FILES} can be read")
    files = tuple(_file_from(Fields(entry, f"files[{index}]")) for index, entry in enumerate(entries))
    computed = diff_hash(files)
    stated = fields.text("diff_hash", default=computed)
    if stated != computed:
        raise DiffError("diff_hash is not the hash of these files", hint="the file was edited or cut; make it again")
    return Diff(
        base_commit=fields.text("base_commit", default=""),
        head_commit=fields.text("head_commit", default=""),
        files=files,
        diff_hash=computed,
        timestamp=fields.text("timestamp", default=""),
    )


def diff_hash(files: tuple[FileChange, ...]) -> str:
    """Return ``sha256:`` + hex digest of the RFC 8785 form of what changed, whatever the order given.

    Commits and timestamp are left out: the same change hashes the same wherever and whenever it is taken.
    Where object names say what the content is, hunks add nothing but the settings of whoever made the diff.
    """
    ordered = sorted((_to_hash(change) for change in files), key=lambda entry: (entry["path"], entry["status"]))
    return "sha256:" + hashlib.sha256(canonical_bytes({"format": FORMAT, "files": ordered})).hexdigest()


def _file_to_dict(change: FileChange) -> dict[str, Any]:
    entry = asdict(change)
    entry["hunks"] = [list(asdict(hunk).values()) for hunk in change.hunks]
    return {key: value for key, value in entry.items() if value not in (None, [], False)}


def _to_hash(change: FileChange) -> dict[str, Any]:
    entry = _file_to_dict(change)
    if change.old_id or change.new_id:
        entry.pop("hunks", None)
        entry.pop("binary", None)
    return entry


def _file_from(fields: Fields) -> FileChange:
    status = fields.text("status", default="modified")
    if status not in STATUSES:
        raise fields.wrong("status", f"one of {', '.join(STATUSES)}")
    return FileChange(
        path=fields.path("path") or "",
        status=cast(Any, status),
        old_path=fields.path("old_path", optional=True),
        hunks=tuple(_hunk_from(fields, index, hunk) for index, hunk in enumerate(fields.items("hunks", optional=True))),
        binary=fields.flag("binary"),
        old_id=fields.optional_text("old_id"),
        new_id=fields.optional_text("new_id"),
        old_mode=fields.optional_text("old_mode"),
        new_mode=fields.optional_text("new_mode"),
    )


def _hunk_from(fields: Fields, index: int, value: object) -> Hunk:
    if isinstance(value, dict):
        value = [value.get(key) for key in ("old_start", "old_lines", "new_start", "new_lines")]
    good = isinstance(value, list) and len(value) == 4
    if not good or not all(type(number) is int and 0 <= number < 2**53 for number in cast("list[Any]", value)):
        raise fields.wrong(f"hunks[{index}]", "four line numbers of at least 0")
    return Hunk(*cast("list[int]", value))
