"""Time as a dependency: the real clock, and one that tests move by hand."""

import threading
import time
from datetime import datetime, timedelta, timezone


class Clock:
    """Wall time for timestamps, monotonic time for durations, and sleep."""

    def now(self) -> datetime:
        """Return the wall time, UTC, timezone-aware."""
        raise NotImplementedError

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back; only differences mean something."""
        raise NotImplementedError

    def sleep(self, duration_s: float) -> None:
        """Wait for ``duration_s`` seconds."""
        raise NotImplementedError


class SystemClock(Clock):
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the wall time, UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return ``time.monotonic()``."""
        return time.monotonic()

    def sleep(self, duration_s: float) -> None:
        """Block the thread."""
        time.sleep(duration_s)


class ManualClock(Clock):
    """A clock that moves only when told, for tests; ``sleep`` moves it and returns at once."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=timezone.utc)) -> None:
        self._start = start
        self._elapsed_s = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the start plus all that was slept or advanced."""
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        """Return the seconds slept or advanced."""
        return self._elapsed_s

    def sleep(self, duration_s: float) -> None:
        """Advance by ``duration_s``."""
        self.advance(duration_s)

    def advance(self, duration_s: float) -> None:
        """Move forward; ``duration_s`` must not be negative."""
        if duration_s < 0:
            raise ValueError("time does not go back")
        with self._lock:
            self._elapsed_s += duration_s
