"""A stand-in for a service that cannot be started: it does what the graph says, and nothing else."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

from arc_sim.sandboxes.processes.ports import listening_socket

WORK_S = 0.002
"""A decision: what a stand-in works for each request, besides waiting for what it depends on."""
NO_TIMEOUT_S = 60.0
"""A decision: how long a call without a timeout waits; longer than any probe does."""
_PING = b"PING\r\n"  # Redis answers it; others answer something or hang up, after one round trip all the same
_CHUNK = 65_536


@dataclass(frozen=True)
class Dependency:
    """One outgoing edge of a stand-in."""

    target: str
    address: tuple[str, int]
    """Of the edge's proxy."""
    speaks_http: bool
    timeout_s: float
    retries: int
    has_fallback: bool


class StandIn:
    """One running stand-in. Everything runs in the thread of the event loop.

    speaks_http: an HTTP server that calls its dependencies in order; otherwise a TCP server that acknowledges every
    chunk with ``+OK``, as databases, caches and brokers are stood in for.
    """

    def __init__(self, service: str, speaks_http: bool) -> None:
        self.service = service
        self.dependencies: tuple[Dependency, ...] = ()
        """Set before ``start``."""
        self._speaks_http = speaks_http
        self._listener = listening_socket()
        host, port = self._listener.getsockname()
        self.address: tuple[str, int] = (host, port)
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self._session: ClientSession | None = None

    async def start(self) -> None:
        """Serve from now on."""
        if not self._speaks_http:
            server = await asyncio.start_server(_acknowledge, sock=self._listener)
            self._closers.append(lambda: _close_server(server))
            return
        self._session = ClientSession(connector=TCPConnector(limit=0), cookie_jar=DummyCookieJar())
        runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        self._closers += [self._session.close, runner.cleanup]
        await runner.setup()
        await web.SockSite(runner, self._listener).start()

    async def close(self) -> None:
        """Stop serving and drop all connections."""
        while self._closers:
            await self._closers.pop()()
        self._listener.close()

    def close_socket(self) -> None:
        """Stop listening when no loop is left to do it properly; safe from any thread, also after ``close``."""
        self._listener.close()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        async for _ in request.content.iter_chunked(_CHUNK):
            pass  # read it as the real service would
        await asyncio.sleep(WORK_S)
        for dependency in self.dependencies:
            if not await self._call(dependency) and not dependency.has_fallback:
                return web.json_response({"service": self.service, "failed": dependency.target}, status=503)
        return web.json_response({"service": self.service})

    async def _call(self, dependency: Dependency) -> bool:
        """Call it, as often as the edge retries, and return whether it answered."""
        attempt = self._get if dependency.speaks_http else _ping
        for _ in range(1 + dependency.retries):
            with contextlib.suppress(OSError, ClientError, asyncio.TimeoutError):
                if await asyncio.wait_for(attempt(dependency.address), dependency.timeout_s):
                    return True
        return False

    async def _get(self, address: tuple[str, int]) -> bool:
        assert self._session is not None
        url = f"http://{address[0]}:{address[1]}/"
        async with self._session.get(url, timeout=ClientTimeout(total=None), allow_redirects=False) as response:
            await response.read()
            return response.status < 500


async def _ping(address: tuple[str, int]) -> bool:
    """Return once the server has answered or hung up in good order; it raises OSError when it refuses or resets."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(_PING)
        await writer.drain()
        await reader.read(_CHUNK)
        return True
    finally:
        writer.close()


async def _acknowledge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.read(_CHUNK):
            writer.write(b"+OK\r\n")
            await writer.drain()
    except OSError:
        return
    finally:
        writer.close()


async def _close_server(server: asyncio.Server) -> None:
    server.close()
