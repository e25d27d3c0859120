"""What people see while a run lasts: a live table on a terminal, plain lines elsewhere. Always on stderr."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.progress import Progress
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from arc_sim.causal.build import Reading
from arc_sim.config.env import cache_directory
from arc_sim.experiment.events import CellMeasured, CellStarted, Event, Listener, PhaseStarted
from arc_sim.model import Cell, Observation
from arc_sim.report.text import printable
from arc_sim.risk.score import percentile

DOING = {
    "diff": "reading the diff",
    "graph": "reading the services of both sides",
    "affected": "finding what is affected",
    "plan": "planning",
    "sandbox": "starting base and head",
    "experiment": "measuring",
    "score": "scoring",
    "explain": "explaining",
    "attest": "signing",
    "report": "writing the result",
}


@contextmanager
def watch() -> Iterator[Listener]:
    """Give a listener that shows what happens until the block ends."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines(console)
        return
    table = LiveTable()
    with Live(table, console=console, transient=True, refresh_per_second=8):
        yield table


@contextmanager
def reading(no_cache: bool = False) -> Iterator[Reading]:
    """Give how a repository is read: with the user's cache, and a bar on a terminal when it takes long."""
    cache = None if no_cache else cache_directory()
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Reading(cache)
        return
    with Progress(*Progress.get_default_columns(), console=console, transient=True) as progress:
        task = progress.add_task("reading code", total=None, visible=False)
        yield Reading(cache, lambda done, total: progress.update(task, completed=done, total=total, visible=True))


class Lines:
    """One line per step and per cell."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started: CellStarted | None = None

    def __call__(self, event: Event) -> None:
        """Print what the event says."""
        if isinstance(event, PhaseStarted):
            self._say(f"{DOING.get(event.name, event.name)} ...")
        elif isinstance(event, CellStarted):
            self._started = event
            if event.number == 1:
                self._say(f"  the fault is on {edges_of(event)}")
        elif self._started is not None:
            cell, started = event.observation.cell, self._started
            where = f"round {cell.round_index + 1}/{started.rounds} {cell.revision} {condition_of(cell, started)}"
            self._say(f"  {where}: {figures([event.observation])}")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class LiveTable:
    """The step, the round, and the four arms so far."""

    def __init__(self) -> None:
        self._spinner = Spinner("dots")
        self._phase = "starting"
        self._cell: CellStarted | None = None
        self._seen: dict[tuple[str, str, int], list[Observation]] = {}
        self._done = 0
        self._born_s = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Note what the event says; the next refresh shows it."""
        if isinstance(event, PhaseStarted):
            self._phase = DOING.get(event.name, event.name)
            self._cell = None
        elif isinstance(event, CellStarted):
            self._cell = event
        elif isinstance(event, CellMeasured):
            cell = event.observation.cell
            self._seen.setdefault((cell.revision, cell.condition, cell.experiment), []).append(event.observation)
            self._done = event.number

    def __rich__(self) -> Group:
        """Draw it."""
        self._spinner.update(text=Text(f" {self._phase}   {time.monotonic() - self._born_s:.0f} s"))
        if self._cell is None:
            return Group(self._spinner)
        cell = self._cell.cell
        state = Text(f"round {cell.round_index + 1} of {self._cell.rounds}   the fault is on {edges_of(self._cell)}")
        bar = ProgressBar(total=self._cell.total, completed=self._done, width=40)
        return Group(self._spinner, state, bar, self._table(self._cell))

    def _table(self, started: CellStarted) -> Table:
        table = Table(box=None, padding=(0, 2))
        for column in ("", "revision", "condition", "so far"):
            table.add_column(column)
        faults = [("fault", number) for number in range(len(started.experiments))]
        for condition, number in (("calm", 0), *faults):
            for revision in ("base", "head"):
                cell = Cell(started.cell.round_index, revision, condition, number)  # type: ignore[arg-type]  # literals
                now, seen = cell == started.cell, self._seen.get((revision, condition, number), [])
                words = condition_of(cell, started)
                table.add_row("▶" if now else "", revision, words, figures(seen), style="bold" if now else "")
        return table


def condition_of(cell: Cell, started: CellStarted) -> str:
    """Return calm or fault, or which of several faults."""
    if cell.condition == "calm" or len(started.experiments) == 1:
        return cell.condition
    experiment = started.experiments[cell.experiment]
    edges = [f"{source} → {target}" for source, target in experiment.targets]
    return printable(f"{experiment.scenario.scenario_id} on {edges[0] if len(edges) == 1 else f'{len(edges)} edges'}")


def edges_of(event: CellStarted) -> str:
    """Return the edges that get a fault, as text."""
    edges = dict.fromkeys(edge for experiment in event.experiments for edge in experiment.targets)
    return printable(", ".join(f"{source} → {target}" for source, target in edges))


def figures(seen: list[Observation]) -> str:
    """Return p95 and error rate over the observations, as text."""
    latencies = [value for observation in seen for value in observation.latencies_ms]
    if not latencies:
        return "–"
    errors = sum(observation.errors for observation in seen)
    return f"p95 {percentile(latencies, 0.95):.0f} ms, {100 * errors / len(latencies):.3g} % errors"
