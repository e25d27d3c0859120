"""The data of the store and what each command does with it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
NOT_INTEGER = "ERR value is not an integer or out of range"


class CommandError(Exception):
    """A command that cannot be done; the message goes to the client."""


class Data:
    """Keys with strings and lists, in memory."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._keys: dict[str, str | deque[str]] = {}
        self._commands: dict[str, tuple[int, Callable[..., Any]]] = {
            "get": (1, self._get),
            "mget": (-1, self._mget),
            "set": (-2, self._set),
            "del": (-1, self._del),
            "exists": (-1, lambda *keys: sum(key in self._keys for key in keys)),
            "incr": (1, lambda key: self._incrby(key, "1")),
            "incrby": (2, self._incrby),
            "lpush": (-2, lambda key, *values: self._push(key, values, left=True)),
            "rpush": (-2, lambda key, *values: self._push(key, values, left=False)),
            "lpop": (1, lambda key: self._pop(key, left=True)),
            "rpop": (1, lambda key: self._pop(key, left=False)),
            "brpop": (-2, self._brpop),
            "llen": (1, lambda key: len(self._list(key))),
            "dbsize": (0, lambda: len(self._keys)),
            "flushall": (0, self._flush),
        }

    def run(self, name: str, arguments: list[str]) -> Any:
        """Run one command and return its answer: a string, a number, a list or None."""
        if name.lower() not in self._commands:
            raise CommandError(f"ERR unknown command '{name}'")
        count, command = self._commands[name.lower()]
        if (count >= 0 and len(arguments) != count) or len(arguments) < -count:
            raise CommandError(f"ERR wrong number of arguments for '{name.lower()}' command")
        with self._changed:
            return command(*arguments)

    def _get(self, key: str) -> str | None:
        value = self._keys.get(key)
        if isinstance(value, deque):
            raise CommandError(WRONG_TYPE)
        return value

    def _mget(self, *keys: str) -> list[str | None]:
        values = [self._keys.get(key) for key in keys]
        return [value if isinstance(value, str) else None for value in values]

    def _set(self, key: str, value: str, *options: str) -> str | None:
        wanted = [option.upper() for option in options]
        if wanted not in ([], ["NX"], ["XX"]):
            raise CommandError("ERR syntax error")
        if wanted and (key in self._keys) == (wanted == ["NX"]):
            return None
        self._keys[key] = value
        return "OK"

    def _del(self, *keys: str) -> int:
        return sum(self._keys.pop(key, None) is not None for key in keys)

    def _incrby(self, key: str, amount: str) -> int:
        try:
            total = int(self._get(key) or 0) + int(amount)
        except ValueError:
            raise CommandError(NOT_INTEGER) from None
        self._keys[key] = str(total)
        return total

    def _list(self, key: str) -> deque[str]:
        value = self._keys.get(key, deque())
        if isinstance(value, str):
            raise CommandError(WRONG_TYPE)
        return value

    def _push(self, key: str, values: tuple[str, ...], left: bool) -> int:
        items = self._list(key)
        self._keys[key] = items
        for value in values:
            (items.appendleft if left else items.append)(value)
        self._changed.notify_all()
        return len(items)

    def _pop(self, key: str, left: bool) -> str | None:
        items = self._list(key)
        if not items:
            return None
        value = items.popleft() if left else items.pop()
        if not items:
            del self._keys[key]
        return value

    def _brpop(self, *words: str) -> list[str] | None:
        *keys, wait = words
        try:
            wait_s = float(wait)
        except ValueError:
            raise CommandError("ERR timeout is not a float or out of range") from None
        if not 0 <= wait_s < 1e6:
            raise CommandError("ERR timeout is out of range")
        deadline = time.monotonic() + wait_s
        while True:
            for key in keys:
                value = self._pop(key, left=False)
                if value is not None:
                    return [key, value]
            left_s = deadline - time.monotonic() if wait_s else None
            if left_s is not None and left_s <= 0:
                return None
            self._changed.wait(left_s)

    def _flush(self) -> str:
        self._keys.clear()
        return "OK"
