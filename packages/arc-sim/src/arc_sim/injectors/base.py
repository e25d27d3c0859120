"""How faults are injected into what a sandbox runs."""

from typing import Protocol

from arc_common.undo import Undo
from arc_sim.model import Fault
from arc_sim.sandboxes.base import Running


class Injector(Protocol):
    """Injects faults into the edges of one running revision."""

    def supports(self, fault: Fault) -> bool:
        """Whether this kind of fault can be injected here."""

    def inject(self, fault: Fault, targets: tuple[tuple[str, str], ...], running: Running) -> Undo:
        """Put the fault on every target edge that exists in ``running``; returns once it is in effect.

        An edge that this revision does not have is left out. Raises InjectError, with nothing injected.
        """
