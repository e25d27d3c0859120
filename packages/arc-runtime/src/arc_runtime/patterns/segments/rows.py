"""The patterns of a segment, read from its columns one row at a time."""

import itertools
import json
from json import scanner
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, cast

from arc_runtime.fixes.base import Fix
from arc_runtime.fixes.parse import parse_fix
from arc_runtime.fixes.paths import Path, read
from arc_runtime.model import MISSING, Call
from arc_runtime.patterns.conditions import Condition, make_condition
from arc_runtime.patterns.facts import Facts
from arc_runtime.patterns.pattern import TEXT_OPERATIONS
from arc_runtime.patterns.segments.layout import Content, bytes_hash
from arc_runtime.patterns.segments.records import NEVER, Parts, Record

MAX_DECODED = 4096
"""Fixes, and conditions of patterns that are tried, kept decoded per segment; then the memory is used anew."""
_scan: Any = cast(Any, scanner).make_scanner(json.JSONDecoder())


class Shape(NamedTuple):
    """What patterns of one form share."""

    parts: Tuple[Tuple[Path, str], ...]
    pinned: Tuple[int, ...]
    names_operation: bool


class Rows:
    """The columns that describe patterns; row numbers are in rank order."""

    def __init__(self, content: Content) -> None:
        columns = content.columns
        self.count: int = content.facts["rows"]
        self.next_expiry_s: float = content.facts["next_expiry_s"] or NEVER
        self.shapes = [
            Shape(tuple((tuple(path), operator) for path, operator in parts), tuple(pinned), names)
            for parts, pinned, names in content.facts["shapes"]
        ]
        self.priority, self.order = columns["priority"], columns["order"]
        self.expires, self.confidence = columns["expires"], columns["confidence"]
        self.shape, self.fix, self.notes = columns["shape"], columns["fix"], columns["notes"]
        self.first_order = 0
        """Added to all places in line: a file that is loaded stands behind what was there."""
        self.next_order: int = content.facts["next_order"]
        self._columns = columns
        self._fixes: Dict[int, Tuple[Fix, ...]] = {}
        self._conditions: Dict[int, Tuple[Condition, ...]] = {}

    def hit(self, row: int) -> "Tuple[Tuple[int, int], RowView]":
        """Return a pattern with its rank."""
        return (-self.priority[row], self.order[row] + self.first_order), RowView(self, row)

    def pattern_id(self, row: int) -> str:
        """Return the id of a pattern."""
        return self.blob("id", row).decode("utf-8", "surrogatepass")

    def operands(self, row: int) -> List[Any]:
        """Return the operands of its conditions."""
        operands: List[Any] = _scan(self.blob("operands", row).decode("ascii"), 0)[0]
        return operands

    def conditions(self, row: int) -> Tuple[Condition, ...]:
        """Return its conditions, ready to be tried."""
        found = self._conditions.get(row)
        if found is None:
            shape = self.shapes[self.shape[row]]
            found = tuple(
                [make_condition(path, name, value) for (path, name), value in zip(shape.parts, self.operands(row))]
            )
            if len(self._conditions) >= MAX_DECODED:
                self._conditions = {}
            self._conditions[row] = found
        return found

    def fixes(self, row: int) -> Tuple[Fix, ...]:
        """Return its fix; patterns with the same fix share it."""
        number = self.fix[row]
        found = self._fixes.get(number)
        if found is None:
            found = parse_fix(json.loads(self.blob("fixes", number)))
            if len(self._fixes) >= MAX_DECODED:
                self._fixes = {}
            self._fixes[number] = found
        return found

    def key_holds(self, row: int, body: Mapping[str, Any], facts: Any) -> bool:
        """Return whether the values in the request are those that the pattern pins: hashes alone prove nothing."""
        shape = self.shapes[self.shape[row]]
        if not shape.pinned:
            return True
        operands = self.operands(row)
        for number in shape.pinned:
            path, operator = shape.parts[number]
            if not make_condition(path, operator, operands[number]).test(value_at(path, body, facts), operands[number]):
                return False
        return True

    def holds(self, row: int, body: Mapping[str, Any], facts: Any) -> bool:
        """Return whether all conditions hold."""
        for path, _, operand, test, _ in self.conditions(row):  # noqa: SIM110 - half as long as a generator
            if not test(value_at(path, body, facts), operand):
                return False
        return True

    def record(self, row: int) -> Record:
        """Return a pattern as data."""
        shape = self.shapes[self.shape[row]]
        conditions: Tuple[Parts, ...] = tuple(
            (path, operator, operand) for (path, operator), operand in zip(shape.parts, self.operands(row))
        )
        return Record(
            self.pattern_id(row),
            self.priority[row],
            self.order[row] + self.first_order,
            self.confidence[row],
            self.expires[row],
            shape.names_operation,
            self.blob("fixes", self.fix[row]).decode("ascii"),
            self.blob("notes_text", self.notes[row]).decode("ascii"),
            conditions,
            tuple(conditions[number][0] for number in shape.pinned),
            _keys([conditions[number] for number in shape.pinned]),
        )

    def find(self, pattern_id: str) -> Optional[int]:
        """Return the row of an id."""
        content = pattern_id.encode("utf-8", "surrogatepass")
        slots = self._columns["id_slots"]
        mask = len(slots) - 1
        slot = bytes_hash(content) & mask
        while slots[slot]:
            if self.blob("id", slots[slot] - 1) == content:
                return int(slots[slot]) - 1
            slot = (slot + 1) & mask
        return None

    def blob(self, name: str, number: int) -> bytes:
        """Return one text of a column of texts."""
        starts = self._columns[f"{name}_starts"]
        return bytes(self._columns[f"{name}_data"][starts[number] : starts[number + 1]])


