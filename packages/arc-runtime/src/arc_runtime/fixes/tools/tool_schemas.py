"""Repairs the schemas of tools and of a wanted answer."""

from typing import Any, Callable, Dict, Optional, Tuple

from arc_runtime.fixes.tools.schemas import repair, repair_root
from arc_runtime.fixes.tools.strictness import strict_claude, strict_openai
from arc_runtime.fixes.whole import WholeFix, items_changed, replaced

Change = Callable[[Dict[str, Any], str], Dict[str, Any]]
"""Changes the object that holds a schema; the second argument is the schema's key."""


def _each(body: Dict[str, Any], operation: str, change: Change) -> Dict[str, Any]:
    """Change the definition of each function, under whatever names the operation has for it."""
    nested, key = _PLACES.get(operation, (False, ""))
    if not key:
        return body
    for name in ("tools", "functions"):
        tools = body.get(name)
        if not isinstance(tools, (list, tuple)):
            continue
        changed = [_one(tool, nested and name == "tools", key, change) for tool in tools]
        if items_changed(tools, changed):
            body = replaced(body, **{name: changed})
    return body


def _one(tool: Any, nested: bool, key: str, change: Change) -> Any:
    if not isinstance(tool, dict):
        return tool
    if not nested:
        return change(tool, key) if isinstance(tool.get(key), dict) else tool
    function = tool.get("function")
    if not isinstance(function, dict) or not isinstance(function.get(key), dict):
        return tool
    changed = change(function, key)
    return tool if changed is function else {**tool, "function": changed}


_PLACES: Dict[str, Tuple[bool, str]] = {
    "chat.completions": (True, "parameters"),
    "responses": (False, "parameters"),
    "messages": (False, "input_schema"),
    "messages.count_tokens": (False, "input_schema"),
}


class ToolSchemas(WholeFix):
    """``{"tool_schemas": true}``: an object with properties, lists with items, JSON's names of types."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with schemas that are schemas; strictness is another fix."""
        openai = not operation.startswith("messages")

        def change(holder: Dict[str, Any], key: str) -> Dict[str, Any]:
            schema = repair_root(repair(holder[key], openai), openai)
            return holder if schema is holder[key] else {**holder, key: schema}

        return _each(body, operation, change)


class StrictSchemas(WholeFix):
    """``{"strict_schemas": true}``: where strict mode is asked for, the schema is made fit for it.

    Optional keys become required and may be null. A schema that is too free for strict mode is sent without it.
    """

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with strict schemas that are accepted."""
        make = strict_claude if operation.startswith("messages") else strict_openai

        def change(holder: Dict[str, Any], key: str) -> Dict[str, Any]:
            return _strict(holder, key, make) if holder.get("strict") is True else holder

        body = _each(body, operation, change)
        if operation == "chat.completions":
            return _in(body, ("response_format", "json_schema"), change)
        if operation == "responses":
            return _in(body, ("text", "format"), change)
        return _output_format(body)


def _strict(holder: Dict[str, Any], key: str, make: Callable[[Any], Optional[Any]]) -> Dict[str, Any]:
    schema = make(holder[key])
    if schema is None:
        return {**holder, "strict": False}
    return holder if schema is holder[key] else {**holder, key: schema}


def _in(body: Dict[str, Any], path: Tuple[str, str], change: Change) -> Dict[str, Any]:
    outer = body.get(path[0])
    inner = outer.get(path[1]) if isinstance(outer, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("schema"), dict):
        return body
    changed = change(inner, "schema")
    return body if changed is inner else replaced(body, **{path[0]: {**outer, path[1]: changed}})  # type: ignore[dict-item]


def _output_format(body: Dict[str, Any]) -> Dict[str, Any]:
    config = body.get("output_config")
    form = config.get("format") if isinstance(config, dict) else None
    if not isinstance(form, dict) or not isinstance(form.get("schema"), dict):
        return body
    schema = strict_claude(form["schema"])
    if schema is None or schema is form["schema"]:
        return body
    return replaced(body, output_config={**config, "format": {**form, "schema": schema}})  # type: ignore[dict-item]
