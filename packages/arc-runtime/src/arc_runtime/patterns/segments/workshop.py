"""Makes segments: where, by whom, and what becomes of the files.

Small ones are built here, in memory. Large ones are built by a child process into a private folder and mapped; the file
loses its name at once, so that nothing is left on disk whatever happens to this process, and forked workers share it.
"""

import itertools
import os
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Callable, Iterable, Iterator, List, Optional, Sequence

from arc_runtime.patterns.segments import child, layout
from arc_runtime.patterns.segments.builder import Builder
from arc_runtime.patterns.segments.records import Record, write_record
from arc_runtime.patterns.segments.segment import Segment

SMALL_ROWS = 4096
"""Up to so many patterns no process is started: a build of them takes about as long as the start of a Python."""
_SLICE_S = 0.0005
_REST_S = 0.001
"""After each slice of a build the thread sleeps, so that others need not wait for the interpreter's switch interval."""


class Workshop:
    """Builds segments from spools and segments."""

    def __init__(self, cache_dir: Optional[str] = None, processes: bool = True, rest: bool = True) -> None:
        """Prepare. rest: False builds without a pause, for programs that do nothing else meanwhile."""
        self._rest = rest
        self._parent = cache_dir
        self.processes = processes and child.is_possible()
        self._folders: List[Path] = []
        self._process = os.getpid()

    def folder(self) -> Path:
        """Return a new private folder."""
        if self._parent is not None:
            Path(self._parent).mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="arc-patterns-", dir=self._parent))
        self._folders.append(made)
        return made

    def build_small(self, records: Iterable[Record]) -> Segment:
        """Build in memory."""
        spool = BytesIO()
        for record in records:
            write_record(spool, record)
        output = BytesIO()
        _run(Builder(memoryview(spool.getvalue()), time.time()), output, self._rest)
        return Segment(layout.read(memoryview(output.getvalue()), "segment"))

    def merge(self, records: Iterable[Record], count: int, merged: Sequence[Segment]) -> Segment:
        """Build from records and the live rows of segments."""
        if count + sum(map(len, merged)) <= SMALL_ROWS:
            return self.build_small([*records, *_live_records(merged)])
        spool = self.spooled(itertools.chain(records, _live_records(s for s in merged if s.descriptor < 0)))
        return self.build(spool, [segment for segment in merged if segment.descriptor >= 0])

    def spooled(self, records: Iterable[Record]) -> Path:
        """Write records to a new spool, letting other threads in between."""
        spool = self.folder() / "spool"
        try:
            with spool.open("wb") as stream:
                for number, record in enumerate(records):
                    write_record(stream, record)
                    if number % 16 == 0:
                        time.sleep(0)
        except BaseException:  # a pattern that is refused, a disk that is full
            self.remove(spool)
            raise
        return spool

    def build_all(self, records: Iterable[Record], segments: Sequence[Segment], target: Path) -> None:
        """Write records and the live rows of segments into a file that stays."""
        spool = self.spooled(itertools.chain(records, _live_records(s for s in segments if s.descriptor < 0)))
        try:
            self.build_file(spool, target, [segment for segment in segments if segment.descriptor >= 0])
        finally:
            self.remove(spool)

    def build(self, spool: Path, sources: Iterable[Segment] = ()) -> Segment:
        """Build from a spool, which is removed, and the live rows of segments that are files."""
        target = spool.parent / "segment"
        try:
            self.build_file(spool, target, sources)
            return open_segment(target)
        finally:
            self.remove(spool, target)

    def build_file(self, spool: Path, target: Path, sources: Iterable[Segment] = ()) -> None:
        """Build a file that stays."""
        now_s = time.time()
        inputs = [child.Source(segment.descriptor, tuple(segment.dead)) for segment in sources]
        if not (self.processes and child.build(spool, inputs, target, now_s)):
            self._build_here(spool, inputs, target, now_s)

    def _build_here(self, spool: Path, inputs: List[child.Source], target: Path, now_s: float) -> None:
        with spool.open("ab") as stream:
            for source in inputs:
                child.copy_live_rows(stream, layout.map_descriptor(source.descriptor), source.dead, now_s)
        with spool.open("rb") as stream:
            view = layout.map_descriptor(stream.fileno())
        with target.open("wb") as output:
            _run(Builder(view, now_s), output, self._rest)

    def remove(self, *paths: Path) -> None:
        """Remove files, and their folder once it is empty."""
        for path in paths:
            try:
                path.unlink()
            except OSError:  # not made, or still mapped on a system that then keeps names
                continue
        folder = paths[0].parent
        if folder in self._folders and not any(folder.iterdir()):
            folder.rmdir()
            self._folders.remove(folder)

    def close(self) -> None:
        """Remove what could not be removed earlier."""
        for folder in list(self._folders):
            if folder.is_dir() and os.getpid() == self._process:  # in a fork, they are the parent's
                self.remove(*(folder / name for name in ("spool", "segment")))


def open_segment(path: Path) -> Segment:
    """Map a segment file, checked. Raises PatternError for one that is damaged, OSError for none."""
    view, descriptor = layout.map_file(path)
    try:
        segment = Segment(layout.read(view, str(path)), lambda: os.close(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    segment.descriptor = descriptor
    return segment


def _live_records(segments: Iterable[Segment]) -> Iterator[Record]:
    now_s = time.time()
    for segment in segments:
        rows = segment.rows
        for row in range(rows.count):
            if row not in segment.dead and rows.expires[row] > now_s:
                yield rows.record(row)


def _run(builder: Builder, output: BinaryIO, rest: bool, sleep: Callable[[float], None] = time.sleep) -> None:
    started_s = time.perf_counter()
    for _ in builder.build(output):
        if rest and time.perf_counter() - started_s > _SLICE_S:
            sleep(_REST_S)
            started_s = time.perf_counter()
