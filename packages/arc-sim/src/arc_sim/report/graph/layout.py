"""Where the boxes and lines of a picture stand: each system laid out on its own, then put below one another."""

from collections import Counter
from dataclasses import dataclass

from arc_sim.model import Edge, Service
from arc_sim.report.graph.layers import Layered, Spot, arrange, neighbours
from arc_sim.report.graph.view import TAGS, View, caption

BOX_HEIGHT = 40.0
PORT_GAP = 12.0
"""Between lines that touch one side of a box: a label's height."""
MAX_BOX_HEIGHT = 200.0
"""Of a box with many lines, which then stand closer."""
GAP_Y = 14.0
"""Between boxes of a layer."""
LINE_GAP_Y = 9.0
"""Between a line that passes a layer and what is next to it."""
GAP_X = 96.0
"""Between layers: room for the lines' bends and their labels."""
MARGIN = 24.0
SYSTEM_GAP = 56.0
"""Between systems, with room for a title."""
LETTER, SMALL_LETTER = 8.3, 6.0
"""Width of a letter of a name and of a caption, in the fonts of the picture; measured on wide letters."""
PASSES = 10
ROW_WIDTH = 1400.0
"""Systems of one service stand in rows of this width."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A service in the picture; ``x`` and ``y`` are its upper left corner."""

    service: Service
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """An edge in the picture: the points through which it goes, from its source to its target."""

    edge: Edge
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Frame:
    """The rectangle around a system; ``x`` and ``y`` are its upper left corner."""

    title: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """A picture without colours."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    frames: tuple[Frame, ...]


def lay_out(view: View) -> Layout:
    """Return where everything stands; the same for the same graph."""
    services = {service.name: service for service in view.graph.services}
    boxes: list[Box] = []
    lines: list[Line] = []
    frames: list[Frame] = []
    top, right = MARGIN, 0.0
    several = len(view.systems) > 1
    for number, names in enumerate(names for names in view.systems if len(names) > 1):
        part = _System({services[name]: width_of(services[name], view) for name in names}, _inside(view, names))
        top += SYSTEM_GAP / 2 if several else 0.0
        part_boxes, part_lines, width, height = part.placed(MARGIN + (12 if several else 0), top)
        boxes += part_boxes
        lines += part_lines
        if several:
            frames.append(Frame(f"system {number + 1}", MARGIN, top - 12, width + 24, height + 24))
        right = max(right, MARGIN + width + (24 if several else 0))
        top += height + SYSTEM_GAP / 2
    single = {services[names[0]]: width_of(services[names[0]], view) for names in view.systems if len(names) == 1}
    alone, bottom, width = _rows(single, top, several)
    boxes += alone
    return Layout(max(right, width) + MARGIN, bottom + MARGIN, tuple(boxes), tuple(lines), tuple(frames))


def width_of(service: Service, view: View) -> float:
    """Return how wide a service's box is."""
    mark = view.marks.get(service.name, "")
    below = caption(service) + (f" · {TAGS[mark]}" if mark else "")
    return max(96.0, 22 + LETTER * min(len(service.name), 40), 22 + SMALL_LETTER * len(below))


def _inside(view: View, names: tuple[str, ...]) -> list[Edge]:
    inside = set(names)
    return [edge for edge in view.graph.edges if edge.source in inside and edge.target in inside]


def _rows(services: dict[Service, float], top: float, several: bool) -> tuple[list[Box], float, float]:
    """Return boxes of services without an edge, row by row, the bottom of the last row and the width."""
    boxes: list[Box] = []
    x, y, right = MARGIN, top + (12 if several and services else 0), 0.0
    for service, width in services.items():
        if x > MARGIN and x + width > ROW_WIDTH:
            x, y = MARGIN, y + BOX_HEIGHT + GAP_Y
        boxes.append(Box(service, x, y, width, BOX_HEIGHT))
        right = max(right, x + width)
        x += width + GAP_Y
    return boxes, (y + BOX_HEIGHT if services else top - MARGIN), right


