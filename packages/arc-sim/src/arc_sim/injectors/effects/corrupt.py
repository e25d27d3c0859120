"""Corruption: a share of the answers' chunks has one wrong bit."""

from collections.abc import Iterable

from arc_sim.injectors.effects.exchange import ExchangeEffect
from arc_sim.sandboxes.edges.effect import Direction, PassingShaper, Shaper, Step


class CorruptEffect(ExchangeEffect):
    """Flips one bit at a random place, as netem's ``corrupt`` does to a packet.

    Below TCP the checksum turns that into a loss; here the wrong byte arrives, as with a broken middlebox or a bug.
    """

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of one connection."""
        return _CorruptShaper(self)


class _CorruptShaper(PassingShaper):
    def __init__(self, effect: CorruptEffect) -> None:
        self._share = effect.fault.share
        self._draw = effect.draw

    def arrived(self, direction: Direction, data: bytes) -> Iterable[Step]:
        if direction == "request" or self._draw.random() >= self._share:
            return (Step(data),)
        place = self._draw.randrange(len(data))
        wrong = data[place] ^ (1 << self._draw.randrange(8))
        return (Step(data[:place] + bytes((wrong,)) + data[place + 1 :]),)
