"""Every fault of the local sandbox: on the way between two services, or in the process of the callee."""

from arc_common.undo import Undo
from arc_sim.errors import InjectError
from arc_sim.injectors.base import Injector
from arc_sim.injectors.effects import EFFECTS
from arc_sim.injectors.local_process import STARTS, LocalProcessInjector
from arc_sim.injectors.local_proxy import LocalProxyInjector
from arc_sim.model import Fault
from arc_sim.sandboxes.base import Running

KINDS = tuple(sorted((*EFFECTS, *STARTS)))


class LocalInjector:
    """Hands a fault to who can do it. seed: what is random in a fault is drawn from it."""

    def __init__(self, seed: int = 0) -> None:
        self._injectors: tuple[Injector, ...] = (LocalProxyInjector(seed), LocalProcessInjector())

    def supports(self, fault: Fault) -> bool:
        """Whether one of them can."""
        return any(injector.supports(fault) for injector in self._injectors)

    def inject(self, fault: Fault, targets: tuple[tuple[str, str], ...], running: Running) -> Undo:
        """Put the fault in; see base.py."""
        for injector in self._injectors:
            if injector.supports(fault):
                return injector.inject(fault, targets, running)
        raise InjectError(f"the local sandbox cannot do {fault.kind}", hint=f"it can: {', '.join(KINDS)}")
