"""Reads unified patch text: what ``git diff``, ``git format-patch`` or ``diff -ru`` print."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Literal

from arc_sim.diff.fields import is_repository_path
from arc_sim.errors import DiffError
from arc_sim.model import FileChange, Hunk

Status = Literal["added", "modified", "deleted", "renamed", "copied", "type_changed"]

HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
MODE = re.compile(rb"(old|new|deleted)(?: file)? mode (\d{6})$")
ESCAPE = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')
ESCAPES = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))
ABSENT = b"/dev/null"


@dataclass
class Section:
    """The part of a patch about one file, while it is read."""

    line: int
    old: bytes | None = None
    new: bytes | None = None
    status: Status = "modified"
    hunks: list[Hunk] = field(default_factory=list)
    binary: bool = False
    modes: dict[str, str] = field(default_factory=dict)
    body: list[bytes] = field(default_factory=list)
    named: bool = False
    """Its ``---`` line was seen, so that the next one begins another file."""


def read_sections(text: bytes) -> list[Section]:
    """Return the files of a patch in its order; raises DiffError with the line number where it is cut or broken."""
    lines = text.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    sections: list[Section] = []
    index = 0
    while index < len(lines):
        index = _read_line(lines, index, sections)
    return sections


def to_changes(sections: list[Section]) -> tuple[FileChange, ...]:
    """Return the sections as changes, with a digest of each file's part in place of an object name."""
    return tuple(_to_change(section) for section in sections)


def decode_path(raw: bytes) -> str:
    r"""Return a path as text; bytes that are not UTF-8 become ``\xNN``, so that it can be written as JSON."""
    return raw.decode("utf-8", "backslashreplace")


def _read_line(lines: list[bytes], index: int, sections: list[Section]) -> int:
    """Read one line or one whole hunk and return the index of the next line."""
    line = lines[index]
    if line.startswith(b"diff --git "):
        sections.append(Section(line=index + 1))
        _set_git_names(sections[-1], line[len(b"diff --git ") :])
    elif line.startswith(b"--- ") and index + 1 < len(lines) and lines[index + 1].startswith(b"+++ "):
        if not sections or sections[-1].named:
            sections.append(Section(line=index + 1))
        _set_names(sections[-1], line[4:], lines[index + 1][4:])
        return index + 2
    elif sections and line.startswith(b"@@ "):
        return _read_hunk(lines, index, sections[-1])
    elif sections:
        _read_header(line, sections[-1])
    return index + 1


def _read_header(line: bytes, section: Section) -> None:
    simple: dict[bytes, Status] = {
        b"new file mode ": "added",
        b"deleted file mode ": "deleted",
        b"rename from ": "renamed",
        b"copy from ": "copied",
    }
    for prefix, status in simple.items():
        if line.startswith(prefix):
            section.status = status
    mode = MODE.match(line)
    if mode is not None:
        section.modes[mode.group(1).decode()] = mode.group(2).decode()
    if line.startswith((b"rename from ", b"copy from ")):
        section.old = _unquote(line.split(b" from ", 1)[1])
    elif line.startswith((b"rename to ", b"copy to ")):
        section.new = _unquote(line.split(b" to ", 1)[1])
    elif line.startswith((b"Binary files ", b"GIT binary patch")):
        section.binary = True
    if section.binary:
        section.body.append(line)


def _read_hunk(lines: list[bytes], index: int, section: Section) -> int:
    match = HUNK.match(lines[index])
    if match is None:
        raise DiffError(f"line {index + 1} of the patch: not a hunk header: {lines[index][:40]!r}")
    old_start, old_lines, new_start, new_lines = (1 if part is None else int(part) for part in match.groups())
    section.hunks.append(Hunk(old_start, old_lines, new_start, new_lines))
    section.body.append(b"@@")
    start, old_left, new_left = index, old_lines, new_lines
    index += 1
    while old_left > 0 or new_left > 0:
        if index >= len(lines):
            raise DiffError(f"line {start + 1} of the patch: its hunk is cut", hint="the patch is not complete")
        mark = lines[index][:1]
        if mark not in (b"-", b"+", b" ", b"", b"\\"):
            raise DiffError(f"line {index + 1} of the patch: not part of a hunk: {lines[index][:40]!r}")
        old_left -= mark in (b"-", b" ", b"")
        new_left -= mark in (b"+", b" ", b"")
        section.body.append(lines[index])
        index += 1
    return index


def _set_names(section: Section, old: bytes, new: bytes) -> None:
    names = [_unquote(name.split(b"\t")[0].rstrip(b"\r")) for name in (old, new)]
    section.named = True
    if names[0] == ABSENT:
        section.status = "added"
    elif names[1] == ABSENT:
        section.status = "deleted"
    elif section.status in ("renamed", "copied"):
        return
    strip = all(name == ABSENT or name[:2] in (b"a/", b"b/") for name in names)
    section.old, section.new = (None if n == ABSENT else (n[2:] if strip else n) for n in names)


def _set_git_names(section: Section, names: bytes) -> None:
    """Take the names from ``diff --git``, which matter only for changes that have no other line with a name."""
    if names.startswith(b'"'):
        parts = re.findall(rb'"((?:[^"\\]|\\.)*)"', names)
        found = [_unquote(b'"' + part + b'"') for part in parts]
    else:
        middle = len(names) // 2
        found = [names[:middle], names[middle + 1 :]]
    if len(found) == 2 and found[0][2:] == found[1][2:]:
        section.old = section.new = found[0][2:]


def _unquote(name: bytes) -> bytes:
    if not (len(name) >= 2 and name[:1] == name[-1:] == b'"'):
        return name
    return ESCAPE.sub(_unescape, name[1:-1])


def _unescape(match: "re.Match[bytes]") -> bytes:
    code = match.group(1)
    return bytes([int(code, 8) & 255 if len(code) == 3 else ESCAPES[code[0]]])


def _to_change(section: Section) -> FileChange:
    old, new = section.old, section.new
    raw = old if section.status == "deleted" else (new or old)
    path = decode_path(raw or b"")
    old_path = decode_path(old) if old is not None and old != raw else None
    if not is_repository_path(path) or (old_path is not None and not is_repository_path(old_path)):
        raise DiffError(f"line {section.line} of the patch: no path inside the repository: {path[:80]!r}")
    digest = "sha256:" + hashlib.sha256(b"\n".join(section.body)).hexdigest() if section.body else None
    return FileChange(
        path=path,
        status=section.status,
        old_path=old_path,
        hunks=tuple(section.hunks),
        binary=section.binary,
        new_id=digest,
        old_mode=section.modes.get("old") or section.modes.get("deleted"),
        new_mode=section.modes.get("new"),
    )
