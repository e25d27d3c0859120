"""Gives tools the shape of the API they are sent to: OpenAI's chat, OpenAI's Responses, or Anthropic's."""

import json
from typing import Any, Callable, Dict, FrozenSet, List, Optional

from arc_runtime.fixes.contract import is_foreign_field
from arc_runtime.fixes.shapes import CLAUDE_TOOL_FIELDS, MAX_TOOLS
from arc_runtime.fixes.whole import WholeFix, items_changed, replaced
from arc_runtime.model import MISSING

_SCHEMAS = ("parameters", "input_schema", "inputSchema", "schema")


class ToolShape(WholeFix):
    """``{"tool_shape": true}``: each tool as this API writes it; an empty list goes, and so do exact duplicates."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with tools of the right shape."""
        shape = _SHAPES.get(operation)
        for name in ("tools", "functions"):
            tools = body.get(name)
            if shape is None or not isinstance(tools, (list, tuple)):
                continue
            if not tools and not operation.startswith("messages"):
                body = replaced(body, **{name: MISSING})
            elif name == "tools":
                shaped = _without_twins([shape(tool) for tool in tools], operation)
                if items_changed(tools, shaped):
                    body = replaced(body, tools=shaped)
        return body


def _without_twins(tools: List[Any], operation: str) -> List[Any]:
    """Leave out repeated definitions, where their number or the repeated name is refused."""
    if operation == "chat.completions" and len(tools) <= MAX_TOOLS:
        return tools
    if operation == "responses" or len({str(_name(tool)) for tool in tools}) == len(tools):
        return tools
    seen: Dict[str, Any] = {}
    kept: List[Any] = []
    for tool in tools:
        text = json.dumps(tool, sort_keys=True, default=str)
        if text not in seen:
            seen[text] = True
            kept.append(tool)
    return kept


def _name(tool: Any) -> Any:
    function = tool.get("function") if isinstance(tool, dict) else None
    return function.get("name") if isinstance(function, dict) else tool.get("name") if isinstance(tool, dict) else tool


def _parts(tool: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """Return name, description and schema of a function, whoever wrote it; None for anything else."""
    inner = tool.get("function")
    source = inner if isinstance(inner, dict) else tool
    name = source.get("name")
    if not isinstance(name, str) or tool.get("type") not in (None, "function", "custom"):
        return None
    if tool.get("type") == "custom" and not any(key in source for key in _SCHEMAS):
        return None
    parts: Dict[str, Any] = {"name": name}
    if isinstance(source.get("description"), str):
        parts["description"] = source["description"]
    schema = next((source[key] for key in _SCHEMAS if isinstance(source.get(key), (dict, str))), None)
    if isinstance(schema, str):
        schema = _object_in(schema)
    if schema is not None:
        parts["schema"] = schema
    if isinstance(source.get("strict"), bool):
        parts["strict"] = source["strict"]
    if isinstance(tool.get("cache_control"), dict):
        parts["cache_control"] = tool["cache_control"]
    return parts


def _object_in(text: str) -> Optional[Dict[str, Any]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


_CHAT_FUNCTION = frozenset(("name", "description", "parameters", "strict"))


def _chat(tool: Any) -> Any:
    if not isinstance(tool, dict):
        return tool
    function = tool.get("function")
    if tool.get("type") == "function" and isinstance(function, dict) and not _odd(tool, _CHAT_TOOL):
        known = not _odd(function, _CHAT_FUNCTION) and function.get("description", "") is not None
        if known and isinstance(function.get("parameters", {}), dict):
            return tool
    parts = _parts(tool)
    if parts is None:
        return tool
    return {"type": "function", "function": _function(parts, "parameters")}


_CHAT_TOOL = frozenset(("type", "function"))


def _odd(tool: Dict[str, Any], documented: FrozenSet[str]) -> bool:
    """Return whether a tool has members of another API's tools or a library's own; unknown ones may be new."""
    return not documented.issuperset(tool) and any(name not in documented and _is_odd(name) for name in tool)


def _is_odd(name: str) -> bool:
    return name in _ANY_TOOL or is_foreign_field(name)


def _function(parts: Dict[str, Any], schema: str) -> Dict[str, Any]:
    parts = {name: value for name, value in parts.items() if name != "cache_control"}
    return {(schema if name == "schema" else name): value for name, value in parts.items()}


_RESPONSES_FUNCTION = frozenset(
    ("type", "name", "description", "parameters", "strict", "defer_loading", "allowed_callers", "output_schema")
)


def _responses(tool: Any) -> Any:
    if not isinstance(tool, dict):
        return tool
    kind = tool.get("type")
    if kind == "function" and "function" not in tool and not _odd(tool, _RESPONSES_FUNCTION):
        return tool
    if kind not in (None, "function") or (kind is None and not any(key in tool for key in (*_SCHEMAS, "function"))):
        return tool
    parts = _parts(tool)
    return tool if parts is None else {"type": "function", **_function(parts, "parameters")}


def _claude(tool: Any) -> Any:
    if not isinstance(tool, dict):
        return tool
    schema = tool.get("input_schema")
    is_own = tool.get("type", "custom") == "custom" and tool.get("description", "") is not None
    if is_own and isinstance(schema, dict) and isinstance(tool.get("name"), str):
        return _known(tool) if _odd(tool, CLAUDE_TOOL_FIELDS) else tool
    parts = _parts(tool)
    if parts is None:
        return tool
    if "schema" not in parts:
        parts["schema"] = {"type": "object", "properties": {}}
    shaped = {("input_schema" if name == "schema" else name): value for name, value in parts.items()}
    if shaped.get("strict") is not True:
        shaped.pop("strict", None)
    return shaped


def _known(tool: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in tool.items() if name in CLAUDE_TOOL_FIELDS or not _is_odd(name)}


_ANY_TOOL = CLAUDE_TOOL_FIELDS | _CHAT_FUNCTION | _RESPONSES_FUNCTION | frozenset((*_SCHEMAS, "function"))

_SHAPES: Dict[str, Callable[[Any], Any]] = {
    "chat.completions": _chat,
    "responses": _responses,
    "messages": _claude,
    "messages.count_tokens": _claude,
}
