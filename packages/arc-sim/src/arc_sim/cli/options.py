"""The options that more than one command has, declared once."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


def scenario_names(incomplete: str) -> list[str]:
    """Complete a scenario's name."""
    from arc_sim.faults.catalog import SCENARIO_IDS

    return [name for name in SCENARIO_IDS if name.startswith(incomplete)]


RangeOption = Annotated[
    str | None,
    typer.Option("--range", metavar="A..B", help="Git revision range.", show_default="HEAD~1..HEAD"),
]
DiffOption = Annotated[
    Path | None, typer.Option("--diff", metavar="FILE", help="A diff as JSON, instead of --range.", show_default=False)
]
RepoOption = Annotated[Path, typer.Option("--repo", metavar="DIR", help="The repository.", show_default=".")]
PathOption = Annotated[
    str | None,
    typer.Option("--path", metavar="DIR", help="Only what stands in this folder.", show_default="all of it"),
]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", help="Read everything again, and keep nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


ScenarioOption = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario",
        metavar="ID|FILE",
        help="What goes wrong, once or more; see scenarios.",
        show_default="network_latency",
        autocompletion=scenario_names,
    ),
]


class GraphFormat(str, Enum):
    """How a graph is shown."""

    text = "text"
    json = "json"
    mermaid = "mermaid"
    dot = "dot"
    svg = "svg"
    html = "html"


class Format(str, Enum):
    """How an answer is printed."""

    text = "text"
    json = "json"
