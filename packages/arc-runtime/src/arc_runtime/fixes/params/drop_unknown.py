"""Leaves out parameters that the operation does not document."""

from typing import Any, ClassVar, Dict, Mapping

from arc_runtime.fixes.contract import operations
from arc_runtime.fixes.whole import WholeFix


class DropUnknown(WholeFix):
    """``{"drop_unknown": true}``, or ``{"drop_unknown": {"only": ["top_k"]}}``."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {"only": []}

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with documented parameters alone; names of content (messages, prompt, ...) stay."""
        documented = operations().get(operation)
        if documented is None:
            return body
        only = self.options["only"]
        unknown = [
            name
            for name in body
            if name not in documented.parameters and name not in CONTENT and (not only or name in only)
        ]
        return {name: value for name, value in body.items() if name not in unknown} if unknown else body


CONTENT = frozenset(("messages", "input", "prompt", "system", "instructions", "tools", "functions", "contents"))
"""Parameters that carry what the user said: never dropped."""
