"""Builds a segment in a process of its own, so that the application's threads keep their interpreter.

The child is a fresh Python (never a fork of a program with threads). It reads what to do from its standard input, is
polite to the application (`nice`), and ends by itself when its parent does.
"""

import marshal
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from arc_runtime.patterns.segments import layout
from arc_runtime.patterns.segments.builder import Builder
from arc_runtime.patterns.segments.records import NEVER, write_record
from arc_runtime.patterns.segments.rows import Rows

TIMEOUT_S = 900.0
"""A build that takes longer is ended, and done in slices here."""
_NICENESS = 5
_LET_GO_EVERY = 16_384
"""Rows copied, after which the pages of their segment are given back."""
_START = (
    "import marshal, sys; job = marshal.load(sys.stdin.buffer); sys.path[:] = job['path']; "
    "from arc_runtime.patterns.segments.child import work; work(job)"
)


class Source(NamedTuple):
    """A segment whose live rows go into another."""

    descriptor: int
    dead: Tuple[int, ...]


def is_possible() -> bool:
    """Return whether this program's executable is a Python that a child can be made of."""
    name = Path(sys.executable).name.lower() if sys.executable else ""
    return os.name == "posix" and name.startswith(("python", "pypy")) and not getattr(sys, "frozen", False)


def build(spool: Path, sources: List[Source], target: Path, now_s: float) -> bool:
    """Build ``target`` from a spool and segments; return whether a child could do it."""
    job: Dict[str, Any] = {
        "path": [entry for entry in sys.path if isinstance(entry, str)],
        "spool": str(spool),
        "sources": [(source.descriptor, source.dead) for source in sources],
        "target": str(target),
        "now_s": now_s,
        "parent": os.getpid(),
    }
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[source.descriptor for source in sources],
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        process.communicate(marshal.dumps(job), timeout=TIMEOUT_S)
    except (subprocess.TimeoutExpired, OSError):
        return False
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return process.returncode == 0


def work(job: Mapping[str, Any]) -> None:
    """Do what a parent asked for. Runs in the child."""
    os.nice(_NICENESS)
    spool = Path(job["spool"])
    with spool.open("ab") as stream:
        for descriptor, dead in job["sources"]:
            copy_live_rows(stream, layout.map_descriptor(descriptor), dead, job["now_s"])
    with spool.open("rb") as stream:
        view = layout.map_descriptor(stream.fileno())
    target = Path(job["target"])
    with target.open("wb") as output:
        for number, _ in enumerate(Builder(view, job["now_s"]).build(output)):
            if number % 256 == 0 and os.getppid() != job["parent"]:
                _tidy(spool, target)
                sys.exit(1)


def copy_live_rows(stream: Any, view: memoryview, dead: Any, now_s: float) -> None:
    """Append the patterns of a mapped segment that are neither withdrawn nor expired to a spool."""
    rows, gone = Rows(layout.read(view, "segment")), frozenset(dead)
    for row in range(rows.count):
        expires: float = rows.expires[row]
        if row not in gone and (expires == NEVER or expires > now_s):
            write_record(stream, rows.record(row))
        if row % _LET_GO_EVERY == 0:
            layout.let_go(view)


def _tidy(*paths: Optional[Path]) -> None:
    """Remove what an orphan leaves, its folder included."""
    for path in paths:
        if path is not None and path.exists():
            path.unlink()
    if paths[0] is not None and not any(paths[0].parent.iterdir()):
        paths[0].parent.rmdir()
