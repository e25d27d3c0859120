"""What people see while a run lasts."""

import io

from rich.console import Console

from arc_sim.cli.progress import Lines, LiveTable
from arc_sim.experiment.events import CellMeasured, CellStarted, PhaseStarted
from arc_sim.faults.catalog import load_scenario
from arc_sim.model import Cell, Experiment, Observation

CELL = Cell(1, "head", "fault")
LATENCY = Experiment(load_scenario("network_latency"), (("orders", "payments"),))
STARTED = CellStarted(CELL, 1, 20, 5, (LATENCY,))
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


def test_several_faults_are_told_apart():
    refused = Experiment(load_scenario("connection_refused"), (("orders", "store"),))
    started = CellStarted(Cell(0, "base", "fault", 1), 1, 30, 5, (LATENCY, refused))
    console = Console(file=io.StringIO(), width=200)
    lines, table = Lines(console), LiveTable()
    for event in (PhaseStarted("experiment"), started, CellMeasured(Observation(started.cell, (5.0,), 0), 1, 30)):
        lines(event)
        table(event)
    console.print(table)
    text = console.file.getvalue()
    assert "the fault is on orders → payments, orders → store" in text
    assert "round 1/5 base connection_refused on orders → store: p95 5 ms" in text
    assert text.count("network_latency on orders → payments") == 2
