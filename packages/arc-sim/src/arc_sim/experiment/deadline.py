"""How long a run may still take."""

from collections.abc import Callable

from arc_common.clock import Clock
from arc_sim.errors import Interrupted


class Deadline:
    """A point on the monotonic clock after which the run ends.

    stopped: returns why the run has to end before that, empty while it has not.
    """

    def __init__(self, timeout_s: float, clock: Clock, stopped: Callable[[], str] = str) -> None:
        self.timeout_s = timeout_s
        self._clock = clock
        self._stopped = stopped
        self._end_s = clock.monotonic() + timeout_s

    def remaining_s(self) -> float:
        """Return what is left, never negative."""
        return max(0.0, self._end_s - self._clock.monotonic())

    def check(self, doing: str) -> None:
        """Raise Interrupted when nothing is left or the run was stopped, with what was being done."""
        if self._stopped():
            raise Interrupted(f"interrupted ({self._stopped()}) while {doing}")
        if self.remaining_s() <= 0:
            raise self.passed(doing)

    def passed(self, doing: str) -> Interrupted:
        """Return the error that says so."""
        return Interrupted(
            f"the timeout of {self.timeout_s:g} s passed while {doing}",
            code="run.timeout",
            hint="raise --timeout, or lower --rounds",
        )
