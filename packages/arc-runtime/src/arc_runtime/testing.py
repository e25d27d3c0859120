"""For tests of programs that use arc-runtime, and for our own: a sink that keeps events, and failures that show."""

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List

from arc_runtime import guard
from arc_runtime.interceptors.provenance import suppressed
from arc_runtime.model import Event

__all__ = ["MemorySink", "reraise_failures", "suppressed"]


class MemorySink:
    """Keeps every event: ``Arc(sink=MemorySink())``."""

    def __init__(self) -> None:
        self.events: List[Event] = []

    def emit(self, event: Event) -> None:
        """Keep one event."""
        self.events.append(event)

    def flush(self, timeout_s: float) -> bool:
        """Return True: nothing ever waits."""
        return True

    def close(self, timeout_s: float) -> None:
        """Keep the events that are there."""

    def stats(self) -> Dict[str, Any]:
        """Return how many events there are."""
        return {"delivered": len(self.events), "queued": 0, "dropped": {}}


@contextmanager
def reraise_failures() -> Iterator[None]:
    """Let failures of ours out of the guard inside the block, into the call that they happened in."""
    before = guard.reraise(True)
    try:
        yield
    finally:
        guard.reraise(before)