def _keys(pinned: Sequence[Parts]) -> Tuple[Tuple[Any, ...], ...]:
    choices = [operand if operator == "in" else [operand] for _, operator, operand in pinned]
    return tuple(itertools.product(*choices)) if choices else ()


def value_at(path: Path, body: Mapping[str, Any], facts: Any) -> Any:
    """Return the value at a path of the body, or a derived fact."""
    key: Any = path[0]
    if len(path) > 1:
        return read(body, path)
    return facts[key] if key[:1] == "$" else body.get(key, MISSING)


class RowView:
    """A pattern of a segment: what `Pattern` has, read when it is asked for."""

    __slots__ = ("row", "rows")

    def __init__(self, rows: Rows, row: int) -> None:
        self.rows = rows
        self.row = row

    @property
    def confidence(self) -> float:
        """How sure it is, in [0, 1]."""
        confidence: float = self.rows.confidence[self.row]
        return confidence

    @property
    def pattern_id(self) -> str:
        """Its id."""
        return self.rows.pattern_id(self.row)

    @property
    def priority(self) -> int:
        """Higher goes first."""
        return int(self.rows.priority[self.row])

    @property
    def fixes(self) -> Tuple[Fix, ...]:
        """Its operations, in order."""
        return self.rows.fixes(self.row)

    @property
    def fix_spec(self) -> Mapping[str, Any]:
        """Its fix as it was written."""
        spec: Mapping[str, Any] = json.loads(self.rows.blob("fixes", self.rows.fix[self.row]))
        return spec

    @property
    def conditions(self) -> Tuple[Condition, ...]:
        """What has to hold."""
        return self.rows.conditions(self.row)

    @property
    def names_operation(self) -> bool:
        """Whether it may apply to operations that generate no text."""
        return self.rows.shapes[self.rows.shape[self.row]].names_operation

    @property
    def expires_at_s(self) -> Optional[float]:
        """When it stops to match, None for never."""
        expires: float = self.rows.expires[self.row]
        return None if expires == NEVER else expires

    def matches(self, call: Call, body: Mapping[str, Any], facts: Any = None) -> bool:
        """Return whether every condition holds."""
        if not self.names_operation and call.operation not in TEXT_OPERATIONS:
            return False
        return self.rows.holds(self.row, body, Facts(call, body) if facts is None else facts)

    def _note(self, name: str, default: Any) -> Any:
        return json.loads(self.rows.blob("notes_text", self.rows.notes[self.row])).get(name, default)

    @property
    def risk(self) -> str:
        """The risk class of its fix."""
        return str(self._note("risk", ""))

    @property
    def tags(self) -> Tuple[str, ...]:
        """Words that people sort it by."""
        return tuple(self._note("tags", ()))

    @property
    def owner(self) -> str:
        """Who answers for it."""
        return str(self._note("owner", ""))

    @property
    def version(self) -> Any:
        """Which edition it is."""
        return self._note("version", "")

    @property
    def source(self) -> str:
        """Where the failure is described."""
        return str(self._note("source", ""))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowView) and (self.rows, self.row) == (other.rows, other.row)

    def __hash__(self) -> int:
        return hash((id(self.rows), self.row))

    def __repr__(self) -> str:
        return f"<pattern {self.pattern_id}>"


class AlikeView(RowView):
    """A pattern that was found by likeness, and is as sure as that."""

    __slots__ = ("_likeness",)

    def __init__(self, rows: Rows, row: int, likeness: float) -> None:
        super().__init__(rows, row)
        self._likeness = likeness

    @property
    def confidence(self) -> float:
        """How sure it is, in [0, 1]."""
        return super().confidence * self._likeness
