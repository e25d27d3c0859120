"""Reads a diff from a file: our JSON, the older ``{"files": [...]}``, or a unified patch."""

import json
from pathlib import Path
from typing import Any

from arc_sim.diff import patch, serialize
from arc_sim.errors import DiffError
from arc_sim.model import Diff

MAX_BYTES = 256 * 1024 * 1024
"""Largest file that is read. A decision: memory stays below 2 GB with Python's JSON values."""


def load_diff(path: Path) -> Diff:
    """Return the diff in a file.

    Raises DiffError, one line with the position, when it cannot be read, is cut, too large, or of the wrong shape.
    """
    content = _read(path)
    if not content.strip():
        raise DiffError(f"{path} is empty", hint="give our JSON, a list of files, or a unified patch")
    if content.lstrip()[:1] in (b"{", b"["):
        return _from_json(content, path)
    return _from_patch(content, path)


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise DiffError(f"{path}: no such file")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DiffError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise DiffError(f"{path} is larger than {MAX_BYTES // 2**20} MiB", hint="give --range instead")
    return content


def _from_json(content: bytes, path: Path) -> Diff:
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DiffError(f"{path}: byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise DiffError(f"{path}: {where}: {error.msg}", hint="the JSON is cut or broken") from error
    except (RecursionError, ValueError) as error:
        raise DiffError(f"{path}: not a diff: {type(error).__name__}") from error
    try:
        return serialize.from_dict(_modern(value))
    except DiffError as error:
        raise DiffError(f"{path}: {error.message}", hint=error.hint) from error


def _modern(value: Any) -> Any:
    """Bring the older shape, whose files may be plain strings, to ours."""
    if not isinstance(value, dict) or not isinstance(value.get("files"), list) or value.get("format"):
        return value
    old_keys = {"filename": "path", "previous_filename": "old_path"}
    files = []
    for entry in value["files"]:
        if isinstance(entry, str):
            entry = {"path": entry}
        elif isinstance(entry, dict):
            entry = {old_keys.get(key, key): item for key, item in entry.items()}
            status = entry.get("status")
            if isinstance(status, str):
                entry["status"] = {"removed": "deleted", "changed": "modified"}.get(status, status)
        files.append(entry)
    return {**value, "files": files}


def _from_patch(content: bytes, path: Path) -> Diff:
    try:
        files = patch.to_changes(patch.read_sections(content))
    except DiffError as error:
        raise DiffError(f"{path}: {error.message}", hint=error.hint) from error
    if not files:
        raise DiffError(f"{path}: line 1: neither JSON nor a unified patch", hint="no file header was found in it")
    return Diff("", "", files, serialize.diff_hash(files), "")
