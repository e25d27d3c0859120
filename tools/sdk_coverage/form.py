"""One way to make a call, and how its answer is read to the end, synchronously or not. Runs on Python 3.8 and later."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, NamedTuple

ANSWER, STREAM, MANAGER, READ = "answer", "stream", "manager", "read"
"""What a use gives: an answer; something to iterate; a context manager to iterate; one to read bytes from."""

VOLATILE = frozenset(("id", "created", "created_at", "completed_at", "item_id", "call_id"))
"""Fields that differ between two answers to the same question."""


NONE: dict = {}


class Form(NamedTuple):
    """One row of the table."""

    name: str
    use: Callable[[Any, Any], Any]
    """``use(made, parameters)``: `made` is what `make` gave, parameters are those of `question`."""
    fixed: dict
    """What Arc has to change in the body that arrives: ``{"temperature": 0.7}``."""
    gives: str = ANSWER
    question: dict = NONE
    """Parameters of the call; a value that no pattern names makes it one that must not be touched."""
    make: str = "plain"
    """The client it goes through: a name in the SDK's `CLIENTS`."""
    modes: tuple = ("sync", "async")
    renamed: dict = NONE
    """Parameters that make the question one which no pattern matches."""


def read_sync(gives: str, given: Any) -> Any:
    """Return the whole answer as plain values."""
    if gives == STREAM:
        return plain(list(given))
    if gives == MANAGER:
        with given as stream:
            return plain(list(stream))
    if gives == READ:
        with given as response:
            return plain(response.read())
    return plain(given)


async def read_async(gives: str, given: Any) -> Any:
    """Return the whole answer as plain values."""
    if gives in (ANSWER, STREAM) and inspect.isawaitable(given):
        given = await given
    if gives == STREAM:
        return plain([item async for item in given])
    if gives == MANAGER:
        async with given as stream:
            return plain([item async for item in stream])
    if gives == READ:
        async with given as response:
            return plain(await response.read())
    if hasattr(given, "parse") and inspect.iscoroutinefunction(given.parse):
        return plain(await given.parse())
    return plain(given)


def plain(value: Any) -> Any:
    """Return an answer as values that can be compared, with its type's name and without what differs each time."""
    if hasattr(value, "parse") and not hasattr(value, "model_dump"):
        return [type(value).__name__, plain(value.parse())]
    if hasattr(value, "model_dump"):
        return [type(value).__name__, plain(value.model_dump(mode="python", warnings="none"))]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items() if key not in VOLATILE}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return _without_names(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(type(value))


def _without_names(raw: bytes) -> Any:
    try:
        return plain(json.loads(raw))
    except ValueError:
        return raw.decode("utf-8", "replace")
