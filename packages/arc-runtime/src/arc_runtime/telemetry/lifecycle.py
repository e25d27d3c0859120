"""What must happen around ``os.fork`` and at the end of the program, registered once per process and never earlier."""

import atexit
import os
import threading
from typing import Dict, Protocol


class Lived(Protocol):
    """What is told about forks and the end."""

    def before_fork(self) -> None:
        """Get ready: no half-done I/O."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Forget the parent's threads and sockets."""

    def before_exit(self) -> None:
        """Finish what waits, within a time of its own."""

    def at_exit(self) -> None:
        """Stop."""


_watched: Dict[int, Lived] = {}
"""By ``id``; an unclosed part is kept alive on purpose, so that the end can still flush it."""
_registered = False
_before_registered = False


def watch(part: Lived) -> None:
    """Tell ``part`` about forks and the end until it is forgotten."""
    global _registered
    _watched[id(part)] = part
    if _registered:
        return
    _registered = True
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_parent=_after_in_parent, after_in_child=_after_in_child)
    # atexit functions run last-in first-out: ours is registered early and so runs late, after the application's own
    atexit.register(_at_exit)
    # earlier than atexit, while threads can still be started (Python 3.9+; concurrent.futures ends its pools here too)
    register = getattr(threading, "_register_atexit", None)
    if register is not None:
        register(_before_exit)


def close_connections_before_fork() -> None:
    """From now on tell the parts before a fork; to be called when the first connection is open.

    Python runs the functions that were registered last first, and ours must run before gRPC's, which gRPC registers
    with its first channel and after which no channel can be closed any more.
    """
    global _before_registered
    if not _before_registered and hasattr(os, "register_at_fork"):
        _before_registered = True
        os.register_at_fork(before=_before_fork)


def forget(part: Lived) -> None:
    """Tell it nothing more."""
    _watched.pop(id(part), None)


def _before_fork() -> None:
    for part in list(_watched.values()):
        part.before_fork()


def _after_in_parent() -> None:
    for part in list(_watched.values()):
        part.after_fork_in_parent()


def _after_in_child() -> None:
    for part in list(_watched.values()):
        part.after_fork_in_child()


def _before_exit() -> None:
    for part in list(_watched.values()):
        part.before_exit()


def _at_exit() -> None:
    for part in list(_watched.values()):
        part.before_exit()
        part.at_exit()
