"""When a started service counts as ready: it answers below 500, it accepts a connection, or it is simply alive."""

import asyncio
import contextlib
from dataclasses import dataclass

from arc_sim.errors import SandboxError, StartTimeout
from arc_sim.sandboxes.processes.listening import listening_ports
from arc_sim.sandboxes.processes.ports import HOST
from arc_sim.sandboxes.processes.supervision import ServiceProcess, with_last_lines

_POLL_S = 0.02
_ATTEMPT_TIMEOUT_S = 2.0
"""A decision: one attempt waits so long at most; a slow first answer is asked for again."""
_ALIVE_S = 0.1
"""A decision: a service without a port counts as ready when it has lived so long."""


@dataclass(frozen=True)
class Readiness:
    """What to wait for."""

    process: ServiceProcess
    port: int | None
    path: str | None
    timeout_s: float


async def wait_ready(wanted: Readiness) -> None:
    """Return once the service is ready.

    Raises SandboxError when it ends before that and StartTimeout when it takes too long, both with its last lines.
    """
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    while True:
        if wanted.process.exit_status() is not None:
            message = wanted.process.describe_end()
            raise SandboxError(f"before it was ready, {message}", code="sandbox.service_died")
        if wanted.port is None:
            if loop.time() - started_s >= _ALIVE_S:
                return
        elif await _answers(wanted.port, wanted.path):
            return
        if loop.time() - started_s >= wanted.timeout_s:
            raise StartTimeout(_why_not(wanted))
        await asyncio.sleep(_POLL_S)


async def _answers(port: int, path: str | None) -> bool:
    try:
        return await asyncio.wait_for(_attempt(port, path), _ATTEMPT_TIMEOUT_S)
    except (OSError, EOFError, ValueError, asyncio.TimeoutError):
        return False


async def _attempt(port: int, path: str | None) -> bool:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        if path is None:
            return True
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n".encode())
        version, status = (await reader.readline()).split()[:2]
        return version.startswith(b"HTTP/") and int(status) < 500
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _why_not(wanted: Readiness) -> str:
    service, process = wanted.process.service, wanted.process
    message = f"{service} did not get ready within {wanted.timeout_s:g} s"
    others = listening_ports(process.pid)
    if wanted.port in others and wanted.path is not None:
        message += f": it listens, but GET {wanted.path} does not answer below 500"
    elif others:
        message += f": it listens on port {', '.join(map(str, sorted(others)))}, not on {wanted.port} as it was told"
    else:
        message += f": nothing listens on port {wanted.port}"
    return with_last_lines(message, process.log.tail())
