"""Owns the patterns of a process: takes additions at once, and rearranges them behind the back of those who match.

Every change publishes another snapshot by one assignment. What is added stays in dictionaries; once that is much, a
thread turns it into a segment, and merges segments that have become comparable in size.
"""

import itertools
import logging
import threading
from array import array
from pathlib import Path
from time import monotonic
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, overload

from arc_runtime import guard
from arc_runtime.locks import ForkSafeLock
from arc_runtime.patterns.index.snapshot import PatternIndex
from arc_runtime.patterns.index.tables import Ranked
from arc_runtime.patterns.pattern import Pattern

MAX_FRESH = 1024
"""Patterns in dictionaries before they become a segment."""
MAX_CLUSTER = 64
"""Patterns in dictionaries that one key may have: each is tried."""
MAX_SMALL_BULK = 2048
"""Patterns registered at once that are compiled into memory; more are spooled to a file."""
_MERGE_RATIO = 4
"""A segment is merged with what is at least a quarter of its size."""
_BULK_ORDERS = 1 << 32

_logger = logging.getLogger(__name__)


class PatternStore:
    """The mutable owner of a `PatternIndex`. Methods may be called from any thread."""

    def __init__(
        self,
        publish: Callable[[PatternIndex], None],
        cache_dir: Optional[str] = None,
        processes: bool = True,
        background: bool = True,
    ) -> None:
        """Start empty.

        publish: called with every new snapshot, under a lock.   cache_dir: where files of large sets are made; the
        system's temporary folder by default.   processes: False builds in slices here.   background: False leaves
        `compact` to the caller.
        """
        self.index = PatternIndex()
        self._publish = publish
        self.cache_dir = cache_dir
        self._processes = processes
        self._background = background
        self._lock = ForkSafeLock()
        self._rearranging = ForkSafeLock()
        self._workshop: Any = None
        self._thread: Optional[threading.Thread] = None
        self._closed = False
        self.merges = 0
        """Segments built so far."""
        self.build_s = 0.0
        """Seconds that the last build of many took, after they were spooled."""

    def change(self, added: Iterable[Pattern] = (), removed: Iterable[str] = ()) -> None:
        """Add and remove at once; the next match sees it. Raises PatternError, and then nothing has changed."""
        with self._lock:
            self._set(self.index.changed(added, removed))
        self._start_compaction()

    def remove(self, pattern_id: str) -> bool:
        """Withdraw one pattern; return whether it was there."""
        with self._lock:
            there = pattern_id in self.index
            if there:
                self._set(self.index.changed(removed=[pattern_id]))
            return there

    def register(self, patterns: Iterable[Pattern]) -> Sequence[str]:
        """Add what an iterator gives, all or none, in bounded memory; return the ids in its order."""
        iterator = iter(patterns)
        first = list(itertools.islice(iterator, MAX_SMALL_BULK))
        if len(first) < MAX_SMALL_BULK:
            self.change(first)
            return [pattern.pattern_id for pattern in first]
        return self._register_many(itertools.chain(first, iterator))

    def load(self, path: str) -> int:
        """Map a segment file that was built before; return how many patterns it has.

        Raises PatternError for a file that is damaged or of another version.
        """
        from arc_runtime.patterns.segments.workshop import open_segment

        with self._rearranging:
            segment = open_segment(Path(path))
            with self._lock:
                before = self.index
                self._set(before.reserved(segment.rows.next_order))
            segment.rows.first_order = before.next_order
            self._add_segment(segment)
        return len(segment)

    def build(self, path: str) -> int:
        """Write all patterns into one file, for `load`; return how many they are."""
        with self._rearranging:
            index = self.index
            self._made_workshop().build_all(_records(index.tables.by_id.values()), index.segments, Path(path))
        return len(index)

    def compact(self, everything: bool = False) -> None:
        """Turn what is in dictionaries into a segment, and merge segments of comparable size (or all)."""
        with self._rearranging:
            self._compact(everything)

    def health(self) -> Dict[str, Any]:
        """Return its state as plain values."""
        index = self.index
        stopped: Dict[str, int] = dict(index.stopped)
        return {
            "patterns": len(index),
            "fresh": len(index.tables.by_id),
            "segments": [len(segment) for segment in index.segments],
            "withdrawn": sum(len(segment.dead) for segment in index.segments),
            "merges": self.merges,
            "gate_opened": sum(segment.gate_opened for segment in index.segments),
            "gate_erred": sum(segment.gate_erred for segment in index.segments),
            "stopped": stopped,
        }

    def close(self) -> None:
        """Stop rearranging and give files back. Idempotent; readers keep the snapshot that they hold."""
        self._closed = True
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5.0)
        if self._workshop is not None:
            self._workshop.close()

    def _set(self, index: PatternIndex) -> None:
        self.index = index
        self._publish(index)

    def _made_workshop(self) -> Any:
        if self._workshop is None:
            from arc_runtime.patterns.segments.workshop import Workshop

            self._workshop = Workshop(self.cache_dir, self._processes, rest=self._background)
        return self._workshop

    def _register_many(self, patterns: Iterator[Pattern]) -> Sequence[str]:
        from arc_runtime.patterns.segments.records import record_of

        with self._rearranging:
            with self._lock:
                before = self.index
                self._set(before.reserved(_BULK_ORDERS))
            order = before.next_order
            known = len(before) > 0
            ids = Ids()

            def records() -> Iterator[Any]:
                for number, pattern in enumerate(patterns):
                    old = before.order_of(pattern.pattern_id) if known else None
                    ids.append(pattern.pattern_id)
                    yield record_of(pattern, order + number if old is None else old)

            workshop = self._made_workshop()
            spool = workshop.spooled(records())
            started_s = monotonic()
            self._add_segment(workshop.build(spool))
            self.build_s = monotonic() - started_s
        return ids

    def _add_segment(self, segment: Any) -> None:
        """Publish a segment whose patterns replace those with the same id."""
        replaced = [(other, row) for other in self.index.segments for row in _rows_in_both(other, segment)]
        with self._lock:
            index = self.index
            gone = [pattern_id for pattern_id in index.tables.by_id if segment.rows.find(pattern_id) is not None]
            self._set(index.rearranged(index.changed(removed=gone).tables, (*index.segments, segment), replaced))
        self.merges += 1

    def _start_compaction(self) -> None:
        tables = self.index.tables
        if not self._background or self._closed:
            return
        if len(tables.by_id) > MAX_FRESH or tables.traits.largest > MAX_CLUSTER:
            thread = self._thread
            if thread is None or not thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="arc-patterns", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closed:
            tables = self.index.tables
            if len(tables.by_id) <= MAX_FRESH and tables.traits.largest <= MAX_CLUSTER:
                return
            before = len(tables.by_id)
            guard.run("patterns.compact", None, self.compact)
            if len(self.index.tables.by_id) >= before:
                return  # nothing could be moved

    def _compact(self, everything: bool) -> None:
        index = self.index
        fresh = [ranked for ranked in index.tables.by_id.values() if ranked.pattern.fix_spec is not None]
        merged = _comparable(index.segments, len(fresh), everything)
        if not fresh and not merged:
            return
        dead = [dict(segment.dead) for segment in merged]
        workshop = self._made_workshop()
        segment = workshop.merge(_records(fresh), len(fresh), merged)
        missed = [
            segment.rows.find(source.rows.pattern_id(row))
            for source, before in zip(merged, dead)
            for row in list(source.dead)
            if row not in before
        ]
        with self._lock:
            now = self.index
            moved = [ranked.pattern.pattern_id for ranked in fresh if _is_same(now, ranked)]
            missed += [segment.rows.find(r.pattern.pattern_id) for r in fresh if not _is_same(now, r)]
            kept = tuple(other for other in now.segments if other not in merged)
            gone = [(segment, row) for row in missed if row is not None]
            self._set(now.rearranged(now.tables.edited((), moved), (*kept, segment), gone))
        self.merges += 1


