"""Runs a collector until it is told to stop."""

import asyncio
import signal
from typing import Callable, Optional

from arc_runtime.collector.server import Collector


async def serve(collector: Collector, ready: Callable[[int], None], stop: Optional[asyncio.Event] = None) -> None:
    """Start, call ``ready`` with the port, and serve until SIGINT, SIGTERM or ``stop``."""
    stopped = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
            continue
    await collector.start()
    try:
        ready(collector.port)
        await stopped.wait()
    finally:
        await collector.stop()
