"""What a benchmark gives: a table, and how it was measured."""

import os
import platform
import statistics
from dataclasses import dataclass, field
from datetime import date


@dataclass
class Report:
    """One table of one benchmark."""

    title: str
    method: str
    """How it was measured: what is compared with what, how often, and what is left out."""
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    reading: str = ""
    """What the figures say, in a sentence or two."""


def median(values: list[float]) -> float:
    """Return the median; values must not be empty."""
    return statistics.median(values)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which ``share`` (in [0, 1]) of the sorted values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def markdown(report: Report, command: str) -> str:
    """Return the report as a document."""
    lines = [f"# {report.title}", "", report.method, ""]
    lines += ["| " + " | ".join(report.columns) + " |", "|" + "---|" * len(report.columns)]
    lines += ["| " + " | ".join(row) + " |" for row in report.rows]
    if report.reading:
        lines += ["", report.reading]
    lines += ["", f"Measured on {date.today().isoformat()}: {machine()}. Repeat with `{command}`."]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Name the interpreter, the system and the number of cores."""
    return f"CPython {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
