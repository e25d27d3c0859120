"""What chat completions refuse in tools and tool choices."""

from __future__ import annotations

import re
from typing import Any

from strict_provider.rejection import Body, Rejection, Rule

from .parameters import missing, unknown_value, wrong_type

CHOICES = ("none", "auto", "required")
NAME = re.compile(r"^[a-zA-Z0-9_-]+$")
MAX_TOOLS = 128
NEED_TOOLS = {"tool_choice": "tools", "parallel_tool_calls": "tools", "function_call": "functions"}


def tools_not_empty(body: Body) -> Rejection | None:
    """Refuse an empty list of tools or functions."""
    for name in ("tools", "functions"):
        if body.get(name) == []:
            return Rejection(f"[] is too short - '{name}'")
    return None


def not_too_many_tools(body: Body) -> Rejection | None:
    """Refuse more than 128 tools."""
    count = len(body.get("tools") or [])
    if count <= MAX_TOOLS:
        return None
    text = (
        f"Invalid 'tools': array too long. Expected an array with maximum length {MAX_TOOLS}, "
        f"but got an array with length {count} instead."
    )
    return Rejection(text, param="tools", code="array_above_max_length")


def choices_need_tools(body: Body) -> Rejection | None:
    """Refuse a choice between tools when there are none."""
    for name, needed in NEED_TOOLS.items():
        if body.get(name) is not None and not body.get(needed):
            text = f"Invalid value for '{name}': '{name}' is only allowed when '{needed}' are specified."
            return Rejection(text, param=name)
    return None


def choice_is_known(body: Body) -> Rejection | None:
    """Refuse a tool choice of another provider's making."""
    choice = body.get("tool_choice")
    if isinstance(choice, str) and choice not in CHOICES:
        return unknown_value("tool_choice", choice, CHOICES)
    return None


def tools_are_well_formed(body: Body) -> Rejection | None:
    """Refuse a tool without type, function or name, or with a name that breaks the pattern."""
    for index, tool in enumerate(body.get("tools") or []):
        found = _tool(f"tools[{index}]", tool)
        if found is not None:
            return found
    return None


def _tool(name: str, tool: Any) -> Rejection | None:
    if not isinstance(tool, dict):
        return wrong_type(name, "an object", tool)
    if "type" not in tool:
        return missing(f"{name}.type")
    if tool["type"] != "function":
        return None
    function = tool.get("function")
    if not isinstance(function, dict):
        return missing(f"{name}.function")
    if not isinstance(function.get("name"), str):
        return missing(f"{name}.function.name")
    if NAME.match(function["name"]):
        return None
    text = (
        f"Invalid '{name}.function.name': string does not match pattern. "
        f"Expected a string that matches the pattern '{NAME.pattern}'."
    )
    return Rejection(text, param=f"{name}.function.name", code="invalid_value")


TOOL_RULES: list[Rule] = [
    tools_not_empty,
    not_too_many_tools,
    choices_need_tools,
    choice_is_known,
    tools_are_well_formed,
]
