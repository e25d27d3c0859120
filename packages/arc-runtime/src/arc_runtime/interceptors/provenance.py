"""Says which call this is: its name, the call around it, its thread and task, its tags. And whether calls are our own.

All of it lives in context variables, so that what one request says of itself is never another request's.
"""

import os
import random
import sys
import threading
from contextlib import contextmanager, suppress
from contextvars import ContextVar, Token
from typing import Any, Iterator, Mapping, Optional, Tuple

from arc_runtime.model import Call

CURRENT_CALL: "ContextVar[Optional[Call]]" = ContextVar("arc_current_call", default=None)
"""The call that is being made in this context. It has no name yet where nobody listens; `current_call` gives it one."""
HTTP_STATUS: "ContextVar[int]" = ContextVar("arc_http_status", default=0)
"""The HTTP status of the answer that the SDK received last in this context."""
SUPPRESSED: "ContextVar[bool]" = ContextVar("arc_suppressed", default=False)
"""Whether calls in this context are our own and pass through unseen."""
TAGS: "ContextVar[Tuple[Tuple[str, str], ...]]" = ContextVar("arc_tags", default=())
"""What the application says of the calls in this context."""

MAX_TAGS = 16
"""Tags of one call; those that come later are left out."""
MAX_TAG_CHARS = 256
"""Longest value of a tag; the rest is cut. Names have a quarter of it."""

_random = random.Random()
_getrandbits = _random.getrandbits


def new_call_id() -> str:
    """Return 32 random hex digits."""
    return f"{_getrandbits(128):032x}"


def current_call() -> Optional[Call]:
    """Return the call that is being made in this context, with its name, or None outside of one."""
    call = CURRENT_CALL.get()
    if call is None or call.call_id:
        return call
    named = call._replace(call_id=new_call_id(), thread=thread_name(), task=task_name())
    CURRENT_CALL.set(named)
    return named


def parent_id() -> str:
    """Return the name of the call around this one, empty at the top."""
    around = CURRENT_CALL.get()
    if around is None:
        return ""
    return around.call_id or getattr(current_call(), "call_id", "")


def leave(token: "Token[Optional[Call]]") -> None:
    """Go back to the call around it. A coroutine may end in another context than it began in: nothing to go back to."""
    try:  # noqa: SIM105 - a context manager costs half a microsecond, on every call
        CURRENT_CALL.reset(token)
    except ValueError:
        pass


@contextmanager
def tags(given: Mapping[str, Any]) -> Iterator[None]:
    """Put tags on the calls inside the block, besides those of the blocks around it; None takes a tag away."""
    merged = dict(TAGS.get())
    for name, value in given.items():
        key = str(name)[: MAX_TAG_CHARS // 4]
        if value is None:
            merged.pop(key, None)
        elif key in merged or len(merged) < MAX_TAGS:
            merged[key] = str(value)[:MAX_TAG_CHARS]
    token = TAGS.set(tuple(merged.items()))
    try:
        yield
    finally:
        with suppress(ValueError):  # a generator of the application ends in another context than it began in
            TAGS.reset(token)


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
