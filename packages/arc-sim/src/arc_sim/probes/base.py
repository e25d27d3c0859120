"""How the system is observed from outside."""

from typing import Protocol

from arc_sim.errors import ProbeError
from arc_sim.model import Cell, LoadSpec, Observation
from arc_sim.sandboxes.base import Running


class Refused(ProbeError):
    """The entry accepted not one connection; ``seen`` is what was measured of that."""

    code = "probe.refused"

    def __init__(self, message: str, seen: Observation) -> None:
        super().__init__(message)
        self.seen = seen


class Probe(Protocol):
    """Sends load to the entry of one running revision and measures."""

    def measure(self, running: Running, load: LoadSpec, cell: Cell) -> Observation:
        """Send ``load`` and return what was seen; raises ProbeError when not one request could be sent.

        That is Refused when the entry was tried and accepted no connection.
        ``started_s`` of the observation counts from when the probe was made.
        """
