"""The fake injector: writes faults down in a MemoryRunning, where the memory probe reads them."""

from arc_common.undo import Undo
from arc_sim.errors import InjectError
from arc_sim.injectors.base import check_amounts
from arc_sim.model import Fault
from arc_sim.sandboxes.base import Running
from arc_sim.sandboxes.memory import MemoryRunning


class MemoryInjector:
    """Injects latency into a MemoryRunning. seed: not used, the memory probe draws by itself."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def supports(self, fault: Fault) -> bool:
        """Whether it is a latency, the kind that the memory probe can model."""
        return fault.kind == "latency"

    def inject(self, fault: Fault, targets: tuple[tuple[str, str], ...], running: Running) -> Undo:
        """Note the fault on every target edge that exists."""
        if not self.supports(fault):
            raise InjectError(f"the memory injector cannot inject {fault.kind}")
        if not isinstance(running, MemoryRunning):
            raise InjectError("the memory injector works on the memory sandbox only")
        check_amounts(fault)
        if not running.is_up:
            raise InjectError(f"{running.revision} is down")
        present = {edge.key for edge in running.proxied_edges()}
        hit = [target for target in targets if target in present]
        taken = [target for target in hit if target in running.faults]
        if taken:
            source, target = taken[0]
            raise InjectError(f"{source} -> {target} already has a fault")
        for edge in hit:
            running.faults[edge] = fault

        def recover() -> None:
            for edge in hit:
                running.faults.pop(edge, None)

        return Undo(recover, f"remove {fault.kind}")
