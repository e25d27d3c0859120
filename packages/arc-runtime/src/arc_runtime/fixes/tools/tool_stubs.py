"""Declares the tools that a conversation used, where none are declared: Anthropic demands it."""

from typing import Any, Dict, List

from arc_runtime.fixes.shapes import as_list, blocks_of
from arc_runtime.fixes.whole import WholeFix, replaced


class ToolStubs(WholeFix):
    """``{"tool_stubs": true}``: each tool of the history by its name, with ``tool_choice: none``: none is called."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with the tools of its history declared."""
        if not operation.startswith("messages") or body.get("tools"):
            return body
        names: List[str] = []
        for message in as_list(body.get("messages")):
            for block in blocks_of(message):
                name = block.get("name")
                if block.get("type") == "tool_use" and isinstance(name, str) and name not in names:
                    names.append(name)
        if not names:
            return body
        tools: List[Any] = [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in names]
        return replaced(body, tools=tools, tool_choice={"type": "none"})
