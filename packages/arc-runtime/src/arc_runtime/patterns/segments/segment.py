"""Reads one segment: key, cluster, pattern. No lock, no copy; the work per request does not grow with the segment."""

from bisect import bisect_left
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple

from arc_runtime.fixes.paths import Path
from arc_runtime.fixes.values import is_number
from arc_runtime.model import MISSING
from arc_runtime.patterns.searches.likeness import Alike
from arc_runtime.patterns.searches.needles import Needles
from arc_runtime.patterns.segments.boxes import entry, find_leaf, lies_in
from arc_runtime.patterns.segments.clusters import BOXES, DIRECT, LINE, ROW_FLAG
from arc_runtime.patterns.segments.gate import Gate
from arc_runtime.patterns.segments.hashing import signature_salt
from arc_runtime.patterns.segments.layout import Content
from arc_runtime.patterns.segments.painted import DEPTH, find_piece
from arc_runtime.patterns.segments.requests import Request
from arc_runtime.patterns.segments.rows import Rows, RowView

MAX_TRIED = 1024
"""Patterns of one cluster that are tried for one request; the deadline comes first where conditions are dear."""
MAX_VISITED = 256
"""Boxes compared with the numbers of one request: about 0.1 ms."""
MAX_SKIPPED = 256
"""Expired or withdrawn patterns that are passed over in one cluster before it is given up."""

Hit = Tuple[Tuple[int, int], Any]
"""Rank, and pattern."""


class Signature:
    """A set of pinned paths of a segment."""

    __slots__ = ("names_operation", "paths", "salt")

    def __init__(self, number: int, paths: Iterable[Any], names_operation: bool) -> None:
        self.paths: Tuple[Path, ...] = tuple(tuple(path) for path in paths)
        self.names_operation = names_operation
        self.salt = signature_salt(number)

    def key_of(self, request: Request) -> Optional[int]:
        """Return the key of the values in a request, None where one of them is missing."""
        key = self.salt
        for path in self.paths:
            hashed = request.hash(path)
            if hashed is None:
                return None
            key ^= hashed
        return key


class Tree:
    """The columns of the trees of boxes."""

    def __init__(self, columns: Dict[str, memoryview]) -> None:
        self.dimensions, self.splits = columns["tree_dimensions"], columns["tree_splits"]
        self.left, self.right, self.entries = columns["tree_left"], columns["tree_right"], columns["tree_entries"]
        self.edges = columns["tree_edges"]


