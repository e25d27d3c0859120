"""Patterns that share a key, arranged by what they ask beyond it.

direct     nothing more: the best ones are the answer
line       ranges on one number: painted
boxes      ranges on several numbers: a tree of cells
tried      anything else, or too few to be worth more: tried in rank order, within a budget
"""

from array import array
from typing import Any, Callable, Dict, Generator, List, NamedTuple, Sequence, Set, Tuple

from arc_runtime.fixes.paths import Path
from arc_runtime.fixes.values import is_number
from arc_runtime.patterns.segments.boxes import Tree
from arc_runtime.patterns.segments.hashing import value_bytes
from arc_runtime.patterns.segments.painted import Interval, Line, Ranges
from arc_runtime.patterns.segments.records import Record
from arc_runtime.patterns.segments.requests import pinned_positions

DIRECT, LINE, BOXES, TRIED = range(4)
ROW_FLAG = 1 << 31
"""Set in a table entry that is a row and not a cluster."""
SMALL = 3
"""Clusters of so many patterns are tried: cheaper than any structure."""
_MAX_DIMENSIONS = 4
_RANGES = frozenset((">", ">=", "<", "<=", "between"))


class Need(NamedTuple):
    """What a row asks beyond its key."""

    kind: int
    paths: Tuple[Path, ...]
    """The numbers it limits; or, for one that is tried, the key without which it cannot hold, if there is one."""
    ranges: Tuple[Interval, ...]


def need_of(record: Record) -> Need:
    """Return how a record is found inside a cluster."""
    pinned = set(pinned_positions(record))
    others = [parts for number, parts in enumerate(record.conditions) if number not in pinned]
    if len(pinned) < len(record.signature):
        return Need(TRIED, (), ())
    ranges: Dict[Path, Interval] = {}
    for path, operator, operand in others:
        if operator not in _RANGES or not _is_exact(operand):
            return Need(TRIED, _needed_key(others), ())
        interval = ranges.get(path, Interval())
        if operator == "between":
            interval = interval.narrowed(">=", operand[0]).narrowed("<=", operand[1])
        else:
            interval = interval.narrowed(operator, operand)
        ranges[path] = interval
    if len(ranges) > _MAX_DIMENSIONS:
        return Need(TRIED, _needed_key(others), ())
    paths = tuple(sorted(ranges, key=repr))
    return Need(min(len(paths), BOXES), paths, tuple(ranges[path] for path in paths))


def _is_exact(operand: Any) -> bool:
    """Return whether the numbers survive being stored as doubles."""
    numbers = operand if isinstance(operand, (list, tuple)) else [operand]
    return all(is_number(n) and (isinstance(n, float) or abs(n) <= 1 << 53) for n in numbers)


def _needed_key(others: Sequence[Tuple[Path, str, Any]]) -> Tuple[Path, ...]:
    """Return one key of the body that must be there for the conditions to hold; rarely used ones first."""
    needed = [
        path[0]
        for path, operator, operand in others
        if (operator, operand) not in (("missing", True), ("exists", False))
    ]
    keys = sorted(str(key) for key in needed if str(key)[:1] != "$" and key not in _EVERYWHERE)
    return ((keys[0],),) if keys else ()


_EVERYWHERE = frozenset(("messages", "model", "input", "max_tokens", "stream"))
"""Keys that most requests have: asking for them tells no patterns apart."""


class Clusters:
    """The columns of all clusters of a segment while it is built."""

    def __init__(self, record: Callable[[int], Record]) -> None:
        self._record = record
        self.fields: List[Tuple[Path, ...]] = []
        """What parts ask for: a number's path, the paths of a box, a key that is needed; or nothing."""
        self._field_numbers: Dict[Tuple[Path, ...], int] = {}
        self._parts = array("I", [0])
        self._part: Dict[str, Any] = {
            "part_kind": array("B"),
            "part_field": array("H"),
            "part_rows": array("I"),
            "part_data": array("I"),
            "part_end": array("I"),  # of a line, its end; of boxes, where their edges begin
        }
        self._rows = array("I")
        self._line = Line()
        self._tree = Tree()

    def add(self, rows: Sequence[int]) -> Generator[None, None, int]:
        """Add the rows of one key, best first, and return what the table says of the key."""
        if len(rows) == 1:
            return rows[0] | ROW_FLAG
        if len(rows) <= SMALL:
            yield from self._add_part(TRIED, (), rows, Ranges())
        else:
            yield from self._arrange(rows)
        self._parts.append(len(self._part["part_kind"]))
        return len(self._parts) - 1

    def _arrange(self, rows: Sequence[int]) -> Generator[None, None, None]:
        groups: Dict[Tuple[int, Tuple[Path, ...]], Tuple[array[int], Ranges]] = {}
        common: Set[Any] = set()
        for number, row in enumerate(rows):
            record = self._record(row)
            need = need_of(record)
            keys = {tuple(map(value_bytes, key)) for key in record.keys}
            common = keys if number == 0 else common & keys
            found = groups.setdefault((need.kind, need.paths), (array("I"), Ranges()))
            found[0].append(row)
            found[1].append(need.ranges)
            if number % 32 == 0:
                yield
        if self._record(rows[0]).keys and not common:  # different values with one 64-bit hash: each is tried
            yield from self._add_part(TRIED, (), rows, Ranges())
            return
        for (kind, paths), (members, ranges) in groups.items():
            small = kind in (LINE, BOXES) and len(members) <= SMALL
            yield from self._add_part(TRIED if small else kind, () if small else paths, members, ranges)

    def _add_part(
        self, kind: int, paths: Tuple[Path, ...], rows: Sequence[int], ranges: Ranges
    ) -> Generator[None, None, None]:
        part = self._part
        part["part_kind"].append(kind)
        part["part_rows"].append(len(self._rows))
        self._rows.extend(rows)
        part["part_field"].append(self._field(paths))
        if kind == LINE:
            part["part_data"].append(len(self._line.values))
            yield from self._line.paint(ranges, rows)
        elif kind == BOXES:
            part["part_data"].append(len(self._tree.dimensions))
            part["part_end"].append(len(self._tree.edges))
            yield from self._tree.plant(ranges.edges, len(paths))
        else:
            part["part_data"].append(0)
        if kind != BOXES:
            part["part_end"].append(len(self._line.values))

    def _field(self, paths: Tuple[Path, ...]) -> int:
        if paths not in self._field_numbers:
            self._field_numbers[paths] = len(self.fields)
            self.fields.append(paths)
        return self._field_numbers[paths]

    def columns(self) -> Dict[str, Any]:
        """Return all columns, each with an end after its last entry."""
        self._part["part_rows"].append(len(self._rows))
        line, tree = self._line, self._tree
        line.starts.append(len(line.rows))
        return {
            **self._part,
            "cluster_parts": self._parts,
            "rows": self._rows,
            "line_values": line.values,
            "line_sides": line.sides,
            "line_starts": line.starts,
            "line_rows": line.rows,
            "tree_dimensions": tree.dimensions,
            "tree_splits": tree.splits,
            "tree_left": tree.left,
            "tree_right": tree.right,
            "tree_entries": tree.entries,
            "tree_edges": tree.edges,
        }
