"""Leaves out parameters of other APIs and servers; one that is only unknown may be newer than we are, and stays."""

from typing import Any, ClassVar, Dict, Mapping

from arc_runtime.fixes.contract import is_foreign_parameter, operations
from arc_runtime.fixes.whole import WholeFix


class DropUnknown(WholeFix):
    """``{"drop_unknown": true}``, or ``{"drop_unknown": {"only": ["top_k"]}}``."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {"only": []}

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body without the parameters of others; names of content (messages, prompt, ...) stay."""
        documented = operations().get(operation)
        if documented is None:
            return body
        only = self.options["only"]
        unknown = [
            name
            for name in body
            if name not in documented.parameters and name not in CONTENT and _may_go(name, operation, only)
        ]
        return {name: value for name, value in body.items() if name not in unknown} if unknown else body


def _may_go(name: str, operation: str, only: Any) -> bool:
    return name in only if only else is_foreign_parameter(name, operation)


CONTENT = frozenset(("messages", "input", "prompt", "system", "instructions", "tools", "functions", "contents"))
"""Parameters that carry what the user said: never dropped."""
