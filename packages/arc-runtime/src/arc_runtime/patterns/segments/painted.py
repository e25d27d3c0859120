"""One range on one number, for any number of patterns: which of them hold is read off a line painted once.

The line of numbers is cut where an interval begins or ends. Each piece between two cuts lists its best patterns, so
that a request costs one bisection, however many intervals contain its value.
"""

import itertools
from array import array
from bisect import bisect_left, bisect_right
from typing import Any, Iterator, NamedTuple, Sequence, Tuple

DEPTH = 8
"""Patterns listed per piece: as many as one request can get."""
INFINITY = float("inf")

Cut = Tuple[float, int]
"""``(value, 0)`` cuts before the value, ``(value, 1)`` right after it."""


class Interval(NamedTuple):
    """The numbers from one cut to another."""

    start: Cut = (-INFINITY, 0)
    end: Cut = (INFINITY, 1)

    def narrowed(self, operator: str, operand: float) -> "Interval":
        """Return what is left after one comparison more."""
        start, end = self
        if operator in (">", ">="):
            return Interval(max(start, (operand, 1 if operator == ">" else 0)), end)
        return Interval(start, min(end, (operand, 0 if operator == "<" else 1)))


class Ranges:
    """Many intervals in little memory: so many for each of the patterns, one after the other."""

    def __init__(self) -> None:
        self.edges = array("d")
        """Where each begins and where it ends."""
        self.sides = array("B")

    def append(self, ranges: Sequence[Interval]) -> None:
        """Add those of one pattern."""
        for (start, start_side), (end, end_side) in ranges:
            self.edges.append(start)
            self.edges.append(end)
            self.sides.append(start_side)
            self.sides.append(end_side)


class _Cuts:
    """The different cuts of many intervals, in order and numbered."""

    def __init__(self, ranges: Ranges) -> None:
        self.values = array("d")
        before: Any = None
        for value in sorted(itertools.chain((-INFINITY,), ranges.edges)):
            if value != before:
                self.values.append(value)
                before = value
        self.sides = bytearray(len(self.values))
        """Bit by bit: whether there is a cut before the value, and one after it."""
        self.sides[0] = 1
        places = array("I", (bisect_left(self.values, value) for value in ranges.edges))
        for place, side in zip(places, ranges.sides):
            self.sides[place] |= 1 << side
        first = array("I", [0])
        for sides in self.sides:
            first.append(first[-1] + (sides + 1) // 2)
        self.count = first[-1]
        for number, (place, side) in enumerate(zip(places, ranges.sides)):
            places[number] = first[place] + (side & self.sides[place])
        self.numbers = places
        """Of each edge, the number of its cut."""

    def __iter__(self) -> Iterator[Cut]:
        for value, sides in zip(self.values, self.sides):
            if sides & 1:
                yield value, 0
            if sides & 2:
                yield value, 1


class Line:
    """The columns of all painted clusters of a segment while it is built."""

    def __init__(self) -> None:
        self.values = array("d")
        self.sides = array("B")
        self.starts = array("I")
        """Of each piece, the first of its rows in `rows`; the piece's end is the start of the next one."""
        self.rows = array("I")

    def paint(self, ranges: Ranges, rows: Sequence[int]) -> Iterator[None]:
        """Add one cluster, its rows best first; yields now and then, for builders that share their process."""
        cuts = _Cuts(ranges)
        listed, counts = array("I", bytes(4 * DEPTH * cuts.count)), bytearray(cuts.count)
        following = array("I", range(cuts.count + 1))
        steps = 0
        for number, row in enumerate(rows):
            last = cuts.numbers[2 * number + 1]
            piece = _open_piece(following, cuts.numbers[2 * number])
            while piece < last:
                listed[piece * DEPTH + counts[piece]] = row
                counts[piece] += 1
                if counts[piece] == DEPTH:
                    following[piece] = piece + 1
                piece = _open_piece(following, piece + 1)
                steps += 1
                if steps % 512 == 0:
                    yield
        before: Any = None
        for piece, cut in enumerate(cuts):
            piece_rows = listed[piece * DEPTH : piece * DEPTH + counts[piece]]
            if piece_rows != before:
                self.values.append(cut[0])
                self.sides.append(cut[1])
                self.starts.append(len(self.rows))
                self.rows.extend(piece_rows)
                before = piece_rows


def _open_piece(following: "array[int]", piece: int) -> int:
    """Return the first piece from here on that is not full (union-find with path halving)."""
    while following[piece] != piece:
        following[piece] = following[following[piece]]
        piece = following[piece]
    return piece


def find_piece(values: Any, sides: Any, first: int, end: int, value: Any) -> int:
    """Return the piece of the cluster ``[first, end)`` in which a finite number lies."""
    piece = bisect_right(values, value, first, end) - 1
    while sides[piece] and values[piece] == value:  # a cut right after the value is beyond it
        piece -= 1
    return piece
