"""Builds a segment from records: sorts, groups by key, paints. Runs in a child process, or here in small slices.

Every step is a generator that yields now and then: a child runs through, a thread of the application's process
sleeps in between, so that nobody waits for the interpreter.
"""

import json
from array import array
from io import BytesIO
from typing import Any, BinaryIO, Dict, Iterator, List, NamedTuple, Sequence, Tuple

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
_LET_GO_EVERY = 16_384
"""Records read, after which the pages of the spool are given back: it is read in order, most of it once."""


class _Shape(NamedTuple):
    """What patterns of one form share: paths and operators, and which of the conditions the key pins."""

    parts: Tuple[Tuple[Path, str], ...]
    pinned: Tuple[int, ...]
    names_operation: bool


class _Pairs(NamedTuple):
    """Hashes of keys, and what they lead to: a row, or an entry of the table."""

    keys: "array[int]"
    numbers: "array[int]"


def _no_pairs() -> _Pairs:
    return _Pairs(array("Q"), array("I"))


class Builder:
    """Makes one segment of a spool of records."""

    def __init__(self, spool: memoryview, now_s: float) -> None:
        self._spool = spool
        self._now_s = now_s
        self._shapes: Dict[_Shape, int] = {}
        self._signatures: Dict[Tuple[Tuple[Path, ...], bool], int] = {}
        self._seeds: Dict[Path, int] = {}
        self._pairs: List[_Pairs] = []
        """Per signature: key hash and row."""
        self._reads = 0
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
        self._distinct: Dict[str, Tuple[layout.Blobs, Dict[int, int]]] = {
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
        table = _no_pairs()
        for number in range(len(self._pairs)):
            yield from self._group(number, self._pairs[number], clusters, table)
            self._pairs[number] = _no_pairs()
        columns: Dict[str, Any] = dict(self._columns)
        columns.update(self._ids.columns("id"))
        columns.update(self._operands.columns("operands"))
        for name, (blobs, _) in self._distinct.items():
            columns.update(blobs.columns(name))
        columns.update(clusters.columns())
        yield
        columns["keys"], columns["values"] = layout.open_table(*table)
        yield
        gate_facts, columns["gate"] = make_gate(table.keys)
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
        return self._read(self._offsets[row])

    def _read(self, offset: int) -> Record:
        self._reads += 1
        if self._reads % _LET_GO_EVERY == 0:
            layout.let_go(self._spool)
        return read_record(self._spool, offset)

    def _sort(self) -> Iterator[None]:
        """Put the offsets in rank order; of two records of one id the later stays, at the place of the earlier."""
        offsets = array("Q", record_offsets(self._spool))
        yield
        slots = array("I", bytes(4 * layout.table_size(len(offsets))))
        kept, names, priorities, orders = array("Q"), array("Q"), array("i"), array("Q")
        for number, offset in enumerate(offsets):
            record = self._read(offset)
            name = text_hash(record.pattern_id)
            slot = name & len(slots) - 1
            while slots[slot] and not self._is_named(record, name, slots[slot] - 1, names, kept):
                slot = (slot + 1) & len(slots) - 1
            if slots[slot]:
                kept[slots[slot] - 1], priorities[slots[slot] - 1] = offset, record.priority
            else:
                kept.append(offset)
                names.append(name)
                priorities.append(record.priority)
                orders.append(record.order)
                slots[slot] = len(kept)
            if number % _PAUSE_EVERY == 0:
                yield
        del offsets, slots, names
        ranked = sorted(range(len(kept)), key=lambda number: (-priorities[number] << 64) + orders[number])
        yield
        self._orders = array("Q", (orders[number] for number in ranked))
        self._offsets = array("Q", (kept[number] for number in ranked))

    def _is_named(self, record: Record, name: int, other: int, names: Sequence[int], kept: Sequence[int]) -> bool:
        return names[other] == name and self._read(kept[other]).pattern_id == record.pattern_id

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
            self._pairs.append(_no_pairs())
        for key in {key_hash(record.signature, key, self._seed) for key in record.keys or ((),)}:
            self._pairs[signature].keys.append(key)
            self._pairs[signature].numbers.append(row)

    def _number(self, name: str, content: bytes) -> int:
        """Return the number of a text that is kept once. Two texts of one hash: the second is kept each time."""
        blobs, known = self._distinct[name]
        hashed = layout.bytes_hash(content)
        number = known.get(hashed)
        if number is None or blobs.get(number) != content:
            number = known[hashed] = blobs.add(content)
        return number

    def _seed(self, path: Path) -> int:
        if path not in self._seeds:
            self._seeds[path] = path_seed(path)
        return self._seeds[path]

    def _group(self, signature: int, pairs: _Pairs, clusters: Clusters, table: _Pairs) -> Iterator[None]:
        """Add one table entry per key: the row itself, or the number of its cluster."""
        salt = signature_salt(signature)
        keys, rows = pairs
        numbers = array("I", sorted(range(len(keys)), key=keys.__getitem__))  # rows of one key stay in rank order
        yield
        found = array("I")
        for place, number in enumerate(numbers, 1):
            found.append(rows[number])
            if place == len(numbers) or keys[numbers[place]] != keys[number]:
                table.keys.append(keys[number] ^ salt)
                table.numbers.append((yield from clusters.add(found)))
                found = array("I")

    def _id_table(self) -> "array[int]":
        size = layout.table_size(len(self._offsets))
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
