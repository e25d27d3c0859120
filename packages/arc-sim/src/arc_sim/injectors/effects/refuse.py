"""Refusal: nobody listens."""

from arc_sim.injectors.effects.exchange import ExchangeEffect
from arc_sim.sandboxes.edges.effect import PassingShaper, Shaper


class RefuseEffect(ExchangeEffect):
    """The kernel refuses new connections, and open ones are reset: a callee that has stopped."""

    refuses = True

    def shaper(self, is_new: bool) -> Shaper:
        """Return the shaper of a connection that was accepted at the very moment."""
        return PassingShaper()
