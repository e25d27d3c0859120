"""Everything that belongs to one revision that is up, and the one way to end all of it."""

import asyncio
import atexit
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress

from arc_common.undo import UndoStack
from arc_sim.config.host import inherited_environment, temporary_directory
from arc_sim.errors import ArcError, SandboxError
from arc_sim.sandboxes.edges.addresses import Place
from arc_sim.sandboxes.edges.loop_thread import LoopThread
from arc_sim.sandboxes.edges.proxy import EdgeProxy
from arc_sim.sandboxes.edges.wiring import Wiring
from arc_sim.sandboxes.processes.leftovers import SandboxDirectory, clean_leftovers
from arc_sim.sandboxes.processes.ports import HOST, ReservedPort
from arc_sim.sandboxes.processes.readiness import Readiness, wait_ready
from arc_sim.sandboxes.processes.supervision import TOKEN_VARIABLE, ProcessSpec, ServiceProcess, stop_processes
from arc_sim.sandboxes.stand_ins.server import StandIn
from arc_sim.sandboxes.stand_ins.shapes import dependencies, make_stand_ins

_LOOP_TIMEOUT_S = 3.0
"""A decision: closing sockets in a healthy loop takes milliseconds."""


class Assembly:
    """Processes, proxies, stand-ins, ports and files of one revision.

    Services are started from the loop's thread: the kernel kills them when that thread ends, and a Ctrl-C, which
    only reaches the main thread, can never fall between starting a process and writing it down.
    """

    def __init__(self, wiring: Wiring, grace_s: float) -> None:
        self.wiring = wiring
        self.loop_thread = LoopThread()
        self.processes: dict[str, ServiceProcess] = {}
        self.proxies: dict[tuple[str, str], EdgeProxy] = {}
        self.stand_ins: dict[str, StandIn] = {}
        self.token = secrets.token_hex(16)
        self._grace_s = grace_s
        self._ports: dict[str, ReservedPort] = {}
        self._dead_end: ReservedPort | None = None
        self._directory: SandboxDirectory | None = None
        self._starts = 0
        self._is_closing = False
        self._close_lock = threading.Lock()
        self._is_closed = False

    def start(self) -> None:
        """Start everything and wait until it is ready. Close it when this raises."""
        atexit.register(self.close)
        self.loop_thread.start()
        self.loop_thread.run(self._start())

    def address(self, service: str) -> tuple[str, int]:
        """Return where a service itself listens, without a proxy."""
        if service in self.stand_ins:
            return self.stand_ins[service].address
        return (HOST, self._ports[service].number)

    def close(self) -> None:
        """End everything, at most once, even when the loop has died or a Ctrl-C falls into it.

        Raises SandboxError, after all was tried, naming what could not be ended.
        """
        failures: list[tuple[str, Exception]] = []
        try:
            thread = threading.Thread(target=lambda: failures.extend(self._close()), name="arc-sim-teardown")
            thread.start()
        except RuntimeError:  # the interpreter is shutting down
            failures.extend(self._close())
        else:
            _join_whatever_comes(thread)
        if failures:
            what, error = failures[0]
            raise SandboxError(f"{what}: {error}", code="sandbox.cleanup") from error

    def _close(self) -> list[tuple[str, Exception]]:
        with self._close_lock:
            if self._is_closed:
                return []
            self._freeze()
            stack = UndoStack()
            stack.push(self._remove_directory, "remove the temporary directory")
            stack.push(self._close_sockets, "close sockets")
            stack.push(self._stop_loop, "stop the proxies")
            stack.push(self._stop_processes, "stop the services")
            failures = stack.close()
            self._is_closed = True
            atexit.unregister(self.close)
            return failures

    def _freeze(self) -> None:
        """From here on nothing new is started: starting happens in the loop's thread, and so does this."""
        self._is_closing = True
        with suppress(SandboxError):
            self.loop_thread.call(lambda: None, _LOOP_TIMEOUT_S)

    async def _start(self) -> None:
        self._prepare()
        for proxy in self.proxies.values():
            await proxy.start()
        for name, stand_in in self.stand_ins.items():
            proxied = {target: proxy.address for (source, target), proxy in self.proxies.items() if source == name}
            stand_in.dependencies = dependencies(self.wiring, name, proxied)
            await stand_in.start()
        for layer in self.wiring.start_order():
            await asyncio.gather(*[self.start_service(service) for service in layer])

    def _prepare(self) -> None:
        """Make directories, and give everything that listens its address, before anybody has to know it."""
        clean_leftovers(temporary_directory())
        self._directory = SandboxDirectory(temporary_directory(), self.token)
        self._dead_end = ReservedPort()
        for service in filter(self.wiring.has_port, self.wiring.real):
            self._ports[service] = ReservedPort()
        for stand_in in make_stand_ins(self.wiring):
            self.stand_ins[stand_in.service] = stand_in
        for edge in self.wiring.edges:
            if self.wiring.has_port(edge.target):
                self.proxies[edge.key] = EdgeProxy(edge.key, self.address(edge.target))

    async def start_service(self, service: str) -> None:
        """Start one service, or start it again, and wait until it is ready."""
        if self._is_closing:
            raise asyncio.CancelledError
        assert self._directory is not None
        wiring, spec = self.wiring, self.wiring.real[service]
        port = self._ports.get(service)
        number = port.number if port else None
        env = {**self._base_environment(), **wiring.environment(service, number, self._place_seen_by(service))}
        env[TOKEN_VARIABLE] = self.token
        log_path = self._directory.path / "logs" / f"{self._starts}.log"
        self._starts += 1
        process_spec = ProcessSpec(
            service, spec.command, wiring.deployment.worktree.absolute() / spec.cwd, env, log_path
        )
        if port is not None:
            port.release()
        self.processes[service] = ServiceProcess(process_spec)
        await wait_ready(Readiness(self.processes[service], number, spec.ready_path, spec.ready_timeout_s))

    def _base_environment(self) -> dict[str, str]:
        assert self._directory is not None
        return {
            **inherited_environment(),
            "HOME": str(self._directory.path / "home"),
            "TMPDIR": str(self._directory.path / "tmp"),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _place_seen_by(self, source: str) -> Callable[[str], Place]:
        def place_of(target: str) -> Place:
            if target == source:
                return Place(*self.address(source)) if self.wiring.has_port(source) else self._nowhere()
            proxy = self.proxies.get((source, target))
            if proxy is None:  # out of scope, or a service without a port
                return self._nowhere()
            return Place(*proxy.address, plain_text=target in self.stand_ins)

        return place_of

    def _nowhere(self) -> Place:
        """Return an address that refuses: bound by us, and nobody listens."""
        assert self._dead_end is not None
        return Place(HOST, self._dead_end.number)

    def _stop_processes(self) -> None:
        stop_processes(self.processes.values(), self._grace_s, self.token)

    def _stop_loop(self) -> None:
        if self.loop_thread.is_alive:
            with suppress(SandboxError):
                self.loop_thread.run(self._close_servers(), _LOOP_TIMEOUT_S)
            if not self.loop_thread.stop(_LOOP_TIMEOUT_S):
                raise SandboxError("the event loop does not end", code="sandbox.loop_hangs")

    async def _close_servers(self) -> None:
        for proxy in self.proxies.values():
            proxy.close()
        for stand_in in self.stand_ins.values():
            await stand_in.close()
        await asyncio.sleep(0)  # let the transports close

    def _close_sockets(self) -> None:
        for proxy in self.proxies.values():
            proxy.close_socket()
        for stand_in in self.stand_ins.values():
            stand_in.close_socket()
        for port in self._ports.values():
            port.release()
        if self._dead_end is not None:
            self._dead_end.release()

    def _remove_directory(self) -> None:
        if self._directory is not None:
            self._directory.remove()


def _join_whatever_comes(thread: threading.Thread) -> None:
    """Wait for the thread; what a signal handler raises meanwhile is raised only after the thread has ended."""
    interrupt: BaseException | None = None
    while thread.is_alive():
        try:
            thread.join()
        except (KeyboardInterrupt, SystemExit, ArcError) as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt
