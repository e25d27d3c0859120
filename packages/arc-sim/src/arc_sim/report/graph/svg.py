"""The graph as an SVG picture that stands alone: no scripts, no fonts or files from elsewhere, light and dark."""

from html import escape
from itertools import pairwise

from arc_sim.model import Edge
from arc_sim.report.graph.layout import BOX_HEIGHT, Box, Frame, Layout, Line, Point, lay_out
from arc_sim.report.graph.view import TAGS, View, caption, printable, settings

LABELLED_EDGES = 150
"""Pictures with more edges have no labels on them: they would cover each other."""

LETTER = 5.6
"""Width of a letter of an edge's label."""

STYLE = """
.arc-graph{--ink:#1c1b1f;--soft:#5f5c66;--line:#8a8791;--paper:#ffffff;--box:#f4f3f8;--edge:#b9b5c3;
--store:#e3f3e8;--store-edge:#3f8a5a;--broker:#efe6fb;--broker-edge:#7a55b5;--outside:#f6f1e4;--outside-edge:#a08440;
--changed:#b3261e;--changed-box:#ffdad5;--upstream:#9a5b00;--upstream-box:#ffecd1;--async:#6746a8;--async-box:#ece4ff;
font-family:system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
@media(prefers-color-scheme:dark){.arc-graph{--ink:#ece9f1;--soft:#aeaab8;--line:#8f8b99;--paper:#17161b;--box:#26242c;
--edge:#5b5865;--store:#1d3526;--store-edge:#6fbf8b;--broker:#2e2440;--broker-edge:#b394e6;--outside:#363021;
--outside-edge:#cbb06b;--changed:#ff8a7d;--changed-box:#4c1a15;--upstream:#f2b45c;--upstream-box:#43300f;
--async:#c3a8ff;--async-box:#33264f}}
.arc-graph .paper{fill:var(--paper)}
.arc-graph .box{fill:var(--box);stroke:var(--edge);stroke-width:1.2}
.arc-graph .database .box,.arc-graph .cache .box{fill:var(--store);stroke:var(--store-edge)}
.arc-graph .broker .box{fill:var(--broker);stroke:var(--broker-edge)}
.arc-graph .external .box{fill:var(--outside);stroke:var(--outside-edge);stroke-dasharray:5 3}
.arc-graph .changed .box{fill:var(--changed-box);stroke:var(--changed);stroke-width:3}
.arc-graph .upstream .box{fill:var(--upstream-box);stroke:var(--upstream);stroke-width:2.4}
.arc-graph .async .box{fill:var(--async-box);stroke:var(--async);stroke-width:2.4;stroke-dasharray:6 3}
.arc-graph .name{fill:var(--ink);font-size:13px;font-weight:600}
.arc-graph .kind{fill:var(--soft);font-size:10.5px}
.arc-graph .tag{fill:var(--ink);font-size:10.5px;font-weight:600}
.arc-graph .frame{fill:none;stroke:var(--edge);stroke-dasharray:2 4}
.arc-graph .line{fill:none;stroke:var(--line);stroke-width:1.3}
.arc-graph .head{fill:var(--line)}
.arc-graph .waits-not .line{stroke-dasharray:5 4}
.arc-graph .edge.upstream .line{stroke:var(--changed);stroke-width:2.6}
.arc-graph .edge.upstream .head{fill:var(--changed)}
.arc-graph .edge.async .line{stroke:var(--async);stroke-width:2.6}.arc-graph .edge.async .head{fill:var(--async)}
.arc-graph .wide{fill:none;stroke:transparent;stroke-width:12}
.arc-graph .label{fill:var(--soft);font-size:10px;paint-order:stroke;stroke:var(--paper);stroke-width:4px;
stroke-linejoin:round}
.arc-graph a:hover .line,.arc-graph a:focus .line{stroke-width:4}
.arc-graph a:hover .box,.arc-graph a:focus .box{stroke-width:3.5}
.arc-graph a:focus{outline:none}
"""


def render_svg(view: View) -> str:
    """Return the picture as a document."""
    return draw(view) + "\n"


def draw(view: View, linked: bool = False) -> str:
    """Return the ``svg`` element. linked: services and edges lead to ``#service-N`` and ``#edge-N`` of the page."""
    layout = lay_out(view)
    width, height = round(layout.width), round(layout.height)
    places = {service.name: index for index, service in enumerate(view.graph.services)}
    shown = len(view.graph.edges) <= LABELLED_EDGES
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="arc-graph" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="{"graphics-document" if linked else "img"}" '
        f'aria-label="{text_of(_summary(view))}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
        *(_frame(frame) for frame in layout.frames),
        *(_linked(_line(line, view), f"edge-{view.numbers[line.edge.key]}", linked) for line in layout.lines),
        *(_linked(_box(box, view), f"service-{places[box.service.name]}", linked) for box in layout.boxes),
        *(_label(line) for line in _by_mark(layout, view) if shown),
        "</svg>",
    ]
    return "\n".join(filter(None, parts))


