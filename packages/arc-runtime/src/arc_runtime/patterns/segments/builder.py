"""Builds a segment from records: sorts, groups by key, paints. Runs in a child process, or here in small slices.

Every step is a generator that yields now and then: a child runs through, a thread of the application's process
sleeps in between, so that nobody waits for the interpreter.
"""

import json
from array import array
from io import BytesIO
from typing import Any, BinaryIO, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from arc_runtime.fixes.paths import Path
from arc_runtime.patterns.searches.arrange import Searches
from arc_runtime.patterns.segments import layout
from arc_runtime.patterns.segments.clusters import Clusters
from arc_runtime.patterns.segments.gate import make_gate
from arc_runtime.patterns.segments.hashing import path_seed, signature_salt, text_hash
from arc_runtime.patterns.segments.records import NEVER, Record, read_record, record_offsets, write_record
from arc_runtime.patterns.segments.requests import key_hash, pinned_positions

ROW_BITS = 31
"""A segment holds at most two thousand million rows; the bit above marks a table entry that is a row."""
_PAUSE_EVERY = 32


class _Shape(NamedTuple):
    """What patterns of one form share: paths and operators, and which of the conditions the key pins."""

    parts: Tuple[Tuple[Path, str], ...]
    pinned: Tuple[int, ...]
    names_operation: bool


