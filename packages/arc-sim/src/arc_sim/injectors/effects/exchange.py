"""A share of the exchanges: what the effects for whole connections have in common.

An exchange begins with the first bytes of the caller after the callee has spoken: one request, in every protocol that
asks and answers in turn. In one that does not (HTTP/2, where many are under way at once) it is a stretch of traffic.
"""

import random
from collections.abc import Iterable

from arc_sim.model import Fault
from arc_sim.sandboxes.edges.delay_line import Ending
from arc_sim.sandboxes.edges.effect import Direction, PassingShaper, Shaper, Step


class ExchangeShaper(PassingShaper):
    """Shapes the exchanges that the fault's share hits, and passes the others on."""

    def __init__(self, share: float, draw: random.Random) -> None:
        self._share = share
        self._draw = draw
        self._is_asking = False
        self.is_hit = False

    def arrived(self, direction: Direction, data: bytes) -> Iterable[Step]:
        """Draw at the begin of an exchange, then shape or pass on."""
        if direction == "request" and not self._is_asking:
            self.is_hit = self._share >= 1.0 or self._draw.random() < self._share
        self._is_asking = direction == "request"
        return self.shape(direction, data) if self.is_hit else (Step(data),)

    def ended(self, direction: Direction, ending: Ending) -> Iterable[Step]:
        """Treat an end as part of the exchange."""
        return self.shape_end(direction, ending) if self.is_hit else (Step(ending),)

    def shape(self, direction: Direction, data: bytes) -> Iterable[Step]:
        """Return what becomes of a chunk of an exchange that is hit."""
        return (Step(data),)

    def shape_end(self, direction: Direction, ending: Ending) -> Iterable[Step]:
        """Return what becomes of the end of one."""
        return (Step(ending),)


class ExchangeEffect:
    """Makes one kind of ExchangeShaper for each connection."""

    refuses = False
    understands_http2 = False

    def __init__(self, fault: Fault, draw: random.Random) -> None:
        self.fault = fault
        self.draw = draw

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection."""
        raise NotImplementedError
