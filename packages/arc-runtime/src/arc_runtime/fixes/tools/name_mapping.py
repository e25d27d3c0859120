"""Gives tools in an answer the names that the application knows them by, after `ToolNames` sent others."""

from typing import Any, Mapping

MAX_DEPTH = 8
_INNER = (
    *("choices", "message", "delta", "tool_calls", "function", "function_call"),  # chat completions
    *("output", "item", "response", "custom"),  # responses
    *("content", "content_block"),  # messages
)
"""Where calls stand in answers and in the events of a stream, outermost names included."""
_CALL_TYPES = frozenset(("function_call", "tool_use", "server_tool_use", "custom_tool_call", "custom"))


class NameMapping:
    """``{name that was sent: the application's own}``; changes answers in place, which nobody has seen yet."""

    __slots__ = ("names",)

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = dict(names)

    def restore(self, answer: Any) -> None:
        """Rename the tools that an answer, or one event of a stream, calls."""
        self._walk(answer, "", 0)

    def _walk(self, value: Any, place: str, depth: int) -> None:
        if depth > MAX_DEPTH or value is None or isinstance(value, (str, int, float)):
            return
        if isinstance(value, (list, tuple)):
            for item in value:
                self._walk(item, place, depth)
            return
        name = _get(value, "name")
        if isinstance(name, str) and name in self.names and _is_call(value, place):
            _set(value, "name", self.names[name])
        for inner in _INNER:
            self._walk(_get(value, inner), inner, depth + 1)

    def __repr__(self) -> str:
        return f"NameMapping({self.names!r})"


def _is_call(value: Any, place: str) -> bool:
    return place in ("function", "function_call", "custom") or _get(value, "type") in _CALL_TYPES


def _get(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    fields = getattr(value, "__dict__", None)  # never a property: it may do anything
    return fields.get(name) if isinstance(fields, dict) else None


def _set(value: Any, name: str, new: str) -> None:
    if isinstance(value, dict):
        value[name] = new
    else:
        value.__dict__[name] = new