class _System:
    """One system."""

    def __init__(self, widths: dict[Service, float], edges: list[Edge]) -> None:
        self._services = {service.name: service for service in widths}
        self._edges = edges
        self._layered: Layered = arrange(list(self._services), [edge.key for edge in edges])
        self._widths = [
            max((widths[self._services[name]] for name, bend in layer if bend < 0), default=96.0)
            for layer in self._layered.layers
        ]
        lines = Counter((edge.source, "out") for edge in edges) + Counter((edge.target, "in") for edge in edges)
        self._heights = {
            name: max(BOX_HEIGHT, min(MAX_BOX_HEIGHT, PORT_GAP * max(lines[name, "out"], lines[name, "in"]) + 6))
            for name in self._services
        }

    def placed(self, left: float, top: float) -> tuple[list[Box], list[Line], float, float]:
        """Return boxes, lines, width and height, the upper left corner at (left, top)."""
        middle = self._middles()
        lowest = min((y - self._half(spot) for spot, y in middle.items()), default=0.0)
        starts = [left]
        for width in self._widths:
            starts.append(starts[-1] + width + GAP_X)
        boxes, where = [], {}
        for index, layer in enumerate(self._layered.layers):
            for spot in layer:
                y = middle[spot] - lowest + top
                where[spot] = (starts[index], y, self._widths[index])
                if spot[1] < 0:
                    service = self._services[spot[0]]
                    height = self._heights[spot[0]]
                    boxes.append(Box(service, starts[index], y - height / 2, self._widths[index], height))
        bottom = max((y - top + self._half(spot) for spot, (_, y, _) in where.items()), default=0.0)
        return boxes, self._lines(where), starts[-1] - GAP_X - left, bottom

    def _lines(self, where: dict[Spot, tuple[float, float, float]]) -> list[Line]:
        """Return lines from the right side of one box to the left side of another, spread over the sides."""
        ports = self._ports(where)
        found = []
        for index, (edge, chain) in enumerate(zip(self._edges, self._layered.chains, strict=True)):
            x, _, width = where[chain[0]]
            points: list[Point] = [(x + width, ports[(index, 0)])]
            for spot in chain[1:-1]:
                x, y, width = where[spot]
                points += [(x, y), (x + width, y)]
            points.append((where[chain[-1]][0], ports[(index, 1)]))
            if index in self._layered.turned:
                points.reverse()
            found.append(Line(edge, tuple(points)))
        return found

    def _ports(self, where: dict[Spot, tuple[float, float, float]]) -> dict[tuple[int, int], float]:
        """Return where lines touch their boxes: in the order of what they go to, so that they do not cross there."""
        sides: dict[tuple[Spot, int], list[tuple[float, int]]] = {}
        for index, chain in enumerate(self._layered.chains):
            sides.setdefault((chain[0], 0), []).append((where[chain[1]][1], index))
            sides.setdefault((chain[-1], 1), []).append((where[chain[-2]][1], index))
        found = {}
        for (spot, side), lines in sides.items():
            step = min(PORT_GAP, (self._heights[spot[0]] - 8) / len(lines))
            for place, (_, index) in enumerate(sorted(lines)):
                found[(index, side)] = where[spot][1] + (place - (len(lines) - 1) / 2) * step
        return found

    def _middles(self) -> dict[Spot, float]:
        """Return the height of each spot: as near to its neighbours as order and distances allow."""
        left, right = neighbours(self._layered.chains)
        middle: dict[Spot, float] = {}
        for layer in self._layered.layers:
            y = 0.0
            for index, spot in enumerate(layer):
                y += self._distance(layer[index - 1], spot) if index else 0.0
                middle[spot] = y
        for number in range(PASSES):
            known = (left, right)[number % 2]
            for layer in self._layered.layers if number % 2 == 0 else self._layered.layers[::-1]:
                self._settle(layer, middle, [known.get(spot, []) for spot in layer])
        for layer in self._layered.layers:
            self._settle(layer, middle, [[*left.get(spot, ()), *right.get(spot, ())] for spot in layer])
        return middle

    def _settle(self, layer: tuple[Spot, ...], middle: dict[Spot, float], beside: list[list[Spot]]) -> None:
        wanted, weights, offsets = [], [], []
        offset = 0.0
        for index, spot in enumerate(layer):
            offset += self._distance(layer[index - 1], spot) if index else 0.0
            others = beside[index]
            target = sum(middle[other] for other in others) / len(others) if others else middle[spot]
            straight = spot[1] >= 0 and any(other[1] >= 0 for other in others)
            wanted.append(target - offset)
            weights.append(4.0 if straight else 1.0 if others else 0.05)
            offsets.append(offset)
        for spot, value, offset in zip(layer, isotonic(wanted, weights), offsets, strict=True):
            middle[spot] = value + offset

    def _distance(self, above: Spot, below: Spot) -> float:
        gap = GAP_Y if above[1] < 0 and below[1] < 0 else LINE_GAP_Y
        return self._half(above) + gap + self._half(below)

    def _half(self, spot: Spot) -> float:
        return self._heights[spot[0]] / 2 if spot[1] < 0 else 0.0


def isotonic(values: list[float], weights: list[float]) -> list[float]:
    """Return the non-decreasing values with the least weighted squared distance (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pool = (value, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            before = pools.pop()
            total = before[1] + pool[1]
            pool = ((before[0] * before[1] + pool[0] * pool[1]) / total, total, before[2] + pool[2])
        pools.append(pool)
    return [value for value, _, count in pools for _ in range(count)]
