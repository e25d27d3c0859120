"""Brings parameters into the documented range; a token limit below its minimum says 'no limit' in other libraries."""

from typing import Any, Dict

from arc_runtime.fixes.contract import operations
from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING

NO_LIMIT = {"chat.completions": ("max_tokens", "max_completion_tokens", "n"), "completions": ("max_tokens",)}
"""Optional limits: what is below one is left out, and the model's own limit holds."""
MIN_ANTHROPIC = 4096
"""Anthropic demands a limit. Zero and less stood for the default, so this is what the guides' examples use."""


class ClampRanges(WholeFix):
    """``{"clamp_ranges": true}``: a temperature of 2.5 becomes 2, ``max_tokens: -1`` goes."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with every number and text within what is documented."""
        documented = operations().get(operation)
        if documented is None:
            return body
        changed: Dict[str, Any] = {}
        for name, value in body.items():
            parameter = documented.parameters.get(name)
            problem = parameter.problem(value) if parameter is not None else ""
            if parameter is None or problem not in ("low", "high", "length"):
                continue
            if problem == "length":
                changed[name] = value[: parameter.max_length]
            elif problem == "high":
                changed[name] = parameter.high
            elif name in NO_LIMIT.get(operation, ()):
                changed[name] = MISSING
            elif operation == "messages" and name == "max_tokens":
                changed[name] = MIN_ANTHROPIC
            else:
                changed[name] = parameter.low
        return replaced(body, **changed) if changed else body
