"""Two ranges or more on different numbers: a tree of cells, each with the few patterns that matter there.

Patterns go in best first. One that contains a whole cell holds for every point of it, so a cell that has as many of
those as one request can get is closed: nothing that comes later matters there. In the others a pattern is listed and
tried; a cell with a long list is split where its ranges begin or end.
"""

from array import array
from typing import Any, Iterator, List, Optional, Sequence, Tuple

from arc_runtime.patterns.segments.painted import DEPTH, INFINITY

LEAF = 16
"""Patterns that a cell may leave to be tried, before it is split."""
COPIES = 16
"""A pattern may stand in so many cells, on average; then cells stay as they are, and the visit budget bounds them."""
_COVERS = 1 << 31
_IS_LEAF = 255

Cell = Tuple[Tuple[float, float], ...]
"""Per dimension, its numbers from (inclusive) to (exclusive, but for infinity)."""
Edges = Sequence[float]
"""Box after box and dimension after dimension: where it begins, and where it ends."""


class Tree:
    """The columns of all trees of a segment while it is built."""

    def __init__(self) -> None:
        self.dimensions = array("B")
        """The dimension that a node splits; 255 for a leaf."""
        self.splits = array("d")
        self.left = array("I")
        """A node's left child, or a leaf's first entry."""
        self.right = array("I")
        """A node's right child, or the end of a leaf's entries."""
        self.entries = array("I")
        self.edges = array("d")
        """Per box and dimension, where it begins and where it ends."""

    def plant(self, edges: Edges, dimensions: int) -> Iterator[None]:
        """Add one tree; its root is the node that comes next. ``edges``: best first; yields now and then."""
        self.edges.extend(edges)
        growing = _Growing(edges, dimensions)
        for number in range(len(edges) // (2 * dimensions)):
            growing.insert(number)
            if number % 16 == 0:
                yield
        base = len(self.dimensions)
        pending: List[Tuple[_Node, Tuple[int, ...], int]] = [(growing.root, (), self._place())]
        while pending:
            node, above, place = pending.pop()
            covering = above + tuple(node.covering)
            if node.children is None:
                self._fill(place, covering, node.partial)
            else:
                self.dimensions[place], self.splits[place] = node.dimension, node.split
                self.left[place], self.right[place] = self._place(), self._place()
                pending.append((node.children[0], covering, self.left[place]))
                pending.append((node.children[1], covering, self.right[place]))
            yield
        assert len(self.dimensions) > base

    def _place(self) -> int:
        self.dimensions.append(_IS_LEAF)
        self.splits.append(0.0)
        self.left.append(0)
        self.right.append(0)
        return len(self.dimensions) - 1

    def _fill(self, place: int, covering: Sequence[int], partial: Sequence[int]) -> None:
        """Write what matters in a leaf, best first, up to the last that one request could get."""
        best = sorted(covering)[:DEPTH]
        last = best[-1] if len(best) == DEPTH else _COVERS
        found = sorted([(number, _COVERS) for number in best] + [(number, 0) for number in partial if number < last])
        self.left[place] = len(self.entries)
        self.entries.extend([number | flag for number, flag in found])
        self.right[place] = len(self.entries)


class _Node:
    """A cell."""

    __slots__ = ("children", "closed", "covering", "dimension", "parent", "partial", "patience", "split")

    def __init__(self, parent: Optional["_Node"]) -> None:
        self.parent = parent
        self.children: Optional[Tuple[_Node, _Node]] = None
        self.covering: List[int] = []
        """Boxes that contain this cell and not that of the parent."""
        self.partial: List[int] = []
        """Of a leaf: boxes that have a part of it."""
        self.patience = LEAF
        """Length of `partial` at which it is split; doubled when no split helps."""
        self.closed = False
        self.dimension = 0
        self.split = 0.0


class _Growing:
    """A tree while boxes go in."""

    def __init__(self, edges: Edges, dimensions: int) -> None:
        self.root = _Node(None)
        self._edges = edges
        self._width = 2 * dimensions
        self._whole: Cell = ((-INFINITY, INFINITY),) * dimensions
        self._copies_left = COPIES * len(edges) // self._width + 1024

    def insert(self, number: int) -> None:
        """Add the next box, which is worse than all before it."""
        edges, first = self._edges, number * self._width
        pending: List[Tuple[_Node, Cell, int]] = [(self.root, self._whole, 0)]
        while pending:
            node, cell, covering = pending.pop()
            covering += len(node.covering)
            if node.closed or covering >= DEPTH:
                _close(node)
            elif _covers(edges, first, cell):
                node.covering.append(number)
            elif node.children is None:
                node.partial.append(number)
                self._copies_left -= 1
                if len(node.partial) > node.patience and self._copies_left > 0:
                    self._split(node, cell)
            else:
                at = first + 2 * node.dimension
                if edges[at] < node.split:
                    pending.append((node.children[0], _lower(cell, node.dimension, node.split), covering))
                if edges[at + 1] >= node.split:
                    pending.append((node.children[1], _upper(cell, node.dimension, node.split), covering))

    def _split(self, node: _Node, cell: Cell) -> None:
        best: Any = None
        limit = len(node.partial) * 17 // 10
        for dimension, (low, high) in enumerate(cell):
            inside = sorted([edge for edge in self._edges_in(node.partial, dimension) if low < edge < high])
            if not inside:
                continue
            at = inside[len(inside) // 2]
            halves = self._sorted_into(node.partial, _lower(cell, dimension, at), _upper(cell, dimension, at))
            cost = len(halves[0].partial) + len(halves[1].partial)
            if cost < limit:
                best, limit = (dimension, at, halves), cost
        if best is None:
            node.patience *= 2
            return
        node.dimension, node.split, node.children = best
        for child in best[2]:
            child.parent = node
        self._copies_left += len(node.partial) - limit
        node.partial = []

    def _edges_in(self, numbers: Sequence[int], dimension: int) -> Iterator[float]:
        for number in numbers:
            at = number * self._width + 2 * dimension
            yield self._edges[at]
            yield self._edges[at + 1]

    def _sorted_into(self, numbers: Sequence[int], *cells: Cell) -> Tuple[_Node, ...]:
        nodes = []
        for cell in cells:
            node = _Node(None)
            for number in numbers:
                first = number * self._width
                if _covers(self._edges, first, cell):
                    node.covering.append(number)
                elif _meets(self._edges, first, cell):
                    node.partial.append(number)
            node.patience = max(LEAF, len(node.partial))
            nodes.append(node)
        return tuple(nodes)


def _close(node: _Node) -> None:
    """Remember that nothing more matters here, nor above it once both halves are closed."""
    current: Optional[_Node] = node
    while current is not None and not current.closed:
        current.closed = True
        current = current.parent
        if current is None or current.children is None or not all(child.closed for child in current.children):
            return


def find_leaf(tree: Any, node: int, point: Sequence[Any]) -> Tuple[int, int]:
    """Return where the entries of the cell of a point begin and end."""
    dimensions, splits = tree.dimensions, tree.splits
    dimension = dimensions[node]
    while dimension != _IS_LEAF:
        node = tree.left[node] if point[dimension] < splits[node] else tree.right[node]
        dimension = dimensions[node]
    return tree.left[node], tree.right[node]


def entry(value: int) -> Tuple[int, bool]:
    """Return the number of an entry's box, and whether it holds in all of its cell."""
    return value & ~_COVERS, value >= _COVERS


def lies_in(edges: Any, first: int, point: Sequence[Any]) -> int:
    """Return 0 for a point outside of a box, 2 for one inside, 1 for one on its edge, where the operators decide."""
    answer = 2
    for value in point:
        low, high = edges[first], edges[first + 1]
        if not low < value < high:
            if value < low or value > high:
                return 0
            answer = 1
        first += 2
    return answer


def _lower(cell: Cell, dimension: int, at: float) -> Cell:
    return (*cell[:dimension], (cell[dimension][0], at), *cell[dimension + 1 :])


def _upper(cell: Cell, dimension: int, at: float) -> Cell:
    return (*cell[:dimension], (at, cell[dimension][1]), *cell[dimension + 1 :])


def _covers(edges: Edges, first: int, cell: Cell) -> bool:
    """Return whether a box holds for every point of a cell; edges that touch count as not."""
    for low, high in cell:
        start, end = edges[first], edges[first + 1]
        if not (start < low or start == -INFINITY) or not (end > high or end == INFINITY):
            return False
        first += 2
    return True


def _meets(edges: Edges, first: int, cell: Cell) -> bool:
    """Return whether a box may have a point of a cell."""
    for low, high in cell:
        if not ((edges[first] < high or high == INFINITY) and edges[first + 1] >= low):
            return False
        first += 2
    return True
