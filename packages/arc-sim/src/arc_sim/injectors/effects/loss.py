"""Packet loss, as a TCP connection feels it: what is lost comes later, after a retransmission timeout."""

import random
from collections.abc import Iterable

from arc_sim.injectors.effects.exchange import ExchangeEffect
from arc_sim.model import Fault
from arc_sim.sandboxes.edges.effect import Direction, PassingShaper, Shaper, Step

RTO_S = 0.2
"""Linux' smallest retransmission timeout (TCP_RTO_MIN, include/net/tcp.h); it doubles with each loss (RFC 6298)."""
MAX_LOSSES = 6
"""A decision: 12.6 s in all; a connection that loses more is as good as gone."""


class LossEffect(ExchangeEffect):
    """Holds a share of the chunks of both directions for a retransmission timeout, again with the same share."""

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection."""
        return _LossShaper(self.fault, self.draw)


class _LossShaper(PassingShaper):
    def __init__(self, fault: Fault, draw: random.Random) -> None:
        self._share = fault.share
        self._draw = draw

    def arrived(self, direction: Direction, data: bytes) -> Iterable[Step]:
        losses = 0
        while losses < MAX_LOSSES and self._draw.random() < self._share:
            losses += 1
        return (Step(data, RTO_S * (2**losses - 1)),)
