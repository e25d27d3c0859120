"""How faults are injected into what a sandbox runs."""

import math
from typing import Protocol

from arc_common.undo import Undo
from arc_sim.errors import InjectError
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


def check_amounts(fault: Fault) -> None:
    """Raise InjectError for amounts that mean nothing: negative, infinite or not a number."""
    amounts = {"delay_ms": fault.delay_ms, "jitter_ms": fault.jitter_ms, "rate_kbit_per_s": fault.rate_kbit_per_s}
    for name, value in amounts.items():
        if not math.isfinite(value) or value < 0:
            raise InjectError(f"{name} is {value}: it must be zero or more", code="inject.amount")
    if not 0 < fault.share <= 1:
        raise InjectError(f"share is {fault.share}: it must be above 0 and at most 1", code="inject.amount")
    if fault.kind == "bandwidth" and not fault.rate_kbit_per_s:
        raise InjectError("a bandwidth of nothing is a partition: give rate_kbit_per_s", code="inject.amount")
    if fault.kind == "http_status" and not 400 <= fault.status <= 599:
        raise InjectError(f"status is {fault.status}: an injected answer is an error, 400 to 599", code="inject.amount")
