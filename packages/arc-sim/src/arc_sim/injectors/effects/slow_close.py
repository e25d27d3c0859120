"""Slow close: the callee's end of the stream comes ``delay_ms`` late."""

from collections.abc import Iterable

from arc_sim.injectors.effects.exchange import ExchangeEffect, ExchangeShaper
from arc_sim.model import Fault
from arc_sim.sandboxes.edges.delay_line import Ending
from arc_sim.sandboxes.edges.effect import Direction, Shaper, Step


class SlowCloseEffect(ExchangeEffect):
    """Delays the end, and no byte before it: connections stay in pools and tables for longer."""

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection."""
        return _SlowCloseShaper(self.fault, self)


class _SlowCloseShaper(ExchangeShaper):
    def __init__(self, fault: Fault, effect: SlowCloseEffect) -> None:
        super().__init__(fault.share, effect.draw)
        self._hold_s = fault.delay_ms / 1000

    def shape_end(self, direction: Direction, ending: Ending) -> Iterable[Step]:
        return (Step(ending, self._hold_s if direction == "response" else 0.0),)
