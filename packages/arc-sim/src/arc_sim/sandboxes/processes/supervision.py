"""Real processes: each service in a session of its own, with a log, and with a way to end all that it started."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from arc_sim.errors import SandboxError
from arc_sim.sandboxes.processes.service_log import ServiceLog

TOKEN_VARIABLE = "ARC_SIM_SANDBOX"
"""Marks everything that a sandbox started, so that what has left its process group can be found (Linux)."""
_LAUNCHER = Path(__file__).with_name("launcher.py")
_POLL_S = 0.01
_KILL_TIMEOUT_S = 5.0
"""A decision: a process that outlives SIGKILL for so long hangs in the kernel, and we say so."""


@dataclass(frozen=True)
class ProcessSpec:
    """What to start."""

    service: str
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    log_path: Path


class ServiceProcess:
    """One started service. Start it from a thread that lives as long as it should."""

    def __init__(self, spec: ProcessSpec) -> None:
        self.service = spec.service
        program = _find_program(spec)
        self.log = ServiceLog(spec.service, spec.log_path)
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
        try:
            self._popen = subprocess.Popen(
                [*launcher, program, *spec.command[1:]],
                cwd=spec.cwd,
                env=dict(spec.env),
                stdin=subprocess.DEVNULL,
                stdout=self.log.write_fd,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self.log.discard()
            raise SandboxError(f"{spec.service} cannot be started: {error}", code="sandbox.cannot_start") from error
        self.log.start()
        self.pid = self._popen.pid

    def exit_status(self) -> int | None:
        """Return the exit status (negative: the signal), None while it runs; leaves the process group reserved."""
        if self._popen.returncode is not None:
            return self._popen.returncode
        if not hasattr(os, "waitid"):
            return self._popen.poll()
        try:
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return self._popen.poll()
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the service and all its children that stayed in its group."""
        if self._popen.returncode is None:  # afterwards the number could belong to somebody else
            try:
                os.killpg(self.pid, number)
            except (ProcessLookupError, PermissionError):  # macOS says EPERM for zombies
                return

    def wait_stopped(self, timeout_s: float) -> bool:
        """Wait until a SIGSTOP has reached it; False when it has not in time, or when the platform cannot tell."""

        def stands() -> bool:
            try:
                return os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
            except ChildProcessError:
                return True

        return hasattr(os, "waitid") and _wait_until(stands, timeout_s)

    def reap(self, timeout_s: float) -> bool:
        """Take the ended process out of the process table; False when it has not ended in time."""
        try:
            self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def describe_end(self) -> str:
        """Return how it ended, in words, with its last lines."""
        status = self.exit_status()
        if status is None:
            return f"{self.service} runs"
        self.log.wait(0.5)
        how = f"was ended by {_signal_name(-status)}" if status < 0 else f"exited with status {status}"
        return with_last_lines(f"{self.service} {how}", self.log.tail())


def stop_processes(processes: Iterable[ServiceProcess], grace_s: float, token: str) -> None:
    """End all of them and whatever they started; raises SandboxError naming those that cannot be killed.

    SIGTERM first, SIGKILL for the whole group after ``grace_s`` or as soon as all leaders have ended.
    """
    ours = list(processes)
    for process in ours:
        process.signal_group(signal.SIGTERM)
    _wait_until(lambda: all(process.exit_status() is not None for process in ours), grace_s)
    for process in ours:
        process.signal_group(signal.SIGKILL)
    strays = kill_marked(token)
    left = [process.service for process in ours if not process.reap(_KILL_TIMEOUT_S)]
    for process in ours:
        process.log.wait(1.0)
    if left or strays:
        raise SandboxError(f"cannot be killed: {', '.join([*left, *strays])}", code="sandbox.cannot_kill")


def kill_marked(token: str) -> list[str]:
    """Kill every process whose environment carries the token and return those that will not go, as ``pid N``.

    Finds what left its process group; only on Linux, elsewhere it finds nothing.
    """
    if not token or not hasattr(os, "pidfd_open"):
        return []
    _wait_until(lambda: _kill_round(token) == [], _KILL_TIMEOUT_S)
    return [f"pid {pid}" for pid in _kill_round(token)]


def _kill_round(token: str) -> list[int]:
    marker = f"{TOKEN_VARIABLE}={token}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if pid == os.getpid():
            continue
        try:
            handle = os.pidfd_open(pid)  # from here on the number cannot change its owner
        except OSError:
            continue
        try:
            if marker in (entry / "environ").read_bytes().split(b"\0"):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                found.append(pid)
        except OSError:
            continue
        finally:
            os.close(handle)
    return found


def with_last_lines(message: str, tail: str) -> str:
    """Return the message with the last log lines below it, indented."""
    if not tail.strip():
        return f"{message}; it printed nothing"
    return f"{message}; its last lines:\n" + "\n".join(f"  {line}" for line in tail.splitlines())


def _find_program(spec: ProcessSpec) -> str:
    name = spec.command[0]
    if not spec.cwd.is_dir():
        raise SandboxError(f"{spec.service} cannot be started: {spec.cwd} is no directory", code="sandbox.cannot_start")
    found = shutil.which(str(spec.cwd / name) if "/" in name else name, path=spec.env.get("PATH"))
    if found is None:
        raise SandboxError(
            f"{spec.service} cannot be started: {name} is not installed",
            code="sandbox.cannot_start",
            hint="install it or mend `command` in arc-sim.yaml",
        )
    return found


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(_POLL_S)
    return True
