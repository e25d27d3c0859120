"""The embedded default: the repository's own services as processes of this machine, every edge behind a fault proxy."""

import os
from collections.abc import Iterable, Mapping

from arc_common.undo import Undo, UndoStack
from arc_sim.errors import InjectError, NotAvailable, SandboxError
from arc_sim.model import Edge, Evidence, Revision
from arc_sim.sandboxes.assembly import Assembly
from arc_sim.sandboxes.base import Deployment, Running
from arc_sim.sandboxes.control import ServiceControl
from arc_sim.sandboxes.edges.effect import Effect
from arc_sim.sandboxes.edges.wiring import wire
from arc_sim.sandboxes.processes.ports import ReservedPort

NOT_ISOLATED = (
    "services share this machine's network and file system: they could reach the internet, and addresses that are "
    "written in their code and not in their environment do not lead to the fault proxies"
)


class LocalRunning:
    """One revision that is up on this machine."""

    def __init__(self, assembly: Assembly) -> None:
        wiring = assembly.wiring
        self.revision: Revision = wiring.deployment.revision
        self.stand_ins: tuple[str, ...] = wiring.stand_ins
        self.evidence: Evidence = "model" if wiring.stand_ins else "process"
        self.entry_address: tuple[str, int] = assembly.address(wiring.deployment.entry)
        self.notes: tuple[str, ...] = (NOT_ISOLATED, *wiring.notes)
        self._assembly = assembly
        self._edges = tuple(edge for edge in wiring.edges if edge.key in assembly.proxies)
        self.processes = ServiceControl(assembly)

    def proxied_edges(self) -> tuple[Edge, ...]:
        """Return the edges that lead through a fault proxy."""
        return self._edges

    def log_tail(self, service: str, lines: int = 20) -> str:
        """Return the last lines that a service printed, empty for a stand-in."""
        process = self._assembly.processes.get(service)
        return process.log.tail(lines) if process is not None else ""

    def check_alive(self) -> None:
        """Raise SandboxError with the service and its last log lines when one has died."""
        for name, process in self._assembly.processes.items():
            if name not in self.processes.down and process.exit_status() is not None:
                raise SandboxError(process.describe_end(), code="sandbox.service_died")
        if not self._assembly.loop_thread.is_alive:
            raise SandboxError(f"{self.revision} is down", code="sandbox.down")

    def set_effects(self, effects: Mapping[tuple[str, str], Effect]) -> None:
        """Give each edge its effect, all at once; raises InjectError, with nothing changed, when one has an effect."""
        proxies = self._assembly.proxies

        def set_all() -> None:
            for source, target in effects:
                if proxies[source, target].effect is not None:
                    raise InjectError(f"{source} -> {target} already has a fault", code="inject.taken")
            for edge, effect in effects.items():
                proxies[edge].set_effect(effect)

        try:
            self._assembly.loop_thread.call(set_all)
        except SandboxError as error:
            raise InjectError(f"{self.revision} is down") from error

    def clear_effects(self, edges: Iterable[tuple[str, str]]) -> None:
        """Take the effects away; does nothing when the revision is down, for then they are gone."""
        proxies = [self._assembly.proxies[edge] for edge in edges]

        def clear_all() -> None:
            for proxy in proxies:
                proxy.set_effect(None)

        if self._assembly.loop_thread.is_alive:
            self._assembly.loop_thread.call(clear_all)


class LocalSandbox:
    """Starts services as processes of this machine.

    grace_s: how long a service may take to end after SIGTERM before it is killed.
    """

    name = "local"

    def __init__(self, grace_s: float = 1.0) -> None:
        self._grace_s = grace_s
        self._started: list[Assembly] = []

    def preflight(self) -> None:
        """Raise NotAvailable where there are no process groups or no loopback ports; starts nothing."""
        if os.name != "posix":
            raise NotAvailable("the local sandbox needs Linux or macOS", hint="use WSL, or --sandbox kube")
        try:
            ReservedPort().release()
        except SandboxError as error:
            raise NotAvailable(f"the local sandbox cannot listen on this machine: {error.message}") from error

    def up(self, deployment: Deployment) -> tuple[Running, Undo]:
        """Start everything in scope and wait until it is ready; callees before their callers."""
        assembly = Assembly(wire(deployment), self._grace_s)
        self._started.append(assembly)
        try:
            assembly.start()
            return LocalRunning(assembly), Undo(assembly.close, f"stop {deployment.revision}")
        except BaseException:
            assembly.close()
            raise

    def close(self) -> None:
        """End all that still runs. Raises SandboxError, after all was tried, naming what could not be ended."""
        stack = UndoStack()
        while self._started:
            stack.push(self._started.pop(0).close)
        for _, error in stack.close():
            raise error
