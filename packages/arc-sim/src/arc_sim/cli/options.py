"""The options that more than one command has, declared once."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

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
