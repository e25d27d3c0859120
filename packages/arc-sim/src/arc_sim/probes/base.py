"""How the system is observed from outside."""

from typing import Protocol

from arc_sim.model import Cell, LoadSpec, Observation
from arc_sim.sandboxes.base import Running


class Probe(Protocol):
    """Sends load to the entry of one running revision and measures."""

    def measure(self, running: Running, load: LoadSpec, cell: Cell) -> Observation:
        """Send ``load`` and return what was seen; raises ProbeError when not one request could be sent.

        ``started_s`` of the observation counts from when the probe was made.
        """
