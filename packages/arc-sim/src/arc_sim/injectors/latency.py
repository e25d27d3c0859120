"""Latency: every request waits for ``delay_ms``, give or take ``jitter_ms``."""

import random

from arc_sim.model import Fault
from arc_sim.sandboxes.edges.proxy import Direction


class LatencyEffect:
    """Holds what the caller sends, and not the answer: the delay is added once per round trip.

    fault: jitter is uniform in ``delay_ms +- jitter_ms``, never below zero.
    """

    def __init__(self, fault: Fault, draw: random.Random) -> None:
        self._delay_ms = fault.delay_ms
        self._jitter_ms = fault.jitter_ms
        self._draw = draw

    def hold_s(self, direction: Direction) -> float:
        """Return the delay for a chunk of a request, zero for one of a response."""
        if direction == "response":
            return 0.0
        jitter_ms = self._draw.uniform(-self._jitter_ms, self._jitter_ms) if self._jitter_ms else 0.0
        return max(0.0, self._delay_ms + jitter_ms) / 1000