class Segment:
    """An immutable set of patterns in columns. What was withdrawn since is in `dead`, and grows only."""

    def __init__(self, content: Content, close: Optional[Callable[[], None]] = None) -> None:
        columns = content.columns
        self.rows = Rows(content)
        self.dead: Dict[int, int] = {}
        """Row to the epoch from which on it is no more."""
        self.gate_opened = self.gate_erred = 0
        """How often the gate let a key in, and how often in vain; threads that meet may lose a count."""
        self.descriptor = -1
        """The open file, where there is one."""
        self._close = close
        self._signatures = [
            Signature(number, paths, names) for number, (paths, names) in enumerate(content.facts["signatures"])
        ]
        self._fields: List[Tuple[Path, ...]] = [
            tuple(tuple(path) for path in paths) for paths in content.facts["fields"]
        ]
        searches = content.facts["searches"]
        self.alike = Alike(content) if searches["similar"] else None
        self._needles = [Needles(content, number, path) for number, path in enumerate(searches["needles"])]
        self._gate = Gate(content.facts["gate"], columns["gate"])
        self._keys, self._values = columns["keys"], columns["values"]
        self._mask = len(self._keys) - 1
        self._parts, self._kinds = columns["cluster_parts"], columns["part_kind"]
        self._part_field, self._part_rows = columns["part_field"], columns["part_rows"]
        self._part_data, self._part_end = columns["part_data"], columns["part_end"]
        self._cluster_rows = columns["rows"]
        self._line_values, self._line_sides = columns["line_values"], columns["line_sides"]
        self._line_starts, self._line_rows = columns["line_starts"], columns["line_rows"]
        self.tree = Tree(columns)

    def __len__(self) -> int:
        return self.rows.count

    @property
    def names_operation(self) -> bool:
        """Whether any pattern may apply to operations that generate no text."""
        return any(shape.names_operation for shape in self.rows.shapes)

    def collect(self, request: Request, epoch: int, generates_text: bool, hits: List[Hit]) -> None:
        """Add the best patterns whose conditions all hold."""
        self.collect_keys(request, epoch, generates_text, hits)
        if self._needles:
            self.collect_texts(request, epoch, generates_text, hits)

    def collect_keys(self, request: Request, epoch: int, generates_text: bool, hits: List[Hit]) -> None:
        """Add what is found by its pinned values."""
        keys, values, mask = self._keys, self._values, self._mask
        for signature in self._signatures:
            if not generates_text and not signature.names_operation:
                continue
            key = signature.key_of(request)
            if key is None or not self._gate.may_hold(key):
                continue
            slot, there = key & mask, False
            while values[slot]:
                if keys[slot] == key:
                    there = True
                    self._collect_key(values[slot], request, epoch, hits)
                slot = (slot + 1) & mask
            self.gate_opened += 1
            self.gate_erred += not there
        request.deadline.check("keys")

    def collect_texts(self, request: Request, epoch: int, generates_text: bool, hits: List[Hit]) -> None:
        """Add patterns whose text occurs in the request, if their other conditions hold."""
        for needles in self._needles if generates_text else ():
            self._collect_texts(needles, request, epoch, hits)

    def _collect_texts(self, needles: Needles, request: Request, epoch: int, hits: List[Hit]) -> None:
        rows, whole = needles.search(request.value(needles.path))
        if not whole:
            request.stop("text")
        if needles.left_out:
            request.stop("text.short")
        if rows:
            self._try(sorted(rows), request, epoch, hits)
        request.deadline.check("text")

    def most_alike(self, text: str, request: Request, epoch: int) -> Optional[Tuple[float, Any]]:
        """Return the pattern whose prompt is most like a text, with the likeness."""
        if self.alike is None:
            return None

        def holds(row: int) -> bool:
            return self.is_live(row, request, epoch) and self.rows.holds(row, request.body, request.facts)

        return self.alike.best(text, self.rows, holds, request)

    def _collect_key(self, value: int, request: Request, epoch: int, hits: List[Hit]) -> None:
        if value & ROW_FLAG:
            self._try((value & ~ROW_FLAG,), request, epoch, hits)
            return
        parts = self._parts
        for part in range(parts[value - 1], parts[value]):
            kind = self._kinds[part]
            if kind == DIRECT:
                first = self._part_rows[part]
                found = self._cluster_rows[first : min(first + DEPTH, self._part_rows[part + 1])]
                self._take(part, found, request, epoch, hits)
            elif kind == LINE:
                self._collect_line(part, request, epoch, hits)
            elif kind == BOXES:
                self._collect_boxes(part, request, epoch, hits)
            else:
                self._collect_tried(part, request, epoch, hits)

    def _collect_line(self, part: int, request: Request, epoch: int, hits: List[Hit]) -> None:
        value = request.value(self._fields[self._part_field[part]][0])
        if not is_number(value):
            return
        first, end = self._part_data[part], self._part_end[part]
        piece = find_piece(self._line_values, self._line_sides, first, end, value)
        starts = self._line_starts
        self._take(part, self._line_rows[starts[piece] : starts[piece + 1]], request, epoch, hits)

    def _take(self, part: int, found: Any, request: Request, epoch: int, hits: List[Hit]) -> None:
        """Add rows that are known to hold, if the key is really theirs; pass over those that are no more."""
        if not len(found) or not self.rows.key_holds(found[0], request.body, request.facts):
            return
        rows = self.rows
        if not self.dead and rows.next_expiry_s > request.now_s:
            hits.extend(map(rows.hit, found))
            return
        live = [row for row in found if self.is_live(row, request, epoch)]
        hits.extend(map(rows.hit, live))
        if len(live) < len(found) == DEPTH:
            beyond = self._cluster_rows[self._part_rows[part] : self._part_rows[part + 1]]
            self._try(beyond, request, epoch, hits, found[len(found) - 1] + 1)

    def _collect_boxes(self, part: int, request: Request, epoch: int, hits: List[Hit]) -> None:
        point = [request.value(path) for path in self._fields[self._part_field[part]]]
        if not all(map(is_number, point)):
            return
        tree, first = self.tree, self._part_rows[part]
        start, end = find_leaf(tree, self._part_data[part], point)
        search = _BoxSearch(self, request, epoch, self._part_end[part])
        for number in range(start, end):
            box, covers = entry(tree.entries[number])
            search.visit(self._cluster_rows[first + box], box, covers, point, hits)
            if search.done:
                break
        if search.passed and search.found < DEPTH:
            beyond = self._cluster_rows[first : self._part_rows[part + 1]]
            self._try(beyond, request, epoch, hits, search.last + 1)

    def _collect_tried(self, part: int, request: Request, epoch: int, hits: List[Hit]) -> None:
        needed = self._fields[self._part_field[part]]
        if needed and request.value(needed[0]) is MISSING:
            return
        self._try(self._cluster_rows[self._part_rows[part] : self._part_rows[part + 1]], request, epoch, hits)

    def _try(self, candidates: Any, request: Request, epoch: int, hits: List[Hit], first: int = 0) -> None:
        """Try rows in rank order, from ``first`` on, until enough hold or the budget is spent."""
        rows, body, facts = self.rows, request.body, request.facts
        found = tried = passed = 0
        for number in range(bisect_left(candidates, first) if first else 0, len(candidates)):
            row = candidates[number]
            if not self.is_live(row, request, epoch):
                passed += 1
                if passed > MAX_SKIPPED:
                    request.stop("expired")
                    return
                continue
            tried += 1
            if tried % 16 == 0:
                request.deadline.check("tried")
            if tried > MAX_TRIED:
                request.stop("tried")
                return
            if rows.holds(row, body, facts):
                hits.append(rows.hit(row))
                found += 1
                if found == DEPTH:
                    return

    def is_live(self, row: int, request: Request, epoch: int) -> bool:
        """Return whether a pattern is neither expired nor withdrawn."""
        rows = self.rows
        if rows.next_expiry_s <= request.now_s and rows.expires[row] <= request.now_s:
            return False
        return not self.dead or self.dead.get(row, epoch + 1) > epoch

    def near(self, request: Request, epoch: int) -> Iterator[RowView]:
        """Return patterns under the keys of a request, whether or not their other conditions hold."""
        for signature in self._signatures:
            key = signature.key_of(request)
            slot = -1 if key is None else key & self._mask
            while slot >= 0 and self._values[slot]:
                if self._keys[slot] == key:
                    for row in self._rows_of(self._values[slot]):
                        if self.is_live(row, request, epoch):
                            yield RowView(self.rows, row)
                slot = (slot + 1) & self._mask

    def _rows_of(self, value: int) -> Iterator[int]:
        if value & ROW_FLAG:
            yield value & ~ROW_FLAG
            return
        for part in range(self._parts[value - 1], self._parts[value]):
            yield from self._cluster_rows[self._part_rows[part] : self._part_rows[part + 1]]

    def patterns(self, epoch: int) -> List[Hit]:
        """Return all patterns that are not withdrawn, with their rank."""
        rows = self.rows
        live = (row for row in range(rows.count) if self.dead.get(row, epoch + 1) > epoch)
        return [rows.hit(row) for row in live]

    def close(self) -> None:
        """Give the file back; readers that still hold this segment keep what they see."""
        if self._close is not None:
            close, self._close = self._close, None
            close()


class _BoxSearch:
    """What is found in one cell of a tree."""

    def __init__(self, segment: Segment, request: Request, epoch: int, first_edge: int) -> None:
        self._segment = segment
        self._request = request
        self._epoch = epoch
        self._first_edge = first_edge
        self._visited = 0
        self._key_holds = False
        self.found = self.passed = self.last = 0
        self.done = False

    def visit(self, row: int, box: int, covers: bool, point: List[Any], hits: List[Hit]) -> None:
        """Add a pattern if it holds."""
        segment, request, rows = self._segment, self._request, self._segment.rows
        self.last = row
        if not covers:
            self._visited += 1
            if self._visited > MAX_VISITED:
                request.stop("boxes")
                self.done = True
                return
            inside = lies_in(segment.tree.edges, self._first_edge + 2 * len(point) * box, point)
            if inside == 0 or (inside == 1 and not rows.holds(row, request.body, request.facts)):
                return
        if not segment.is_live(row, request, self._epoch):
            self.passed += 1
            return
        self._key_holds = self._key_holds or rows.key_holds(row, request.body, request.facts)
        if not self._key_holds:
            self.done = True
            return
        hits.append(rows.hit(row))
        self.found += 1
        self.done = self.found == DEPTH
