"""The fake sandbox: obeys the contract and runs nothing."""

from arc_common.undo import Undo
from arc_sim.errors import SandboxError, StartTimeout
from arc_sim.model import Edge, Evidence, Fault, Revision
from arc_sim.sandboxes.base import Deployment, Running


class MemoryRunning:
    """One revision that only claims to be up; every service counts as a stand-in."""

    evidence: Evidence = "model"

    def __init__(self, deployment: Deployment) -> None:
        self.revision: Revision = deployment.revision
        self.stand_ins: tuple[str, ...] = tuple(sorted(deployment.scope))
        self.entry_address: tuple[str, int] = ("127.0.0.1", 9)
        self.notes: tuple[str, ...] = ("nothing runs: this is the fake sandbox",)
        self.faults: dict[tuple[str, str], Fault] = {}
        """What is injected now, by edge; the memory injector writes it, the memory probe reads it."""
        self.is_up = True
        self._logs: dict[str, list[str]] = {}
        self._dead: set[str] = set()
        scope = set(deployment.scope)
        self._edges = tuple(edge for edge in deployment.graph.edges if scope.issuperset(edge.key))

    def proxied_edges(self) -> tuple[Edge, ...]:
        """Return the edges with both ends in scope."""
        return self._edges

    def log_tail(self, service: str, lines: int = 20) -> str:
        """Return what ``kill`` noted for the service."""
        return "\n".join(self._logs.get(service, [])[-lines:])

    def check_alive(self) -> None:
        """Raise SandboxError when a service was killed or everything was taken down."""
        if not self.is_up:
            raise SandboxError(f"{self.revision} is down")
        for service in sorted(self._dead):
            raise SandboxError(f"{service} died; last lines: {self.log_tail(service)}", code="sandbox.service_died")

    def kill(self, service: str, last_words: str = "killed") -> None:
        """Let a service die, as a test wants it."""
        self._logs.setdefault(service, []).append(last_words)
        self._dead.add(service)


class MemorySandbox:
    """Starts nothing at once.

    failing_service: ``up`` raises StartTimeout when it is in scope.
    """

    name = "memory"

    def __init__(self, failing_service: str | None = None) -> None:
        self.failing_service = failing_service
        self.running: list[MemoryRunning] = []
        """Everything that is up, oldest first."""

    def preflight(self) -> None:
        """Do nothing: it always works."""

    def up(self, deployment: Deployment) -> tuple[Running, Undo]:
        """Pretend to start everything in scope."""
        if deployment.entry not in deployment.scope:
            raise SandboxError(f"the entry {deployment.entry} is not among the services to run")
        if self.failing_service in deployment.scope:
            raise StartTimeout(f"{self.failing_service} did not get ready")
        running = MemoryRunning(deployment)
        self.running.append(running)

        def down() -> None:
            running.is_up = False
            if running in self.running:
                self.running.remove(running)

        return running, Undo(down, f"stop {deployment.revision}")

    def close(self) -> None:
        """Take down whatever is up."""
        while self.running:
            self.running.pop().is_up = False
