"""The patch part of a diff, read line by line: its size does not matter, only the number of hunks does."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import git

from arc_sim.diff.patch import HUNK
from arc_sim.errors import DiffError
from arc_sim.model import Hunk

LINE_BYTES = 65_536
"""More of one line is never held."""


@dataclass
class Part:
    """The patch of one file."""

    hunks: list[Hunk] = field(default_factory=list)
    binary: bool = False


def read_parts(lines: Iterator[bytes]) -> Iterator[Part]:
    """Yield one part for each ``diff --git`` in a patch without context, in its order."""
    part: Part | None = None
    left = 0
    for line in lines:
        if left > 0:
            left -= line[:1] in (b"-", b"+")
        elif line.startswith(b"diff --git "):
            if part is not None:
                yield part
            part = Part()
        elif part is not None:
            left = _take(line, part)
    if part is not None:
        yield part


def _take(line: bytes, part: Part) -> int:
    """Take one line of a header and return how many lines of a hunk follow."""
    if line.startswith(b"Binary files "):
        part.binary = True
    if not line.startswith(b"@@ "):
        return 0
    match = HUNK.match(line)
    if match is None:
        raise DiffError(f"git printed no hunk header: {line[:40]!r}")
    old_start, old_lines, new_start, new_lines = (1 if n is None else int(n) for n in match.groups())
    part.hunks.append(Hunk(old_start, old_lines, new_start, new_lines))
    return old_lines + new_lines


def lines_of(stream: "IO[bytes]") -> Iterator[bytes]:
    """Yield the lines of a stream; of one that is longer than the limit its beginning."""
    is_start = True
    while line := stream.readline(LINE_BYTES):
        if is_start:
            yield line
        is_start = line.endswith(b"\n")


@contextlib.contextmanager
def output_of(repository: git.Repo, command: list[str], environment: dict[str, str]) -> Iterator["IO[bytes]"]:
    """Give what a git command prints while it runs; raises DiffError when it fails."""
    found: Any = repository.git.execute(command, as_process=True, env=environment)
    process, found.proc = found.proc, None  # the wrapper would kill the process when it is collected
    try:
        yield process.stdout
        with contextlib.suppress(ValueError):
            process.stdout.read(1)
    finally:
        process.stdout.close()
        error = process.stderr.read(4096)
        process.stderr.close()
        code = process.wait()
    if code:
        raise DiffError(next(iter(error.decode("utf-8", "replace").splitlines()), "git failed")[:300])
