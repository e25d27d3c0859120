"""A lock that survives ``os.fork``."""

import os
import threading
from weakref import WeakSet


class ForkSafeLock:
    """A re-entrant lock that a forked child finds free: the thread that held it in the parent is not there.

    Without it, a child of a program whose other thread was starting or closing an Arc would wait for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        _made.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *raised: object) -> None:
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Replace what another thread held; what the forking thread itself holds stays so."""
        if self._lock.acquire(blocking=False):
            self._lock.release()
        else:
            self._lock = threading.RLock()


_made: "WeakSet[ForkSafeLock]" = WeakSet()


def _after_fork_in_child() -> None:
    for lock in list(_made):
        lock.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
