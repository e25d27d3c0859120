"""JSON values: what may stand in a pattern or a fix, and when two of them are the same."""

import math
from typing import Any

from arc_runtime.errors import PatternError

MAX_DEPTH = 32
"""Nesting allowed in a pattern or a fix; the deepest request body in the SDKs' documentation has 9 levels."""


def checked_copy(value: Any, where: str, depth: int = 0) -> Any:
    """Return ``value`` as fresh plain JSON. Raises PatternError that names the place that no JSON can say."""
    if depth > MAX_DEPTH:
        raise PatternError(f"{where}: nested deeper than {MAX_DEPTH} levels", code="pattern.value")
    if value is None or type(value) in (str, bool, int) or (type(value) is float and math.isfinite(value)):
        return value
    if isinstance(value, (list, tuple)):
        return [checked_copy(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]
    if isinstance(value, dict):
        odd = [key for key in value if not isinstance(key, str)]
        if odd:
            raise PatternError(f"{where}: the key {odd[0]!r} is no text", code="pattern.value")
        return {key: checked_copy(item, f"{where}.{key}", depth + 1) for key, item in value.items()}
    what = repr(value) if isinstance(value, float) else f"a {type(value).__name__}"
    raise PatternError(f"{where}: {what} has no JSON form", code="pattern.value")


def fresh(value: Any) -> Any:
    """Return a copy of a checked value that shares nothing that could be changed."""
    if isinstance(value, list):
        return [fresh(item) for item in value]
    if isinstance(value, dict):
        return {key: fresh(item) for key, item in value.items()}
    return value


def is_number(value: Any) -> bool:
    """Return whether ``value`` is a JSON number; a bool is none, neither are NaN and the infinities."""
    if isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, float) and math.isfinite(value)


def same(left: Any, right: Any) -> bool:
    """Return whether two values are the same JSON: 1 is 1.0 but not true, and the order of keys is nothing."""
    if isinstance(left, str):
        return isinstance(right, str) and str.__eq__(left, right) is True
    if left is None or isinstance(left, bool):
        return left is right
    if is_number(left):
        return is_number(right) and bool(left == right)
    if isinstance(left, (list, tuple)):
        return isinstance(right, (list, tuple)) and len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return isinstance(right, dict) and left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    return False
