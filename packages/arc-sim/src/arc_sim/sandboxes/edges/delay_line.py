"""One direction of a proxied connection: chunks wait until their time has come and leave in order."""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from enum import Enum

LINE_BYTES = 8 * 1024 * 1024
"""A decision: at most so much waits in one direction of one connection; then the sender is held back."""


class Ending(Enum):
    """How a direction ends: it is the last item of its line."""

    END = "end"
    RESET = "reset"


Item = bytes | Ending


class DelayLine:
    """Delays are pipelined: each item has its own time to leave, never before an earlier item.

    deliver: called for each item when it leaves.   set_reading: called with False while the line is full.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[Item], None],
        set_reading: Callable[[bool], None],
        limit_bytes: int = LINE_BYTES,
    ) -> None:
        self._loop = loop
        self._deliver = deliver
        self._set_reading = set_reading
        self._limit_bytes = limit_bytes
        self._items: deque[tuple[float, Item]] = deque()
        self._bytes = 0
        self._last_leave_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_stopped = False
        self._is_full = False

    @property
    def waiting_bytes(self) -> int:
        """How much waits."""
        return self._bytes

    def push(self, item: Item, hold_s: float) -> None:
        """Let the item leave ``hold_s`` from now, or right after the one before it if that is later.

        An infinite hold ends with ``release``; what comes behind it waits as well, since bytes keep their order.
        """
        if not self._items and hold_s <= 0 and not self._is_stopped:
            self._deliver(item)
            return
        self._last_leave_s = max(self._last_leave_s, self._loop.time() + hold_s)
        self._items.append((self._last_leave_s, item))
        self._bytes += _size(item)
        if self._bytes > self._limit_bytes and not self._is_full:
            self._is_full = True
            self._set_reading(False)
        self._schedule()

    def stop(self) -> None:
        """Hold everything: the receiver's buffer is full."""
        self._is_stopped = True
        self._cancel_timer()

    def go(self) -> None:
        """Go on after ``stop``."""
        self._is_stopped = False
        self._flush()

    def release(self) -> None:
        """Let all that waits leave now."""
        self._last_leave_s = 0.0
        self._items = deque((0.0, item) for _, item in self._items)
        self._flush()

    def clear(self) -> None:
        """Forget all that waits."""
        self._cancel_timer()
        self._items.clear()
        self._bytes = 0

    def _flush(self) -> None:
        self._cancel_timer()
        while self._items and not self._is_stopped and self._items[0][0] <= self._loop.time():
            _, item = self._items.popleft()
            self._bytes -= _size(item)
            self._deliver(item)
        if self._is_full and self._bytes <= self._limit_bytes // 2:
            self._is_full = False
            self._set_reading(True)
        self._schedule()

    def _schedule(self) -> None:
        if self._items and self._timer is None and not self._is_stopped and self._items[0][0] < math.inf:
            self._timer = self._loop.call_at(self._items[0][0], self._flush)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _size(item: Item) -> int:
    return len(item) if isinstance(item, bytes) else 0