def text_of(text: str) -> str:
    """Return text that is safe in an element and in an attribute."""
    return escape(printable(text), quote=True)


def describe(edge: Edge) -> str:
    """Return what an edge is, in one line."""
    words = [f"{edge.source} depends on {edge.target}", edge.protocol, "" if edge.sync else "does not wait"]
    words += [f"timeout and retries {settings(edge)}" if settings(edge) else "", f"confidence {edge.confidence:.2f}"]
    words += [str(edge.evidence[0]) if edge.evidence else ""]
    return ", ".join(filter(None, words))


def _summary(view: View) -> str:
    marks = list(view.marks.values())
    words = f"{len(view.graph.services)} services, {len(view.graph.edges)} dependencies"
    return f"{view.title}: {words}" + (f", {marks.count('changed')} changed" if view.impact else "")


def _linked(element: str, target: str, linked: bool) -> str:
    return f'<a href="#{target}">{element}</a>' if linked else element


def _frame(frame: Frame) -> str:
    return (
        f'<rect class="frame" x="{frame.x:.0f}" y="{frame.y:.0f}" width="{frame.width:.0f}" '
        f'height="{frame.height:.0f}" rx="10"/>'
        f'<text class="kind" x="{frame.x + 10:.0f}" y="{frame.y - 5:.0f}">{text_of(frame.title)}</text>'
    )


def _box(box: Box, view: View) -> str:
    service = box.service
    mark = view.marks.get(service.name, "")
    name = service.name if len(service.name) <= 40 else service.name[:38] + "…"
    tag = f" · {TAGS[mark]}" if mark else ""
    middle = box.y + box.height / 2
    title = ", ".join(filter(None, (service.name, caption(service), TAGS.get(mark, ""), *service.paths[:3])))
    corner = BOX_HEIGHT / 2 if service.kind in ("database", "cache") else 6
    return (
        f'<g class="service {service.kind} {mark}"><title>{text_of(title)}</title>'
        f'<rect class="box" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.0f}" '
        f'rx="{corner:.0f}"/><text class="name" x="{box.x + 11:.1f}" y="{middle - 3:.1f}">{text_of(name)}</text>'
        f'<text class="kind" x="{box.x + 11:.1f}" y="{middle + 12:.1f}">{text_of(caption(service))}'
        f'<tspan class="tag">{tag}</tspan></text></g>'
    )


def _line(line: Line, view: View) -> str:
    classes = " ".join(filter(None, ("edge", view.mark_of(line.edge), "" if line.edge.sync else "waits-not")))
    path = _path(line.points)
    return (
        f'<g class="{classes}"><title>{text_of(describe(line.edge))}</title>'
        f'<path class="wide" d="{path}"/><path class="line" d="{path}"/>{_head(line.points)}</g>'
    )


def _path(points: tuple[Point, ...]) -> str:
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x, y), (u, v) in pairwise(points):
        middle = (x + u) / 2
        straight = abs(y - v) < 0.5
        parts.append(f"L{u:.1f} {v:.1f}" if straight else f"C{middle:.1f} {y:.1f} {middle:.1f} {v:.1f} {u:.1f} {v:.1f}")
    return "".join(parts)


def _head(points: tuple[Point, ...]) -> str:
    x, y = points[-1]
    back = -8 if points[-2][0] <= x else 8
    return f'<path class="head" d="M{x:.1f} {y:.1f}l{back} -3.6v7.2z"/>'


def _by_mark(layout: Layout, view: View) -> list[Line]:
    """Return the lines, those that the diff concerns last: their labels stand above the others."""
    return sorted(layout.lines, key=lambda line: bool(view.mark_of(line.edge)))


def _label(line: Line) -> str:
    text = settings(line.edge)
    if not text:
        return ""
    (x, y), (u, v) = line.points[-2:]
    share = 0.72  # of the way to the target, where the lines of one caller are apart
    height = y + (v - y) * (3 * share**2 - 2 * share**3)
    left = x + (u - x) * share - LETTER * len(text) / 2
    return f'<text class="label" x="{left:.1f}" y="{height + 3:.1f}" aria-hidden="true">{text_of(text)}</text>'
