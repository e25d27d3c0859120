"""What chat completions refuse in the small print of messages: members, names, ids, choices."""

from __future__ import annotations

import re

from strict_provider.rejection import Body, Rejection, Rule

from .parameters import missing

MEMBERS = {"role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "audio", "annotations"}
CALL_MEMBERS = {"id", "type", "function", "custom"}
PART_MEMBERS = {"type", "text", "image_url", "input_audio", "refusal", "audio", "file", "prompt_cache_breakpoint"}
NAME = re.compile(r"^[^\s<|\\/>]+$")


def _unknown(name: str) -> Rejection:
    return Rejection(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")


def members_are_known(body: Body) -> Rejection | None:
    """Refuse members of messages, parts and calls that are not documented."""
    for index, message in enumerate(body["messages"]):
        groups = [("", [message], MEMBERS), ("tool_calls", message.get("tool_calls") or [], CALL_MEMBERS)]
        content = message.get("content")
        groups.append(("content", content if isinstance(content, list) else [], PART_MEMBERS))
        for group, items, known in groups:
            for place, item in enumerate(items):
                extra = sorted(set(item) - known)
                if extra:
                    inner = f".{group}[{place}]" if group else ""
                    return _unknown(f"messages[{index}]{inner}.{extra[0]}")
    return None


def names_and_ids_fit(body: Body) -> Rejection | None:
    """Refuse names with spaces and the like, and ids of calls beyond 40 characters."""
    for index, message in enumerate(body["messages"]):
        name = message.get("name")
        if name is not None and not NAME.match(str(name)):
            text = f"Invalid 'messages[{index}].name': string does not match pattern '{NAME.pattern}'."
            return Rejection(text, param=f"messages[{index}].name", code="invalid_value")
        for place, call in enumerate(message.get("tool_calls") or []):
            if len(str(call.get("id"))) > 40:
                where = f"messages[{index}].tool_calls[{place}].id"
                return Rejection(f"Invalid '{where}': string too long.", param=where, code="string_above_max_length")
    return None


def choice_is_of_a_tool(body: Body) -> Rejection | None:
    """Refuse a choice without its function, or of one that is not declared."""
    choice = body.get("tool_choice")
    if not isinstance(choice, dict) or choice.get("type") in ("custom", "allowed_tools"):
        return None
    if "function" not in choice:
        return missing("tool_choice.function")
    names = [(tool.get("function") or {}).get("name") for tool in body.get("tools") or []]
    wanted = choice["function"].get("name")
    if wanted in names:
        return None
    return Rejection(
        f"Invalid value for 'tool_choice': no function named '{wanted}' was specified.", param="tool_choice"
    )


CHAT_DETAIL_RULES: list[Rule] = [members_are_known, names_and_ids_fit, choice_is_of_a_tool]
