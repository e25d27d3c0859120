"""Latency: every request waits for ``delay_ms``, give or take ``jitter_ms``."""

import random
from collections.abc import Callable, Iterable

from arc_sim.injectors.effects.exchange import ExchangeEffect, ExchangeShaper
from arc_sim.model import Fault
from arc_sim.sandboxes.edges.delay_line import Ending
from arc_sim.sandboxes.edges.effect import Direction, Shaper, Step

PARETO_SHAPE = 3.0
"""netem's pareto table is drawn with this shape (iproute2, netem/pareto.c): few, but long, outliers."""


class LatencyEffect(ExchangeEffect):
    """Holds what the caller sends, and not the answer: the delay is added once per round trip.

    fault: jitter is around ``delay_ms``, never below zero. ``uniform``: evenly within +- jitter_ms; ``normal``: with
    jitter_ms as standard deviation; ``pareto``: with jitter_ms as scale of a tail to the right.
    """

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection."""
        return _LatencyShaper(self.fault, self.draw)


class _LatencyShaper(ExchangeShaper):
    def __init__(self, fault: Fault, draw: random.Random) -> None:
        super().__init__(fault.share, draw)
        self._fault = fault

    def shape(self, direction: Direction, data: bytes) -> Iterable[Step]:
        return (Step(data, _hold_s(self._fault, self._draw) if direction == "request" else 0.0),)

    def shape_end(self, direction: Direction, ending: Ending) -> Iterable[Step]:
        return (Step(ending, _hold_s(self._fault, self._draw) if direction == "request" else 0.0),)


def _hold_s(fault: Fault, draw: random.Random) -> float:
    jitter_ms = _JITTER[fault.distribution](draw, fault.jitter_ms) if fault.jitter_ms else 0.0
    return max(0.0, fault.delay_ms + jitter_ms) / 1000


_JITTER: dict[str, Callable[[random.Random, float], float]] = {
    "uniform": lambda draw, jitter_ms: draw.uniform(-jitter_ms, jitter_ms),
    "normal": lambda draw, jitter_ms: draw.gauss(0.0, jitter_ms),
    "pareto": lambda draw, jitter_ms: (draw.paretovariate(PARETO_SHAPE) - 1.0) * jitter_ms,
}
