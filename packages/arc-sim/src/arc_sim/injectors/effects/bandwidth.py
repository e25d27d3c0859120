"""Bandwidth: each direction of a connection carries at most ``rate_kbit_per_s``."""

import time
from collections.abc import Iterable

from arc_sim.injectors.effects.exchange import ExchangeEffect
from arc_sim.sandboxes.edges.delay_line import Ending
from arc_sim.sandboxes.edges.effect import Direction, PassingShaper, Shaper, Step

SLICE_S = 0.05
"""A decision: bytes leave in slices of this much time, so that a slow link trickles rather than stutters."""


class BandwidthEffect(ExchangeEffect):
    """Lets bytes leave at the rate of the link; one that is idle saves nothing up."""

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection."""
        return _BandwidthShaper(self.fault.rate_kbit_per_s * 1000 / 8)


class _BandwidthShaper(PassingShaper):
    def __init__(self, bytes_per_s: float) -> None:
        self._bytes_per_s = bytes_per_s
        self._free_at_s: dict[Direction, float] = {"request": 0.0, "response": 0.0}

    def arrived(self, direction: Direction, data: bytes) -> Iterable[Step]:
        now_s = time.monotonic()
        size = max(1, int(self._bytes_per_s * SLICE_S))
        at_s = max(now_s, self._free_at_s[direction])
        steps = []
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            at_s += len(piece) / self._bytes_per_s
            steps.append(Step(piece, at_s - now_s))
        self._free_at_s[direction] = at_s
        return steps

    def ended(self, direction: Direction, ending: Ending) -> Iterable[Step]:
        return (Step(ending, max(0.0, self._free_at_s[direction] - time.monotonic())),)
