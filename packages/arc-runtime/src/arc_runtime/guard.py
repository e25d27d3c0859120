"""Contains our own failures: whatever breaks in here, the application's call goes on as if we were not there.

The only place that catches every exception. Tests switch `reraise` on, so that no failure of ours goes unseen.
"""

import logging
import threading
import time
from typing import Any, Callable, Dict, TypeVar

T = TypeVar("T")

LOG_INTERVAL_S = 20.0
"""A failure that repeats is logged once per interval, with its count: seen, and too rare to fill a disk."""

_logger = logging.getLogger(__name__)
_failures: Dict[str, int] = {}
_log_lock = threading.Lock()
_state = {"reraise": False, "logged_at_s": -LOG_INTERVAL_S, "unlogged": 0}


def run(where: str, fallback: T, function: Callable[..., T], *arguments: Any) -> T:
    """Return ``function(*arguments)``, or ``fallback`` when it raises. Interrupts and exits pass through."""
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001 - the one place that is here for it
        contain(where, error)
        return fallback


def contain(where: str, error: Exception) -> None:
    """Count a failure of ours, and say so now and then; raise it where `reraise` is on."""
    if _state["reraise"]:
        raise error
    _failures[where] = _failures.get(where, 0) + 1
    _log(where, error)


def failures() -> Dict[str, int]:
    """Return how often we failed, by place, since the program started."""
    return dict(_failures)


def reraise(enabled: bool) -> bool:
    """Say whether failures come out, and return what held before."""
    before = bool(_state["reraise"])
    _state["reraise"] = enabled
    return before


def _log(where: str, error: Exception) -> None:
    """Log without ever waiting: a second thread that fails at the same moment only counts."""
    if not _log_lock.acquire(blocking=False):
        return
    try:
        now_s = time.monotonic()
        _state["unlogged"] += 1
        if now_s - _state["logged_at_s"] < LOG_INTERVAL_S:
            return
        count, _state["unlogged"], _state["logged_at_s"] = _state["unlogged"], 0, now_s
        _logger.debug("%s failed (%d failures since the last such line)", where, count, exc_info=error)
    finally:
        _log_lock.release()
