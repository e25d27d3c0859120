"""Finds the patterns that a request matches, without trying them all.

    tables     what is few or fresh, in dictionaries
    segments   what is many, in columns of files or memory

A reader holds one snapshot for the whole of a match and takes no lock; a change makes another snapshot.
"""

import contextlib
from operator import itemgetter
from time import perf_counter_ns, time
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from arc_runtime.fixes.paths import Path
from arc_runtime.model import Call
from arc_runtime.patterns.facts import Facts
from arc_runtime.patterns.index.deadline import SIMILAR_NS, Deadline, OutOfTime
from arc_runtime.patterns.index.tables import EMPTY, MAX_MATCHES, Ranked, Tables
from arc_runtime.patterns.pattern import TEXT_OPERATIONS, Pattern

_by_rank = itemgetter(0)


class PatternIndex:
    """An immutable set of patterns."""

    def __init__(
        self,
        tables: Tables = EMPTY,
        segments: Sequence[Any] = (),
        next_order: int = 0,
        epoch: int = 0,
        clock: Callable[[], float] = time,
        stopped: Optional[Dict[str, int]] = None,
    ) -> None:
        self.tables = tables
        self.segments: Tuple[Any, ...] = tuple(segments)
        self.next_order = next_order
        self.epoch = epoch
        """Withdrawals from segments up to here are seen by this snapshot."""
        self.clock = clock
        self.stopped: Dict[str, int] = {} if stopped is None else stopped
        """How often a budget or the deadline ended a search, by stage; one count for all snapshots."""
        self._seeds: Dict[Path, int] = {}
        self._expires = tables.traits.next_expiry_s != float("inf")
        self._similar = bool(tables.loose.similar) or any(segment.alike is not None for segment in segments)
        self._empty = not tables.by_id and not segments
        self._facts = tables.traits.uses_facts or bool(segments)
        self._any_operation = tables.traits.names_operation or any(segment.names_operation for segment in segments)

    def __len__(self) -> int:
        return len(self.tables.by_id) + sum(len(segment) - len(segment.dead) for segment in self.segments)

    def __contains__(self, pattern_id: str) -> bool:
        return pattern_id in self.tables.by_id or self._row(pattern_id) is not None

    def match(self, call: Call, facts: Optional[Facts] = None) -> Tuple[Any, ...]:
        """Return the patterns whose conditions all hold, best rank first, at most MAX_MATCHES."""
        if self._empty:
            return ()
        generates_text = call.operation in TEXT_OPERATIONS
        if not generates_text and not self._any_operation:
            return ()
        if self._facts and facts is None:
            facts = Facts(call, call.body)
        hits: List[Any] = []
        now_s = self.clock() if self._expires else 0.0
        try:
            self.tables.collect(call, call.body, facts, now_s, hits)
        except OutOfTime as over:
            self._count(f"deadline.{over.stage}")
            return ()
        if self.segments:
            self._collect_segments(call, facts, generates_text, hits)
        if not hits:
            return self._most_alike(call, facts) if self._similar else ()
        if len(hits) > 1:
            hits.sort(key=_by_rank)
        return tuple([pattern for _, pattern in hits[:MAX_MATCHES]])

    def stages_us(self, call: Call, facts: Facts) -> Dict[str, float]:
        """Return how long each stage of a match takes for a request, in microseconds: done again, one by one."""
        from arc_runtime.patterns.segments.requests import Request

        generates_text = call.operation in TEXT_OPERATIONS
        request = Request(call, facts, self._seeds, self.clock(), {})
        stages: Dict[str, Callable[[], Any]] = {
            "tables": lambda: self.tables.collect(call, call.body, facts, request.now_s, []),
            "keys": lambda: [s.collect_keys(request, self.epoch, generates_text, []) for s in self.segments],
            "text": lambda: [s.collect_texts(request, self.epoch, generates_text, []) for s in self.segments],
            "similar": lambda: self._most_alike(call, facts) if self._similar else (),
        }
        found: Dict[str, float] = {}
        for name, run in stages.items():
            started_ns = perf_counter_ns()
            with contextlib.suppress(OutOfTime):
                run()
            found[f"match.{name}"] = (perf_counter_ns() - started_ns) / 1e3
        return found

    def _count(self, stage: str) -> None:
        self.stopped[stage] = self.stopped.get(stage, 0) + 1

    def _collect_segments(self, call: Call, facts: Any, generates_text: bool, hits: List[Any]) -> None:
        from arc_runtime.patterns.segments.requests import Request

        request = Request(call, facts, self._seeds, self.clock(), self.stopped)
        try:
            for segment in self.segments:
                segment.collect(request, self.epoch, generates_text, hits)
        except OutOfTime as over:
            request.stop(f"deadline.{over.stage}")
            hits.clear()

    def _most_alike(self, call: Call, facts: Any) -> Tuple[Any, ...]:
        """Return the pattern for the prompt most like this one, less sure by how unlike it is."""
        from arc_runtime.patterns.segments.requests import Request

        text = facts["$prompt"]
        if not isinstance(text, str) or call.operation not in TEXT_OPERATIONS:
            return ()
        request = Request(call, facts, self._seeds, self.clock(), self.stopped)
        request.deadline = Deadline(SIMILAR_NS)
        try:
            found = [self.tables.most_alike(call, facts, request.now_s, request.deadline)]
            found += [segment.most_alike(text, request, self.epoch) for segment in self.segments]
        except OutOfTime as over:
            request.stop(f"deadline.{over.stage}")
            return ()
        best = max([pair for pair in found if pair], key=itemgetter(0), default=None)
        return () if best is None else (best[1],)

    def near(self, call: Call) -> Iterator[Any]:
        """Return patterns that may be close to a request: the fresh ones, and those of segments that share its keys."""
        from arc_runtime.patterns.segments.requests import Request

        for ranked in self.tables.by_id.values():
            yield ranked.pattern
        request = (
            Request(call, Facts(call, call.body), self._seeds, self.clock(), self.stopped) if self.segments else None
        )
        for segment in self.segments:
            yield from segment.near(request, self.epoch)

    def patterns(self) -> List[Any]:
        """Return all patterns, best rank first."""
        found: List[Any] = list(self.tables.by_id.values())
        for segment in self.segments:
            found.extend(segment.patterns(self.epoch))
        return [pattern for _, pattern in sorted(found, key=_by_rank)]

    def changed(self, added: Iterable[Pattern] = (), removed: Iterable[str] = ()) -> "PatternIndex":
        """Return a new index; an added id replaces the pattern of that id and keeps its place in line.

        Raises PatternError when too many patterns pin nothing; this index stays as it was, always. Of two indexes
        made from one that has segments, only the later may be used.
        """
        next_order = self.next_order
        orders: Dict[str, int] = {}
        gone = list(removed)
        ranked: List[Ranked] = []
        for pattern in added:
            order = orders.get(pattern.pattern_id)
            if order is None:
                old = self.order_of(pattern.pattern_id) if pattern.pattern_id not in gone else None
                order = next_order if old is None else old
                next_order += old is None
            orders[pattern.pattern_id] = order
            ranked.append(Ranked((-pattern.priority, order), pattern))
        tables = self.tables.edited(ranked, gone)
        epoch = self.epoch
        for pattern_id in (*gone, *orders) if self.segments else ():
            found = self._row(pattern_id)
            if found is not None:
                epoch = self.epoch + 1
                found[0].dead[found[1]] = epoch
        return PatternIndex(tables, self.segments, next_order, epoch, self.clock, self.stopped)

    def reserved(self, count: int) -> "PatternIndex":
        """Return the same patterns with places in line kept free for ``count`` more."""
        return PatternIndex(self.tables, self.segments, self.next_order + count, self.epoch, self.clock, self.stopped)

    def rearranged(self, tables: Tables, segments: Sequence[Any], gone: Iterable[Tuple[Any, int]]) -> "PatternIndex":
        """Return patterns in other tables and segments, without the rows that are gone."""
        epoch = self.epoch + 1
        for segment, row in gone:
            segment.dead.setdefault(row, epoch)
        return PatternIndex(tables, segments, self.next_order, epoch, self.clock, self.stopped)

    def order_of(self, pattern_id: str) -> Optional[int]:
        """Return the place in line of a pattern, None where there is none of this id."""
        ranked = self.tables.by_id.get(pattern_id)
        if ranked is not None:
            return ranked.rank[1]
        found = self._row(pattern_id)
        return None if found is None else int(found[0].rows.hit(found[1])[0][1])

    def _row(self, pattern_id: str) -> Optional[Tuple[Any, int]]:
        for segment in self.segments:
            row = segment.rows.find(pattern_id)
            if row is not None and segment.dead.get(row, self.epoch + 1) > self.epoch:
                return segment, row
        return None
