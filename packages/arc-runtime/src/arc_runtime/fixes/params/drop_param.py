"""Removes a parameter."""

from typing import Any, Dict

from arc_runtime.errors import PatternError
from arc_runtime.fixes.base import NOTHING, Applied
from arc_runtime.fixes.paths import parse_path, read, replace
from arc_runtime.model import MISSING, Change


class DropParam:
    """``{"temperature": {"drop": true}}``; the path ends in a key, for an index would hit the next item next time."""

    def __init__(self, path: str, value: Any) -> None:
        self.path = path
        self.place = parse_path(path)
        if value is not True:
            raise PatternError(f"fix.{path}.drop: expected true, got {value!r}", code="pattern.fix")
        if isinstance(self.place[-1], int):
            raise PatternError(f"fix.{path}.drop: an item of a list cannot be dropped", code="pattern.fix")

    def apply(self, body: Dict[str, Any], operation: str) -> Applied:
        """Return the body without the parameter."""
        before = read(body, self.place)
        if before is MISSING:
            return body, NOTHING
        return replace(body, self.place, MISSING), (Change(self.path, before, MISSING),)
