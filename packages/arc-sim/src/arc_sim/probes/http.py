"""Open-loop HTTP load: requests leave when the schedule says so, whether or not earlier ones have been answered."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientOSError,
    ClientPayloadError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
)

from arc_common.clock import Clock, SystemClock
from arc_sim.errors import ProbeError
from arc_sim.model import Cell, LoadSpec, Observation
from arc_sim.probes.base import Refused
from arc_sim.sandboxes.base import Running
from arc_sim.sandboxes.edges.loop_thread import LoopThread

T = TypeVar("T")

MAX_REQUESTS = 100_000
"""A decision: more in one cell is a mistake in the load."""
MAX_IN_FLIGHT = 500
"""A decision: below the usual limit of 1,024 open files. Further requests wait; their latency goes on counting."""
_CHUNK = 65_536
_ERROR_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (asyncio.TimeoutError, "timeout"),
    (ClientConnectorError, "refused"),
    (ServerDisconnectedError, "disconnected"),
    (ClientOSError, "reset"),
    (ClientPayloadError, "broken_response"),
    (ClientError, "bad_response"),
    (OSError, "reset"),
)
"""First match wins."""


@dataclass(frozen=True)
class _Outcome:
    latency_ms: float
    error: str | None


class HttpProbe:
    """Measures the entry service over HTTP/1.1, with a new connection for each request.

    Latencies count from the intended send time, so a system that stalls cannot hide it by delaying the load
    (coordinated omission). A new connection each time, because a kept one may be closed by the server just when it
    is used again, which would count as an error.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._born_s = self._clock.monotonic()

    def measure(self, running: Running, load: LoadSpec, cell: Cell) -> Observation:
        """Send the load and return what was seen after the warm-up.

        Raises Refused when not one connection could be made, ProbeError when the load is larger than MAX_REQUESTS.
        """
        started_s = self._clock.monotonic() - self._born_s
        outcomes = _run(_send_all(running.entry_address, load))
        kinds = Counter(outcome.error for outcome in outcomes if outcome.error is not None)
        latencies_ms = tuple(outcome.latency_ms for outcome in outcomes)
        seen = Observation(cell, latencies_ms, kinds.total(), dict(sorted(kinds.items())), started_s)
        if kinds["refused"] == len(outcomes):
            host, port = running.entry_address
            raise Refused(f"{load.service} at {host}:{port} accepts no connection", seen)
        return seen


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it in a loop and a thread of its own.

    The caller may have a loop already (notebooks), and an interrupt that strikes the caller's thread cancels the load
    instead of tearing its tasks apart.
    """
    loop = LoopThread("arc-sim-probe")
    loop.start()
    try:
        return loop.run(coroutine)
    finally:
        loop.stop()


def schedule(load: LoadSpec) -> tuple[list[float], int]:
    """Return when each request is to be sent, in seconds from the start, and how many of them are warm-up."""
    warm_up = round(load.rate_per_s * load.warm_up_s)
    total = warm_up + max(1, round(load.rate_per_s * load.duration_s))
    if total > MAX_REQUESTS:
        raise ProbeError(f"{total} requests are too many for one cell", hint="lower rate_per_s or duration_s")
    return [index / load.rate_per_s for index in range(total)], warm_up


async def _send_all(address: tuple[str, int], load: LoadSpec) -> list[_Outcome]:
    times_s, warm_up = schedule(load)
    loop = asyncio.get_running_loop()
    connector = TCPConnector(limit=0, force_close=True)
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar(), auto_decompress=False) as session:
        sender = _Sender(session, address, load)
        start_s = loop.time()
        tasks = []
        for at_s in times_s:
            await asyncio.sleep(max(0.0, start_s + at_s - loop.time()))
            tasks.append(loop.create_task(sender.send(start_s + at_s)))
        outcomes = await asyncio.gather(*tasks)
    return outcomes[warm_up:]


class _Sender:
    def __init__(self, session: ClientSession, address: tuple[str, int], load: LoadSpec) -> None:
        self._session = session
        self._url = f"http://{address[0]}:{address[1]}{load.path}"
        self._load = load
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)

    async def send(self, intended_s: float) -> _Outcome:
        loop = asyncio.get_running_loop()
        timeout_ms = self._load.timeout_s * 1000
        error: str | None
        try:
            left_s = intended_s + self._load.timeout_s - loop.time()
            error = await asyncio.wait_for(self._request(), max(0.0, left_s))
        except (asyncio.TimeoutError, ClientError, OSError) as caught:
            error = next(kind for type_, kind in _ERROR_KINDS if isinstance(caught, type_))
        latency_ms = timeout_ms if error == "timeout" else min(timeout_ms, (loop.time() - intended_s) * 1000)
        return _Outcome(latency_ms, error)

    async def _request(self) -> str | None:
        load = self._load
        async with (
            self._slots,
            self._session.request(
                load.method,
                self._url,
                data=load.body.encode() if load.body is not None else None,
                headers=load.headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=None),
            ) as response,
        ):
            async for _ in response.content.iter_chunked(_CHUNK):
                pass
            return f"http_{response.status}" if response.status >= 500 else None
