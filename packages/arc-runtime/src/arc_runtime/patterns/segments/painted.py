"""One range on one number, for any number of patterns: which of them hold is read off a line painted once.

The line of numbers is cut where an interval begins or ends. Each piece between two cuts lists its best patterns, so
that a request costs one bisection, however many intervals contain its value.
"""

from array import array
from bisect import bisect_right
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


class Line:
    """The columns of all painted clusters of a segment while it is built."""

    def __init__(self) -> None:
        self.values = array("d")
        self.sides = array("B")
        self.starts = array("I")
        """Of each piece, the first of its rows in `rows`; the piece's end is the start of the next one."""
        self.rows = array("I")

    def paint(self, intervals: Sequence[Interval], rows: Sequence[int]) -> Iterator[None]:
        """Add one cluster, its rows best first; yields now and then, for builders that share their process."""
        cuts = sorted({(-INFINITY, 0)}.union(*((i.start, i.end) for i in intervals)))
        position = {cut: number for number, cut in enumerate(cuts)}
        listed, counts = array("I", bytes(4 * DEPTH * len(cuts))), bytearray(len(cuts))
        following = array("I", range(len(cuts) + 1))
        steps = 0
        for interval, row in zip(intervals, rows):
            last = position[interval.end]
            piece = _open_piece(following, position[interval.start])
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
