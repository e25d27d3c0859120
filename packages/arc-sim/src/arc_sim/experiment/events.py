"""What a run tells those who watch it."""

from collections.abc import Callable
from dataclasses import dataclass

from arc_sim.model import Cell, Experiment, Observation


@dataclass(frozen=True)
class PhaseStarted:
    """The next step of the run begins."""

    name: str
    detail: str = ""


@dataclass(frozen=True)
class CellStarted:
    """One cell is about to be measured."""

    cell: Cell
    number: int
    """1-based position in the plan."""
    total: int
    rounds: int
    experiments: tuple[Experiment, ...]


@dataclass(frozen=True)
class CellMeasured:
    """One cell was measured."""

    observation: Observation
    number: int
    total: int


Event = PhaseStarted | CellStarted | CellMeasured
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Watch nothing."""
