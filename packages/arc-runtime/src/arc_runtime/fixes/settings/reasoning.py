"""Settings of reasoning in the Responses API: the effort as an object, and what may be included."""

from typing import Any, Dict

from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING

ENCRYPTED = "reasoning.encrypted_content"


class EffortObject(WholeFix):
    """``{"effort_object": true}``: ``reasoning: "low"`` becomes ``reasoning: {effort: "low"}``."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with an object in this place."""
        effort = body.get("reasoning")
        if operation != "responses" or not isinstance(effort, str) or not effort:
            return body
        return replaced(body, reasoning={"effort": effort})


class IncludeReasoning(WholeFix):
    """``{"include_reasoning": true}``: what a model without reasoning cannot include is not asked for."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body that asks for what there is."""
        include: Any = body.get("include")
        if operation != "responses" or not isinstance(include, (list, tuple)) or ENCRYPTED not in include:
            return body
        return replaced(body, include=[name for name in include if name != ENCRYPTED] or MISSING)
