"""The bounded waiting line between the application's threads and the worker.

The rule when it is full: the newest event is dropped and counted (docs/decisions/0006). Everything here is safe to call
from a signal handler or a finalizer that interrupts itself: the lock is re-entrant, is held for a few instructions and
never around I/O.
"""

import contextlib
import threading
from collections import deque
from queue import Empty, SimpleQueue
from typing import Any, Deque, Dict, List, NamedTuple, Tuple

QUEUE_FULL = "queue_full"
CLOSED = "closed"
CONVERSION = "conversion"
REJECTED = "rejected"
INTERNAL = "internal"
REASONS = (QUEUE_FULL, CLOSED, CONVERSION, REJECTED, INTERNAL)
"""Why an event was not delivered. ``closed``: it came after, or was still waiting at, the end."""

NEVER = 1 << 62


MAX_BYTES = 64 * 1024 * 1024
"""What all waiting events may keep in memory; the promise for the whole of us is 100 MB."""


class Waiting(NamedTuple):
    """One event in line."""

    item: Any
    since_s: float
    """Monotonic clock."""
    size_bytes: int


class EventQueue:
    """First in, first out; at most ``max_events`` and ``max_bytes``: the newest is dropped when there is no room."""

    def __init__(self, max_events: int, max_bytes: int = MAX_BYTES) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._bytes = 0
        self._lock = threading.RLock()
        self._items: Deque[Waiting] = deque()
        self._taken = 0
        self._dropped: Dict[str, int] = dict.fromkeys(REASONS, 0)
        self._unreported: Dict[str, int] = {}
        self._losses: Deque[Tuple[str, int]] = deque()
        self._counting = False
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._ring_at = 1

    def put(self, item: Any, now_s: float, size_bytes: int = 0) -> bool:
        """Take an event, or count it as dropped and return False."""
        with self._lock:
            if len(self._items) >= self._max_events or self._bytes + size_bytes > self._max_bytes:
                self.drop(QUEUE_FULL)
                return False
            self._items.append(Waiting(item, now_s, size_bytes))
            self._bytes += size_bytes
            if len(self._items) >= self._ring_at:
                self.ring()
        return True

    def take(self, max_events: int) -> List[Any]:
        """Remove and return the oldest events, at most ``max_events``."""
        with self._lock:
            taken = [self._items.popleft() for _ in range(min(max_events, len(self._items)))]
            self._taken += len(taken)
            # an interrupted sum could lose a little; an empty line keeps nothing
            left = self._bytes - sum(waiting.size_bytes for waiting in taken)
            self._bytes = left if self._items else 0
            return [waiting.item for waiting in taken]

    def oldest_since_s(self) -> float:
        """Return when the oldest event came; the line must not be empty."""
        with self._lock:
            return self._items[0].since_s

    def drop(self, reason: str, events: int = 1) -> None:
        """Count events that are lost."""
        self._losses.append((reason, events))
        self._count()

    def _count(self) -> None:
        with self._lock:
            if self._counting:  # this thread interrupted itself in the loop below, which goes on after us
                return
            self._counting = True
            while self._losses:
                reason, events = self._losses.popleft()
                self._dropped[reason] += events
                self._unreported[reason] = self._unreported.get(reason, 0) + events
            self._counting = False

    def take_unreported(self) -> Dict[str, int]:
        """Return the losses since the last call, by reason."""
        self._count()
        with self._lock:
            unreported, self._unreported = self._unreported, {}
            return unreported

    @property
    def dropped(self) -> Dict[str, int]:
        """All losses so far, by reason; every reason is present."""
        self._count()
        with self._lock:
            return dict(self._dropped)

    @property
    def accepted(self) -> int:
        """Events that `put` ever took."""
        with self._lock:  # a sum, not a counter of its own: an interrupted `+= 1` would lose one
            return self._taken + len(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def ring_at(self, events: int) -> None:
        """Say how many events must wait before ``put`` wakes the worker; rings at once when they already do."""
        with self._lock:
            self._ring_at = events
            if len(self._items) >= events:
                self.ring()

    def ring(self) -> None:
        """Wake the worker now."""
        self._ring_at = NEVER
        self._bell.put(None)

    def wait(self, timeout_s: float) -> None:
        """Sleep until the bell rings or the time is over."""
        with contextlib.suppress(Empty):
            self._bell.get(timeout=timeout_s)
