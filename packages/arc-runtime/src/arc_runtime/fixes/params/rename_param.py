"""Gives a parameter another name."""

from typing import Any, Dict

from arc_runtime.errors import PatternError
from arc_runtime.fixes.base import NOTHING, Applied
from arc_runtime.fixes.paths import parse_path, read, replace
from arc_runtime.model import MISSING, Change


class RenameParam:
    """``{"max_tokens": {"rename": "max_completion_tokens"}}``; where the new name is taken, nothing happens."""

    def __init__(self, path: str, value: Any) -> None:
        self.path = path
        self.place = parse_path(path)
        if not isinstance(value, str) or isinstance(self.place[-1], int):
            raise PatternError(f"fix.{path}.rename: expected the path of a key, got {value!r}", code="pattern.fix")
        self._target = parse_path(value)
        shorter = min(len(self._target), len(self.place))
        if isinstance(self._target[-1], int) or self._target[:shorter] == self.place[:shorter]:
            raise PatternError(f"fix.{path}.rename: {value} is not another place", code="pattern.fix")
        self._name = value

    def apply(self, body: Dict[str, Any], operation: str) -> Applied:
        """Return the body with the value under its new name."""
        value = read(body, self.place)
        if value is MISSING or read(body, self._target) is not MISSING:
            return body, NOTHING
        moved = replace(body, self._target, value)
        if moved is body:
            return body, NOTHING
        return replace(moved, self.place, MISSING), (
            Change(self.path, value, MISSING),
            Change(self._name, MISSING, value),
        )
