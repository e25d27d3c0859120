"""For the tests of whoever builds on arc-sim: whole runs without a process, a socket or a key file."""

from collections.abc import Callable

from arc_common.clock import Clock, ManualClock
from arc_common.signers.memory import MemorySigner
from arc_sim.experiment.events import Event
from arc_sim.injectors.memory import MemoryInjector
from arc_sim.probes.memory import LatencyModel, MemoryProbe
from arc_sim.sandboxes.memory import MemorySandbox
from arc_sim.workflow.session import Hooks, Parts


def memory_hooks(
    model: LatencyModel | None = None,
    seed: int = 0,
    listen: Callable[[Event], None] = lambda event: None,
    sandbox: MemorySandbox | None = None,
    clock: Clock | None = None,
) -> Hooks:
    """Return hooks for ``run_workflow`` that measure a model of two revisions instead of anything that runs.

    model: what both sides do; the default has no difference.   seed: draws the noise.
    The evidence of such a run is ``model``, and every service a stand-in.
    """
    clock = clock or ManualClock()
    parts = Parts(sandbox or MemorySandbox(), MemoryInjector(), MemoryProbe(model, seed, clock))
    signer = MemorySigner(bytes(32))
    return Hooks(listen=listen, parts=lambda name, drawn: parts, signer=lambda: signer, clock=clock)
