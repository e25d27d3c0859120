"""What people see while a run lasts."""

import io

from rich.console import Console

from arc_sim.cli.progress import Lines, LiveTable
from arc_sim.experiment.events import CellMeasured, CellStarted, PhaseStarted
from arc_sim.model import Cell, Observation

CELL = Cell(1, "head", "fault")
STARTED = CellStarted(CELL, 1, 20, 5, (("orders", "payments"),))
MEASURED = CellMeasured(Observation(CELL, (100.0, 200.0), 1), 1, 20)


def test_lines_are_plain():
    console = Console(file=io.StringIO(), width=200)
    lines = Lines(console)
    for event in (PhaseStarted("experiment"), STARTED, MEASURED):
        lines(event)
    assert console.file.getvalue().splitlines() == [
        "measuring ...",
        "  the fault is on orders → payments",
        "  round 2/5 head fault: p95 200 ms, 50 % errors",
    ]


def test_the_live_table_shows_phase_round_edge_and_arms():
    table = LiveTable()
    console = Console(file=io.StringIO(), width=120)
    console.print(table)
    assert "starting" in console.file.getvalue()
    for event in (PhaseStarted("experiment"), STARTED, MEASURED):
        table(event)
    console.print(table)
    text = console.file.getvalue()
    for words in ("measuring", "round 2 of 5", "orders → payments", "▶", "p95 200 ms, 50 % errors", "–"):
        assert words in text
    table(PhaseStarted("score"))
    assert "scoring" in str(table.__rich__().renderables[0].text)
