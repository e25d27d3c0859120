"""Signs in tools and schemas. Tools are the same in call after call, so what was looked at once is remembered."""

from functools import lru_cache
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from arc_runtime.fixes.base import Fix
from arc_runtime.fixes.parse import parse_fix

NONE: Tuple[str, ...] = ()
MAX_REMEMBERED = 32
"""Sizes of tools, each with as many sets as MAX_ALIKE; a set of 20 tools keeps about 40 kB."""
MAX_REMEMBERED_VALUES = 4_000
"""Values in one set of tools, 64 characters of a text being another; a larger set is looked at each time."""
MAX_ALIKE = 4
"""Sets of one length that are compared, one after the other."""
_PLACES = ("tools", "functions", "response_format", "text", "output_config")


class Seen(NamedTuple):
    """Tools that were looked at, in a copy of our own."""

    parts: Dict[str, Any]
    signs: Tuple[str, ...]


_remembered: Dict[Any, Tuple[Seen, ...]] = {}


@lru_cache(maxsize=1)
def _repairs() -> Tuple[Tuple[str, Fix], ...]:
    names = ("tool_shape", "tool_schemas", "strict_schemas", "tool_names", "tool_descriptions")
    return tuple((name, parse_fix({name: True})[0]) for name in names)


def signs(facts: Any) -> Tuple[str, ...]:
    """Return the names of the repairs that the tools and schemas need; none for models that we do not know."""
    body: Mapping[str, Any] = facts.body
    held = [name for name in _PLACES if name in body]
    if not held or not facts["$family"]:
        return NONE
    operation = facts.call.operation
    parts = {name: body[name] for name in held}
    key = (operation, *held, *[len(part) if type(part) in (list, dict) else -1 for part in parts.values()])
    alike = _remembered.get(key, ())
    for seen in alike:
        if seen.parts == parts:  # in C, and at a glance where the texts are the very same objects
            return seen.signs
    found = tuple(name for name, fix in _repairs() if fix.apply(parts, operation)[1])
    copied = _Copy().parts(parts)
    if copied is not None:
        if len(_remembered) >= MAX_REMEMBERED:
            _remembered.clear()
        _remembered[key] = (Seen(copied, found), *alike[: MAX_ALIKE - 1])
    return found


class _Exactly:
    """A number or a truth value that is equal to its like alone: elsewhere in Python, 1 is 1.0 and true."""

    __slots__ = ("_kind", "_value")

    def __init__(self, value: Any) -> None:
        self._kind, self._value = type(value), value

    def __eq__(self, other: object) -> bool:
        return type(other) is self._kind and other == self._value

    __hash__ = None  # type: ignore[assignment]  # compared, never looked up


class _TooMuch(Exception):
    """The tools are too many, or no JSON."""


class _Copy:
    """Copies plain JSON so that ``copy == original`` holds for the same JSON and for nothing else."""

    def __init__(self) -> None:
        self._left = MAX_REMEMBERED_VALUES

    def parts(self, parts: Dict[str, Any]) -> Optional[Dict[str, Any]]:
        """Return the copy, or None where it would be too large or something is no JSON, a model of pydantic say."""
        try:
            return {name: self._take(part, 0) for name, part in parts.items()}
        except _TooMuch:
            return None

    def _take(self, value: Any, depth: int) -> Any:
        kind = type(value)
        self._left -= 1 + (len(value) // 64 if kind is str else 0)
        if self._left < 0 or depth > 32:
            raise _TooMuch
        if kind is str or value is None:
            return value
        if kind is bool or kind is int or kind is float:
            return _Exactly(value)
        if kind is dict and all(type(name) is str for name in value):
            return {name: self._take(item, depth + 1) for name, item in value.items()}
        if kind is list:
            items: List[Any] = [self._take(item, depth + 1) for item in value]
            return items
        raise _TooMuch
