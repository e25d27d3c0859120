"""Faults in the proxies of the local sandbox."""

import random

from arc_common.undo import Undo
from arc_sim.errors import InjectError
from arc_sim.injectors.base import check_amounts
from arc_sim.injectors.effects import EFFECTS, create_effect
from arc_sim.model import Fault
from arc_sim.sandboxes.base import Running
from arc_sim.sandboxes.edges.effect import Effect
from arc_sim.sandboxes.local import LocalRunning


class LocalProxyInjector:
    """Gives the proxies of the target edges an effect.

    What is random in it is drawn from the seed, anew for each injection, and alike for base and head of one round.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._injected: dict[str, int] = {}

    def supports(self, fault: Fault) -> bool:
        """Whether there is an effect for this kind."""
        return fault.kind in EFFECTS

    def inject(self, fault: Fault, targets: tuple[tuple[str, str], ...], running: Running) -> Undo:
        """Set the effect on every target edge that exists; returns once each proxy has it."""
        if not self.supports(fault):
            raise InjectError(f"the local proxies cannot do {fault.kind}", hint=f"they can: {', '.join(EFFECTS)}")
        if not isinstance(running, LocalRunning):
            raise InjectError("the local proxies belong to the local sandbox")
        check_amounts(fault)
        present = {edge.key for edge in running.proxied_edges()}
        hit = sorted(present.intersection(targets))
        number = self._injected.get(running.revision, 0)
        running.set_effects({edge: self._effect(fault, edge, number) for edge in hit})
        self._injected[running.revision] = number + 1
        return Undo(lambda: running.clear_effects(hit), f"remove {fault.kind} from {len(hit)} edges")

    def _effect(self, fault: Fault, edge: tuple[str, str], number: int) -> Effect:
        return create_effect(fault, random.Random(f"{self._seed}:{number}:{edge[0]}:{edge[1]}"))
