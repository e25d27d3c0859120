"""Values as templates see them: plain ones, and ``UNKNOWN`` for what a chart does not say."""

import re
from typing import Any

from arc_sim.causal.documents import Text

UNKNOWN_TEXT = "\ue000"
"""Stands in rendered text where a value is unknown: a private character, which no manifest holds."""


class _Unknown:
    """A value that the chart does not say."""

    def __bool__(self) -> bool:
        return False


UNKNOWN = _Unknown()


def is_true(value: Any) -> bool:
    """Return what ``if`` makes of a value: zero, empty and unknown are false."""
    return bool(value) and not (isinstance(value, str) and value == UNKNOWN_TEXT)


def shown(value: Any) -> str:
    """Return a value as an action prints it."""
    if value is None:
        return ""
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return "[" + " ".join(shown(item) for item in value) + "]"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{shown(value[key])}" for key in sorted(value, key=str)) + "]"
    return str(value)


def typed(value: Any) -> Any:
    """Return what ``documents`` loads as plain values: numbers, booleans, text, lists, dictionaries."""
    if isinstance(value, dict):
        return {str(key): typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    if not isinstance(value, Text):
        return value
    text = str(value)
    if value.is_quoted:
        return text
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"[-+]?(?:0|[1-9]\d{0,17})", text):
        return int(text)
    return float(text) if re.fullmatch(r"[-+]?\d{1,15}\.\d{1,15}", text) else text


def plain(value: Any) -> Any:
    """Return a value with what is unknown as text, for printing as YAML or JSON."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items() if not callable(item)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return shown(value) if isinstance(value, str) or value is UNKNOWN else value


def json_copy(value: Any) -> Any:
    """Return a copy that shares no list and no dictionary."""
    if isinstance(value, dict):
        return {key: json_copy(item) for key, item in value.items()}
    return [json_copy(item) for item in value] if isinstance(value, list) else value
