"""Sets a parameter, whether or not the request has it."""

from typing import Any, Dict

from arc_runtime.fixes.base import NOTHING, Applied
from arc_runtime.fixes.paths import parse_path, read, replace
from arc_runtime.fixes.values import checked_copy, fresh, same
from arc_runtime.model import Change


class SetParam:
    """``{"temperature": 0.7}`` or ``{"temperature": {"set": 0.7}}``."""

    def __init__(self, path: str, value: Any) -> None:
        self.path = path
        self.place = parse_path(path)
        self._value = checked_copy(value, f"fix.{path}")

    def apply(self, body: Dict[str, Any], operation: str) -> Applied:
        """Return the body with the value in its place."""
        before = read(body, self.place)
        if same(self._value, before):
            return body, NOTHING
        changed = replace(body, self.place, fresh(self._value))
        return (body, NOTHING) if changed is body else (changed, (Change(self.path, before, self._value),))
