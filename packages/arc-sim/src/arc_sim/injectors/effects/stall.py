"""Silence: answers that never come, and a network that carries nothing."""

from collections.abc import Iterable

from arc_sim.injectors.effects.exchange import ExchangeEffect, ExchangeShaper
from arc_sim.sandboxes.edges.delay_line import Ending
from arc_sim.sandboxes.edges.effect import FOR_EVER, Direction, Opening, PassingShaper, Shaper, Step


class BlackHoleEffect(ExchangeEffect):
    """The callee gets the request and works; its answer waits until the fault is taken out."""

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection."""
        return _BlackHoleShaper(self.fault.share, self.draw)


class _BlackHoleShaper(ExchangeShaper):
    def shape(self, direction: Direction, data: bytes) -> Iterable[Step]:
        return (Step(data, FOR_EVER if direction == "response" else 0.0),)

    def shape_end(self, direction: Direction, ending: Ending) -> Iterable[Step]:
        return (Step(ending, FOR_EVER if direction == "response" else 0.0),)


class PartitionEffect(ExchangeEffect):
    """Nothing passes in either direction; a new connection is accepted and leads nowhere.

    With a real partition the connecting itself would hang, which a program on the same machine cannot imitate: a
    caller with a connect timeout of its own sees its read timeout instead.
    """

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection."""
        return _PartitionShaper()


class _PartitionShaper(PassingShaper):
    opening = Opening.HOLD

    def arrived(self, direction: Direction, data: bytes) -> Iterable[Step]:
        return (Step(data, FOR_EVER),)

    def ended(self, direction: Direction, ending: Ending) -> Iterable[Step]:
        return (Step(ending, FOR_EVER),)
