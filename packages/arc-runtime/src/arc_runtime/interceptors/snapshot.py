"""Copies a request or an answer into plain JSON values that nobody else can change."""

from typing import Any, List

MAX_VALUES = 20_000
"""Values copied from one body, so that an embedding of a million tokens costs no more than this."""
MAX_DEPTH = 64
CUT = "<cut>"


def snapshot(value: Any) -> Any:
    """Return the value as fresh lists and dicts; texts are shared, other objects become ``<type name>``."""
    return _copied(value, [MAX_VALUES], MAX_DEPTH)


def _copied(value: Any, budget: List[int], depth: int) -> Any:
    if value is None or type(value) in _PLAIN:
        return value
    if depth == 0 or budget[0] <= 0:
        return CUT
    if isinstance(value, dict):
        budget[0] -= len(value)
        return {
            key if type(key) is str else str(key): _copied(item, budget, depth - 1) for key, item in list(value.items())
        }
    if isinstance(value, (list, tuple)):
        kept = list(value[: max(budget[0], 0)])
        budget[0] -= len(kept)
        copied = [_copied(item, budget, depth - 1) for item in kept]
        return copied if len(kept) == len(value) else [*copied, CUT]
    return _other(value)


def _other(value: Any) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return f"<{type(value).__name__}>"


_PLAIN = frozenset((str, int, float, bool))
