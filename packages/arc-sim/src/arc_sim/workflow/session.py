"""What a run holds in its hands while it lasts: files, deadline, sandboxes, ways back. Never part of the state."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property

from arc_common.clock import Clock, SystemClock
from arc_common.signers.base import Signer
from arc_common.undo import UndoStack
from arc_sim.attest import open_signer
from arc_sim.experiment.deadline import Deadline
from arc_sim.experiment.events import Listener, PhaseStarted, ignore
from arc_sim.experiment.journal import Journal
from arc_sim.experiment.runner import Arm
from arc_sim.injectors import create_injector
from arc_sim.injectors.base import Injector
from arc_sim.model import Revision
from arc_sim.plan.draw import seed_of
from arc_sim.probes import create_probe
from arc_sim.probes.base import Probe
from arc_sim.sandboxes import create_sandbox
from arc_sim.sandboxes.base import Sandbox
from arc_sim.workflow.folder import RunFolder
from arc_sim.workflow.request import Request


@dataclass(frozen=True)
class Parts:
    """Where a run happens, how faults get in, and how it is observed."""

    sandbox: Sandbox
    injector: Injector
    probe: Probe


def create_parts(sandbox: str, seed: int) -> Parts:
    """Return the parts for the sandbox of that name; ``auto`` is the best that is there.

    seed: what is random in a fault is drawn from it.
    """
    name = "local" if sandbox == "auto" else sandbox
    return Parts(create_sandbox(name), create_injector(name, seed), create_probe("http"))


@dataclass(frozen=True)
class Hooks:
    """How a run is watched and interrupted."""

    listen: Listener = ignore
    hold: Callable[[], AbstractContextManager[None]] = nullcontext
    """Inside it no signal may raise: between starting something and writing down its way back."""
    stopped: Callable[[], str] = str
    """Why the run has to end, empty while it has not: a signal's exception can get lost in a finaliser."""
    parts: Callable[[str, int], Parts] = create_parts
    signer: Callable[[], Signer] = open_signer
    clock: Clock = field(default_factory=SystemClock)


@dataclass
class Session:
    """The live handles of one run."""

    request: Request
    sim_id: str
    hooks: Hooks
    folder: RunFolder
    journal: Journal
    deadline: Deadline
    undos: UndoStack = field(default_factory=UndoStack)
    arms: dict[Revision, Arm] = field(default_factory=dict)
    started_s: float = 0.0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Announce a step and write down when it began and ended."""
        self.deadline.check(f"before step {name}")
        self.hooks.listen(PhaseStarted(name))
        self.journal.write("step", name=name)
        yield
        self.journal.write("done", name=name)

    @cached_property
    def signer(self) -> Signer:
        """Who signs the result."""
        return self.hooks.signer()

    @cached_property
    def parts(self) -> Parts:
        """The sandbox and what belongs to it, created once."""
        request = self.request
        return self.hooks.parts(request.sandbox, seed_of(request.diff) if request.seed is None else request.seed)
