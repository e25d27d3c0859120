"""Sets a parameter that the request lacks."""

from typing import Any, Dict

from arc_runtime.fixes.base import NOTHING, Applied
from arc_runtime.fixes.paths import parse_path, read, replace
from arc_runtime.fixes.values import checked_copy, fresh
from arc_runtime.model import MISSING, Change


class DefaultParam:
    """``{"max_tokens": {"default": 1024}}``; an explicit null counts as given."""

    def __init__(self, path: str, value: Any) -> None:
        self.path = path
        self.place = parse_path(path)
        self._value = checked_copy(value, f"fix.{path}.default")

    def apply(self, body: Dict[str, Any], operation: str) -> Applied:
        """Return the body with the value where there was none."""
        if read(body, self.place) is not MISSING:
            return body, NOTHING
        changed = replace(body, self.place, fresh(self._value))
        return (body, NOTHING) if changed is body else (changed, (Change(self.path, MISSING, self._value),))
