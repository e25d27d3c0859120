"""The graph as a Mermaid flowchart, for Markdown."""

import re

from arc_sim.model import Edge, Service
from arc_sim.report.graph.view import View, caption, printable, settings

STYLES = (
    "classDef changed fill:#ffd7d1,stroke:#b3261e,stroke-width:3px,color:#410e0b",
    "classDef upstream fill:#ffe9c7,stroke:#9a5b00,stroke-width:2px,color:#2e1a00",
    "classDef async fill:#ece4ff,stroke:#6746a8,stroke-width:2px,stroke-dasharray:4 3,color:#22104d",
)
SHAPES = {"database": ("[(", ")]"), "cache": ("[(", ")]"), "broker": ("[[", "]]"), "external": ("([", "])")}


def render_mermaid(view: View) -> str:
    """Return the flowchart; names of any content are safe in it."""
    ids = {service.name: f"s{index}" for index, service in enumerate(view.graph.services)}
    services = {service.name: service for service in view.graph.services}
    lines = ["flowchart LR"]
    for number, names in enumerate(view.systems):
        apart = len(view.systems) > 1 and len(names) > 1
        lines += [f'  subgraph system{number}["system {number + 1}"]'] if apart else []
        lines += [f"  {ids[name]}{_node(services[name])}" for name in names]
        lines += ["  end"] if apart else []
    lines += [f"  {ids[edge.source]} {_arrow(edge)} {ids[edge.target]}" for edge in view.graph.edges]
    marked = [f"  class {ids[name]} {mark}" for name, mark in sorted(view.marks.items()) if name in ids and mark]
    lines += [*(f"  {style}" for style in STYLES), *marked] if marked else []
    strong = [str(index) for index, edge in enumerate(view.graph.edges) if view.mark_of(edge)]
    lines += [f"  linkStyle {','.join(strong)} stroke:#b3261e,stroke-width:3px"] if strong else []
    return "\n".join(lines) + "\n"


def _node(service: Service) -> str:
    opening, closing = SHAPES.get(service.kind, ("[", "]"))
    return f'{opening}"{_quoted(service.name)}<br/><small>{_quoted(caption(service))}</small>"{closing}'


def _arrow(edge: Edge) -> str:
    label = _quoted(" ".join(filter(None, (edge.protocol, settings(edge)))))
    return f'{"-->" if edge.sync else "-.->"}|"{label}"|'


def _quoted(text: str) -> str:
    """Return text whose special characters are Mermaid's numbered entities."""
    return re.sub(r"[^\w ./:·×-]", lambda match: f"#{ord(match.group())};", printable(text))
