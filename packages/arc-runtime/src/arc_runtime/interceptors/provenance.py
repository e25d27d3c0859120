"""Says which call this is: its name, the call around it, its thread and task. And whether calls are ours to ignore."""

import os
import random
import sys
import threading
from contextlib import contextmanager, suppress
from contextvars import ContextVar, Token
from typing import Iterator

CURRENT_CALL: "ContextVar[str]" = ContextVar("arc_current_call", default="")
"""The call that is being made in this context, empty outside."""
SUPPRESSED: "ContextVar[bool]" = ContextVar("arc_suppressed", default=False)
"""Whether calls in this context are our own and pass through unseen."""

_random = random.Random()
_getrandbits = _random.getrandbits


def new_call_id() -> str:
    """Return 32 random hex digits."""
    return f"{_getrandbits(128):032x}"


def enter(call_id: str) -> "Token[str]":
    """Make it the current call, and return what `leave` wants."""
    return CURRENT_CALL.set(call_id)


def leave(token: "Token[str]") -> None:
    """Go back to the call around it. A coroutine may end in another context than it began in: nothing to go back to."""
    with suppress(ValueError):
        CURRENT_CALL.reset(token)


def _reseed() -> None:
    """Make a forked child draw other names than its parent."""
    _random.seed(os.urandom(32))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reseed)


def thread_name() -> str:
    """Return the name of the calling thread."""
    return threading.current_thread().name


def task_name() -> str:
    """Return the name of the running asyncio task, empty under another event loop; asyncio is never imported here."""
    asyncio = sys.modules.get("asyncio")
    try:
        task = asyncio.current_task() if asyncio else None
    except RuntimeError:  # no running loop
        return ""
    return task.get_name() if task else ""


@contextmanager
def suppressed() -> Iterator[None]:
    """Let calls inside the block pass through unseen."""
    token = SUPPRESSED.set(True)
    try:
        yield
    finally:
        SUPPRESSED.reset(token)
