"""The result for people: one panel with the verdict, the four arms, and why."""

from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

STYLES = {"pass": "green", "fail": "red", "inconclusive": "yellow"}

_ROWS = (
    ("base_calm", "base", "calm"),
    ("base_fault", "base", "fault"),
    ("head_calm", "head", "calm"),
    ("head_fault", "head", "fault"),
)


def printable(text: str) -> str:
    """Return text that comes from a repository without what a terminal would obey; line ends stay."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def render_text(result: dict[str, Any], files: dict[str, Path]) -> RenderableType:
    """Return what to print. files: ``{label: path}`` of what was written."""
    style = STYLES[result["verdict"]]
    low, high = result["risk_interval"]
    head = Text.assemble(
        (result["verdict"].upper(), f"bold {style}"),
        f"   risk {result['risk_score']:g} of 100, 95 % interval {low:g} to {high:g}, severity {result['severity']}",
    )
    services = printable(", ".join(result["services"])) or "none"
    facts = Text(f"services {services}   evidence {result['evidence']}   {result['duration_s']:.1f} s")
    parts: list[RenderableType] = [head, facts]
    parts += [_arms(experiment) for experiment in result["experiments"]]
    parts.append(Text(printable(result["explanation"])))
    parts += [Text(printable(f"warning: {warning}"), style="yellow") for warning in result["warnings"]]
    parts += [Text(f"{label}: {path}", style="dim", overflow="fold") for label, path in files.items()]
    return Panel(Group(*parts), title=f"arc sim {result['sim_id']}", border_style=style, title_align="left")


def _arms(experiment: dict[str, Any]) -> Table:
    edges = ", ".join(f"{edge['source']} → {edge['target']}" for edge in experiment["targets"])
    table = Table(title=Text(printable(f"{experiment['scenario']} on {edges}")), title_justify="left", expand=False)
    for column in ("revision", "condition"):
        table.add_column(column)
    for column in ("p50 ms", "p95 ms", "errors", "requests"):
        table.add_column(column, justify="right")
    for key, revision, condition in _ROWS:
        arm = experiment["arms"][key]
        rate = f"{100 * arm['error_rate']:.3g} %"
        table.add_row(revision, condition, f"{arm['p50_ms']:.1f}", f"{arm['p95_ms']:.1f}", rate, str(arm["requests"]))
    return table
