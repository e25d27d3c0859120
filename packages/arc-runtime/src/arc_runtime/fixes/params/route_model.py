"""Sends the request to another model."""

from typing import Any, Dict

from arc_runtime.errors import PatternError
from arc_runtime.fixes.base import NOTHING, Applied
from arc_runtime.model import Change


class RouteModel:
    """``{"route": {"model": "gpt-5-mini"}}``: of the risk class ``model_change``."""

    def __init__(self, path: str, value: Any) -> None:
        if (
            not isinstance(value, dict)
            or set(value) != {"model"}
            or not isinstance(value["model"], str)
            or not value["model"]
        ):
            raise PatternError(f'fix.{path}: expected {{"model": name}}, got {value!r}', code="pattern.fix")
        self.place = ("model",)
        self._model = value["model"]

    def apply(self, body: Dict[str, Any], operation: str) -> Applied:
        """Return the body for the other model."""
        before = body.get("model")
        if before == self._model or before is None:
            return body, NOTHING
        return {**body, "model": self._model}, (Change("model", before, self._model),)