class Builder:
    """Makes one segment of a spool of records."""

    def __init__(self, spool: memoryview, now_s: float) -> None:
        self._spool = spool
        self._now_s = now_s
        self._shapes: Dict[_Shape, int] = {}
        self._signatures: Dict[Tuple[Tuple[Path, ...], bool], int] = {}
        self._seeds: Dict[Path, int] = {}
        self._pairs: List[List[Tuple[int, int]]] = []
        """Per signature: key hash and row."""
        self._columns: Dict[str, Any] = {
            "priority": array("i"),
            "order": array("Q"),
            "expires": array("d"),
            "confidence": array("d"),
            "shape": array("H"),
            "fix": array("I"),
            "notes": array("I"),
        }
        self._ids, self._operands = layout.Blobs(), layout.Blobs()
        self._distinct: Dict[str, Tuple[layout.Blobs, Dict[bytes, int]]] = {
            "fixes": (layout.Blobs(), {}),
            "notes_text": (layout.Blobs(), {}),
        }
        self._offsets = array("Q")
        """Of each row, where its record is in the spool."""
        self._next_expiry_s = NEVER
        self._searches = Searches()

    def build(self, target: BinaryIO) -> Iterator[None]:
        """Write the segment; yields now and then."""
        yield from self._sort()
        for row in range(len(self._offsets)):
            self._add_row(row, self.record(row))
            if row % _PAUSE_EVERY == 0:
                yield
        clusters = Clusters(self.record)
        table: List[Tuple[int, int]] = []
        for number, pairs in enumerate(self._pairs):
            yield from self._group(number, pairs, clusters, table)
        self._pairs = []
        columns: Dict[str, Any] = dict(self._columns)
        columns.update(self._ids.columns("id"))
        columns.update(self._operands.columns("operands"))
        for name, (blobs, _) in self._distinct.items():
            columns.update(blobs.columns(name))
        columns.update(clusters.columns())
        yield
        columns["keys"], columns["values"] = layout.open_table(table)
        yield
        gate_facts, columns["gate"] = make_gate([key for key, _ in table])
        yield
        columns["id_slots"] = self._id_table()
        yield
        yield from self._searches.build()
        columns.update(self._searches.columns())
        facts = {
            "rows": len(self._offsets),
            "next_order": max(self._orders, default=-1) + 1,
            "next_expiry_s": None if self._next_expiry_s == NEVER else self._next_expiry_s,
            "shapes": [[s.parts, s.pinned, s.names_operation] for s in self._shapes],
            "signatures": [[paths, names] for paths, names in self._signatures],
            "fields": clusters.fields,
            "gate": gate_facts,
            "searches": self._searches.facts(),
        }
        layout.write(target, facts, columns)

    def record(self, row: int) -> Record:
        """Return the record of a row."""
        return read_record(self._spool, self._offsets[row])

    def _sort(self) -> Iterator[None]:
        """Put the offsets in rank order; of two records of one id the later stays, at the place of the earlier."""
        found: List[Tuple[int, int, int]] = []
        place: Dict[int, int] = {}
        for number, offset in enumerate(record_offsets(self._spool)):
            record = read_record(self._spool, offset)
            name = text_hash(record.pattern_id)
            before = place.get(name)
            if before is not None and read_record(self._spool, found[before][2]).pattern_id == record.pattern_id:
                found[before] = (-record.priority, found[before][1], offset)
            else:
                place[name] = len(found)
                found.append((-record.priority, record.order, offset))
            if number % _PAUSE_EVERY == 0:
                yield
        del place
        found.sort()
        yield
        self._orders = array("Q", (order for _, order, _ in found))
        self._offsets = array("Q", (offset for _, _, offset in found))

    def _add_row(self, row: int, record: Record) -> None:
        shape = _Shape(
            tuple((path, operator) for path, operator, _ in record.conditions),
            pinned_positions(record),
            record.names_operation,
        )
        columns = self._columns
        columns["shape"].append(self._shapes.setdefault(shape, len(self._shapes)))
        columns["priority"].append(record.priority)
        columns["order"].append(self._orders[row])
        columns["expires"].append(record.expires_at_s)
        columns["confidence"].append(record.confidence)
        columns["fix"].append(self._number("fixes", record.fix.encode("ascii")))
        columns["notes"].append(self._number("notes_text", record.notes.encode("ascii")))
        self._next_expiry_s = min(self._next_expiry_s, record.expires_at_s)
        self._ids.add(record.pattern_id.encode("utf-8", "surrogatepass"))
        operands = json.dumps([operand for _, _, operand in record.conditions], separators=(",", ":"))
        self._operands.add(operands.encode("ascii"))
        if self._searches.take(row, record):
            return
        signature = self._signatures.setdefault((record.signature, record.names_operation), len(self._signatures))
        if signature == len(self._pairs):
            self._pairs.append([])
        for key in {key_hash(record.signature, key, self._seed) for key in record.keys or ((),)}:
            self._pairs[signature].append((key, row))

    def _number(self, name: str, content: bytes) -> int:
        blobs, known = self._distinct[name]
        number = known.get(content)
        if number is None:
            number = known[content] = blobs.add(content)
        return number

    def _seed(self, path: Path) -> int:
        if path not in self._seeds:
            self._seeds[path] = path_seed(path)
        return self._seeds[path]

    def _group(
        self, signature: int, pairs: List[Tuple[int, int]], clusters: Clusters, table: List[Tuple[int, int]]
    ) -> Iterator[None]:
        """Add one table entry per key: the row itself, or the number of its cluster."""
        salt = signature_salt(signature)
        pairs.sort()
        yield
        rows: List[int] = []
        current: Optional[int] = None
        for key, row in pairs:
            if key != current and current is not None:
                table.append((current ^ salt, (yield from clusters.add(rows))))
                rows = []
            current = key
            rows.append(row)
        if current is not None:
            table.append((current ^ salt, (yield from clusters.add(rows))))

    def _id_table(self) -> "array[int]":
        size = 8
        while size < len(self._offsets) * 3 // 2 + 2:
            size *= 2
        slots = array("I", bytes(4 * size))
        data, starts = self._ids.data, self._ids.starts
        for row in range(len(self._offsets)):
            slot = layout.bytes_hash(bytes(data[starts[row] : starts[row + 1]])) & (size - 1)
            while slots[slot]:
                slot = (slot + 1) & (size - 1)
            slots[slot] = row + 1
        return slots


def build_in_one_go(records: Sequence[Record], target: BinaryIO, now_s: float) -> None:
    """Build a small segment at once."""
    spool = BytesIO()
    for record in records:
        write_record(spool, record)
    for _ in Builder(memoryview(spool.getvalue()), now_s).build(target):
        pass