class Ids(Sequence[str]):
    """Many ids in little memory."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._starts = array("Q", [0])

    def append(self, pattern_id: str) -> None:
        """Add one at the end."""
        self._data += pattern_id.encode("utf-8", "surrogatepass")
        self._starts.append(len(self._data))

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> List[str]: ...
    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        number = range(len(self))[place]
        return self._data[self._starts[number] : self._starts[number + 1]].decode("utf-8", "surrogatepass")


def _records(fresh: Iterable[Ranked]) -> Iterator[Any]:
    from arc_runtime.patterns.segments.records import record_of

    return (record_of(ranked.pattern, ranked.rank[1]) for ranked in fresh)


def _rows_in_both(old: Any, new: Any) -> Iterator[int]:
    """Return the rows of an old segment whose pattern is in the new one as well; looks up the fewer in the more."""
    if len(old) <= len(new):
        for row in range(len(old)):
            if new.rows.find(old.rows.pattern_id(row)) is not None:
                yield row
    else:
        for row in range(len(new)):
            found = old.rows.find(new.rows.pattern_id(row))
            if found is not None:
                yield found


def _comparable(segments: Sequence[Any], count: int, everything: bool) -> List[Any]:
    """Return the segments to merge with so many new patterns: the smallest first, while they are comparable."""
    merged: List[Any] = []
    for segment in sorted(segments, key=len):
        if not everything and len(segment) > _MERGE_RATIO * max(count, MAX_FRESH):
            break
        merged.append(segment)
        count += len(segment) - len(segment.dead)
    return merged if everything or count else []


def _is_same(index: PatternIndex, ranked: Ranked) -> bool:
    return index.tables.by_id.get(ranked.pattern.pattern_id) is ranked
