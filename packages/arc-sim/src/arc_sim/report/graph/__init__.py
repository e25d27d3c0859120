"""The service graph as JSON, Mermaid, DOT, SVG and HTML."""

FORMATS = {
    "json": "arc_sim.report.graph.json:render_json",
    "mermaid": "arc_sim.report.graph.mermaid:render_mermaid",
    "dot": "arc_sim.report.graph.dot:render_dot",
    "svg": "arc_sim.report.graph.svg:render_svg",
    "html": "arc_sim.report.graph.html:render_html",
}
"""Name -> function from View to text, imported on use."""
