"""Brings a number into a range."""

from typing import Any, Dict

from arc_runtime.errors import PatternError
from arc_runtime.fixes.base import NOTHING, Applied
from arc_runtime.fixes.paths import parse_path, read, replace
from arc_runtime.fixes.values import is_number
from arc_runtime.model import Change


class ClampParam:
    """``{"temperature": {"clamp": [0, 1]}}``; null leaves an end open. What is no number stays."""

    def __init__(self, path: str, value: Any) -> None:
        self.path = path
        self.place = parse_path(path)
        ends = value if isinstance(value, (list, tuple)) else ()
        if len(ends) != 2 or not all(end is None or is_number(end) for end in ends):
            raise PatternError(f"fix.{path}.clamp: expected [lowest, highest], got {value!r}", code="pattern.fix")
        self._low, self._high = ends
        if self._low is not None and self._high is not None and self._low > self._high:
            raise PatternError(f"fix.{path}.clamp: {self._low} is above {self._high}", code="pattern.fix")

    def apply(self, body: Dict[str, Any], operation: str) -> Applied:
        """Return the body with the number inside the range."""
        before = read(body, self.place)
        if not is_number(before):
            return body, NOTHING
        after = before
        if self._low is not None and before < self._low:
            after = self._low
        elif self._high is not None and before > self._high:
            after = self._high
        if after is before:
            return body, NOTHING
        return replace(body, self.place, after), (Change(self.path, before, after),)
