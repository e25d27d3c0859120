"""Resets: a share of the exchanges ends with RST in place of the request's delivery."""

from collections.abc import Iterable

from arc_sim.injectors.effects.exchange import ExchangeEffect, ExchangeShaper
from arc_sim.sandboxes.edges.delay_line import Ending
from arc_sim.sandboxes.edges.effect import Direction, Shaper, Step


class ResetEffect(ExchangeEffect):
    """Resets both sides when a hit exchange begins."""

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection."""
        return _ResetShaper(self.fault.share, self.draw)


class _ResetShaper(ExchangeShaper):
    def shape(self, direction: Direction, data: bytes) -> Iterable[Step]:
        return (Step(Ending.RESET),)
