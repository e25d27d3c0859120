"""Shortens descriptions of functions that are longer than the API takes."""

from typing import Any, Dict

from arc_runtime.fixes.shapes import MAX_DESCRIPTION
from arc_runtime.fixes.whole import WholeFix, items_changed, replaced


class ToolDescriptions(WholeFix):
    """``{"tool_descriptions": true}``: the first 1,024 characters; the end of a longer text is lost."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with descriptions that fit."""
        tools = body.get("tools")
        if operation != "chat.completions" or not isinstance(tools, (list, tuple)):
            return body
        changed = [_shortened(tool) for tool in tools]
        return replaced(body, tools=changed) if items_changed(tools, changed) else body


def _shortened(tool: Any) -> Any:
    function = tool.get("function") if isinstance(tool, dict) else None
    text = function.get("description") if isinstance(function, dict) else None
    if not isinstance(function, dict) or not isinstance(text, str) or len(text) <= MAX_DESCRIPTION:
        return tool
    return {**tool, "function": {**function, "description": text[:MAX_DESCRIPTION]}}
