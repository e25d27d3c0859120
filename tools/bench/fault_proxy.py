"""What the fault proxy adds: without a fault against a direct connection, and how exactly it adds 250 ms."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Callable

from arc_sim.injectors.effects.latency import LatencyEffect
from arc_sim.model import Fault
from arc_sim.sandboxes.edges.loop_thread import LoopThread
from arc_sim.sandboxes.edges.proxy import EdgeProxy
from bench.report import Report, median, percentile

DELAY_MS = 250.0
RUNS = ((1, 20.0), (100, 10.0))
"""Requests per second and arm, and for how long."""
MESSAGE = b"x" * 200

ECHO = """
import asyncio

async def answer(reader, writer):
    writer.write(await reader.readexactly(200))
    await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""

Address = tuple[str, int]


def run() -> Report:
    """Measure all arms side by side, so that whatever else the machine does hits them alike."""
    with subprocess.Popen([sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        upstream = ("127.0.0.1", int(server.stdout.readline()))
        loop = LoopThread()
        loop.start()
        try:
            plain, slow = _proxy(loop, upstream), _proxy(loop, upstream)
            effect = LatencyEffect(Fault("latency", DELAY_MS), random.Random(0))
            loop.call(lambda: slow.set_effect(effect))
            arms = {"direct": upstream, "proxy": plain.address, "proxy with 250 ms": slow.address}
            rows = [row for rate, duration_s in RUNS for row in _rows(rate, asyncio.run(_send(arms, rate, duration_s)))]
            loop.call(lambda: (plain.close(), slow.close()))
        finally:
            loop.stop()
            server.kill()
    return Report(
        title="Fault proxy",
        method=(
            "Open loop, a new TCP connection per request, 200 bytes there and back, echoed by another process; the "
            "three arms take turns, so each request of one has a neighbour of the others. 'Added' is against the "
            "median of the direct arm at the same rate; for the arm with the fault it also subtracts the 250 ms: "
            "what is left is the error of the injection."
        ),
        columns=["requests/s per arm", "arm", "n", "median ms", "p99 ms", "added, median ms", "added, p99 ms"],
        rows=rows,
        reading="Timers of the event loop fire up to 1 ms late (epoll counts in milliseconds), never early.",
    )


def _proxy(loop: LoopThread, upstream: Address) -> EdgeProxy:
    proxy = loop.call(lambda: EdgeProxy(("caller", "callee"), upstream))
    loop.run(proxy.start())
    return proxy


async def _send(arms: dict[str, Address], rate: int, duration_s: float) -> dict[str, list[float]]:
    seen: dict[str, list[float]] = {name: [] for name in arms}
    loop = asyncio.get_running_loop()
    for address in arms.values():  # warm up
        await _request(address, lambda _: None)
    start_s = loop.time()
    tasks = []
    for index in range(round(rate * duration_s) * len(arms)):
        name = list(arms)[index % len(arms)]
        await asyncio.sleep(max(0.0, start_s + index / (rate * len(arms)) - loop.time()))
        tasks.append(asyncio.create_task(_request(arms[name], seen[name].append)))
    await asyncio.gather(*tasks)
    return seen


async def _request(address: Address, note: Callable[[float], None]) -> None:
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    reader, writer = await asyncio.open_connection(*address)
    writer.write(MESSAGE)
    await reader.readexactly(len(MESSAGE))
    note((loop.time() - started_s) * 1000)
    writer.close()


def _rows(rate: int, seen: dict[str, list[float]]) -> list[list[str]]:
    floor = median(seen["direct"])
    rows = []
    for name, values in seen.items():
        added = [value - floor - (DELAY_MS if "250" in name else 0.0) for value in values]
        shown = (median(values), percentile(values, 0.99), median(added), percentile(added, 0.99))
        rows.append([str(rate), name, str(len(values)), *(f"{value:.2f}" for value in shown)])
    return rows
