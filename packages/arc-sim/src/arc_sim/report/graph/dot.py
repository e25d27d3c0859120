"""The graph in Graphviz's language."""

from arc_sim.model import Edge, Service
from arc_sim.report.graph.view import View, caption, printable, settings

SHAPES = {"database": "cylinder", "cache": "cylinder", "broker": "cds", "external": "ellipse"}
COLOURS = {"changed": "#b3261e", "upstream": "#9a5b00", "async": "#6746a8"}


def render_dot(view: View) -> str:
    """Return a digraph; names of any content are safe in it."""
    services = {service.name: service for service in view.graph.services}
    lines = [f"digraph {_quoted(view.title)} {{", "  rankdir=LR;"]
    lines += [
        '  node [shape=box, style="rounded", fontname="sans-serif"];',
        '  edge [fontname="sans-serif", fontsize=10];',
    ]
    for number, names in enumerate(view.systems):
        apart = len(view.systems) > 1 and len(names) > 1
        lines += [f"  subgraph cluster_{number} {{", f'    label="system {number + 1}";'] if apart else []
        lines += [f"    {_node(services[name], view)}" for name in names]
        lines += ["  }"] if apart else []
    lines += [f"  {_edge(edge, view)}" for edge in view.graph.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _node(service: Service, view: View) -> str:
    mark = view.marks.get(service.name, "")
    text = "\\n".join(_escaped(part) for part in (service.name, caption(service)))
    given = [f'label="{text}"', f"shape={SHAPES.get(service.kind, 'box')}"]
    given += [f'color="{COLOURS[mark]}"', "penwidth=3"] if mark else []
    return f"{_quoted(service.name)} [{', '.join(given)}];"


def _edge(edge: Edge, view: View) -> str:
    mark = view.mark_of(edge)
    label = _quoted(" ".join(filter(None, (edge.protocol, settings(edge)))))
    given = [f"label={label}", *([] if edge.sync else ["style=dashed"])]
    given += [f'color="{COLOURS[mark]}"', "penwidth=2.5"] if mark else []
    return f"{_quoted(edge.source)} -> {_quoted(edge.target)} [{', '.join(given)}];"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    r"""Return text for a quoted string, in which only ``\`` and ``"`` are special."""
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
