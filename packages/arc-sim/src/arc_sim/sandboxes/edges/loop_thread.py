"""An event loop in its own daemon thread: proxies and stand-ins live there, and services are started from there."""

import asyncio
import concurrent.futures
import math
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from arc_sim.errors import SandboxError

T = TypeVar("T")

_SLICE_S = 0.5
"""A decision: how soon a wait notices that the loop has died."""


class LoopThread:
    """Runs coroutines and functions for other threads, from ``start`` until ``stop``."""

    def __init__(self, name: str = "arc-sim-loop") -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._started = threading.Event()

    def start(self) -> None:
        """Start the thread and return once the loop turns."""
        self._thread.start()
        self._started.wait()

    @property
    def is_alive(self) -> bool:
        """Whether the loop still turns."""
        return self._thread.is_alive()

    def run(self, coroutine: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Run it in the loop and return its result; it is cancelled when the wait is interrupted or takes too long.

        Raises SandboxError when the loop has ended or does not answer in time.
        """
        if not self.is_alive:
            coroutine.close()
            raise SandboxError("the sandbox's event loop has ended", code="sandbox.loop_ended")
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            if not self._wait(future, timeout_s):
                raise SandboxError("the sandbox's event loop does not answer", code="sandbox.loop_hangs")
            return future.result()
        finally:
            future.cancel()

    def _wait(self, future: "concurrent.futures.Future[T]", timeout_s: float | None) -> bool:
        deadline_s = math.inf if timeout_s is None else time.monotonic() + timeout_s
        while self.is_alive and not future.done() and (left_s := deadline_s - time.monotonic()) > 0:
            concurrent.futures.wait([future], min(left_s, _SLICE_S))
        return future.done()

    def call(self, function: Callable[[], T], timeout_s: float = 5.0) -> T:
        """Call it in the loop's thread and return what it returns."""

        async def called() -> T:
            return function()

        return self.run(called(), timeout_s)

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Cancel what still runs, end the loop and the thread; False when it did not end in time."""
        if self.is_alive:
            self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.call_soon(self._started.set)
        try:
            self.loop.run_forever()
        finally:
            self._drain()
            asyncio.set_event_loop(None)
            self.loop.close()

    def _drain(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=2.0))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
