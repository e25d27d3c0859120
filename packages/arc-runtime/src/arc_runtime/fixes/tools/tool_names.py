"""Gives tools names that the provider takes, in the definitions, the choice and the history alike.

The model then calls a tool by its new name, which has to be mapped back in the answer: `new_names` says how.
"""

import hashlib
import re
from typing import Any, Dict, List, Mapping, Optional, Set, Tuple

from arc_runtime.fixes.shapes import as_list
from arc_runtime.fixes.whole import WholeFix, items_changed, replaced

_OTHER = re.compile(r"[^a-zA-Z0-9_-]")
LIMITS = {"chat.completions": 64, "responses": 64, "messages": 128, "messages.count_tokens": 128}


class ToolNames(WholeFix):
    """``{"tool_names": true}``: what is no letter, digit, _ or - becomes _; long names end in a short hash."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with names that are accepted everywhere."""
        names = new_names(body, operation)
        if not names:
            return body
        changed: Dict[str, Any] = {}
        for key in ("tools", "functions", "tool_choice", "function_call", "messages", "input"):
            if key in body:
                renamed = _renamed(body[key], names, key)
                if renamed is not body[key]:
                    changed[key] = renamed
        return replaced(body, **changed) if changed else body


def new_names(body: Mapping[str, Any], operation: str) -> Dict[str, str]:
    """Return ``{name as the application knows it: name that is sent}`` for the tools that need another one."""
    limit = LIMITS.get(operation)
    if limit is None:
        return {}
    names = [name for name in map(_tool_name, [*as_list(body.get("tools")), *as_list(body.get("functions"))]) if name]
    taken: Set[str] = {name for name in names if _is_good(name, limit)}
    renamed: Dict[str, str] = {}
    for name in names:
        if name in renamed or _is_good(name, limit):
            continue
        renamed[name] = _free(name, limit, taken)
        taken.add(renamed[name])
    return renamed


def _is_good(name: str, limit: int) -> bool:
    return len(name) <= limit and _OTHER.search(name) is None


def _free(name: str, limit: int, taken: Set[str]) -> str:
    plain = _OTHER.sub("_", name) or "_"
    if len(plain) <= limit and plain not in taken:
        return plain
    mark = "_" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return plain[: limit - len(mark)] + mark


def _tool_name(tool: Any) -> Optional[str]:
    if not isinstance(tool, dict) or tool.get("type", "function") not in ("function", "custom"):
        return None
    function = tool.get("function")
    name = function.get("name") if isinstance(function, dict) else tool.get("name")
    return name if isinstance(name, str) else None


_CALLS: Tuple[str, ...] = ("function_call", "tool_use", "function", "custom", "tool")
"""Types of the objects that hold a tool's name."""


def _renamed(value: Any, names: Mapping[str, str], key: str) -> Any:
    """Return a copy with the names replaced where a tool is named; texts and arguments are left alone."""
    if isinstance(value, (list, tuple)):
        items: List[Any] = [_renamed(item, names, key) for item in value]
        return items if items_changed(value, items) else value
    if not isinstance(value, dict):
        return value
    changed: Dict[str, Any] = {}
    if value.get("name") in names and _names_a_tool(value, key):
        changed["name"] = names[value["name"]]
    for inner in ("function", "tool_calls", "function_call", "content"):
        if isinstance(value.get(inner), (dict, list)):
            renamed = _renamed(value[inner], names, inner)
            if renamed is not value[inner]:
                changed[inner] = renamed
    return {**value, **changed} if changed else value


def _names_a_tool(value: Mapping[str, Any], key: str) -> bool:
    if key in ("tools", "functions", "tool_choice", "function_call", "function"):
        return True
    return value.get("type") in _CALLS or value.get("role") == "function"
