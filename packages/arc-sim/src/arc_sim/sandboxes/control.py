"""Ending, pausing, slowing and starting again the services of a revision that is up: what process faults act on."""

import asyncio
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress

from arc_sim.errors import InjectError, SandboxError
from arc_sim.sandboxes.assembly import Assembly

QUOTA_PERIOD_S = 0.1
"""Linux gives a container its CPU in periods of this length (cgroup v2, cpu.max); so does Kubernetes' default."""
_REAP_S = 5.0
_RESTART_S = 60.0
"""A decision: longer than any readiness check takes before it gives up by itself."""


class ServiceControl:
    """Acts on the real services of one revision; stand-ins have no process, see ``is_real``."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self.down: set[str] = set()
        """Services that a fault has ended: their end is no news."""
        self._taken: set[str] = set()

    def is_real(self, service: str) -> bool:
        """Whether there is a process behind the name."""
        return service in self._assembly.processes

    def take(self, services: Iterable[str]) -> None:
        """Note that a fault acts on these; raises InjectError, with nothing changed, when one acts already."""
        wanted = set(services)
        both = sorted(wanted & self._taken)
        if both:
            raise InjectError(f"{both[0]} already has a fault", code="inject.taken")
        if not self._assembly.loop_thread.is_alive:
            raise InjectError(f"{self._assembly.wiring.deployment.revision} is down")
        self._taken |= wanted

    def give_back(self, services: Iterable[str]) -> None:
        """End what ``take`` began."""
        self._taken.difference_update(services)

    def kill(self, service: str) -> None:
        """End it with SIGKILL, children included."""
        self.down.add(service)
        process = self._assembly.processes[service]
        process.signal_group(signal.SIGKILL)
        if not process.reap(_REAP_S):
            raise InjectError(f"{service} cannot be killed")

    def start(self, service: str) -> None:
        """Start it again and return once it is ready; does nothing when the revision is down meanwhile.

        Raises SandboxError or StartTimeout with its last log lines.
        """
        if not self._assembly.loop_thread.is_alive:
            return
        self._assembly.processes[service].reap(_REAP_S)
        self._assembly.loop_thread.run(self._assembly.start_service(service), _RESTART_S)
        self.down.discard(service)

    def start_after(self, service: str, delay_s: float) -> Callable[[], None]:
        """Start it again after a while; return what waits until it is up."""
        loop_thread = self._assembly.loop_thread

        async def begin() -> "asyncio.Task[None]":
            async def later() -> None:
                await asyncio.sleep(delay_s)
                await self._assembly.start_service(service)

            return asyncio.get_running_loop().create_task(later())

        task = loop_thread.run(begin(), _REAP_S)

        def wait() -> None:
            async def joined() -> None:
                await task

            if loop_thread.is_alive:
                loop_thread.run(joined(), _RESTART_S)
                self.down.discard(service)

        return wait

    def pause(self, service: str) -> None:
        """Stop it with SIGSTOP and return once it stands: it keeps its connections and answers nobody."""
        process = self._assembly.processes[service]
        process.signal_group(signal.SIGSTOP)
        process.wait_stopped(_REAP_S)

    def resume(self, service: str) -> None:
        """Let it go on."""
        self._assembly.processes[service].signal_group(signal.SIGCONT)

    def throttle(self, service: str, share: float) -> Callable[[], None]:
        """Let it run for ``share`` of each quota period, and return what ends that."""
        loop_thread, process = self._assembly.loop_thread, self._assembly.processes[service]

        async def turns() -> None:
            try:
                while True:
                    await asyncio.sleep(QUOTA_PERIOD_S * share)
                    process.signal_group(signal.SIGSTOP)
                    await asyncio.sleep(QUOTA_PERIOD_S * (1 - share))
                    process.signal_group(signal.SIGCONT)
            finally:
                process.signal_group(signal.SIGCONT)

        async def begin() -> "asyncio.Task[None]":
            return asyncio.get_running_loop().create_task(turns())

        task = loop_thread.run(begin(), _REAP_S)

        def end() -> None:
            async def cancelled() -> None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

            with suppress(SandboxError):  # the loop has ended, and the service with it
                loop_thread.run(cancelled(), _REAP_S)

        return end
