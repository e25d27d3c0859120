"""What chat completions refuse in the list of messages."""

from __future__ import annotations

from typing import Any

from strict_provider.rejection import Body, Rejection, Rule

from .parameters import empty_array, json_kind, missing, unknown_value, wrong_type

ROLES = ("system", "assistant", "user", "function", "tool", "developer")
PARTS = ("text", "image_url", "input_audio", "refusal", "audio", "file")


def each_is_an_object(body: Body) -> Rejection | None:
    """Refuse a message that is no object."""
    for index, message in enumerate(body["messages"]):
        if not isinstance(message, dict):
            return wrong_type(f"messages[{index}]", "an object", message)
    return None


def role_is_known(body: Body) -> Rejection | None:
    """Refuse a message without a role or with one that does not exist."""
    for index, message in enumerate(body["messages"]):
        if "role" not in message:
            return missing(f"messages[{index}].role")
        if message["role"] not in ROLES:
            return unknown_value(f"messages[{index}].role", message["role"], ROLES)
    return None


def content_has_its_type(body: Body) -> Rejection | None:
    """Refuse null content (but for an assistant that calls tools) and content that is no string or array."""
    for index, message in enumerate(body["messages"]):
        content = message.get("content")
        if content is None:
            if message["role"] not in ("assistant", "function"):
                text = "Invalid value for 'content': expected a string, got null."
                return Rejection(text, param=f"messages.[{index}].content")
        elif json_kind(content) not in ("string", "array"):
            return wrong_type(f"messages[{index}].content", "one of a string or array of objects", content)
    return None


def parts_are_known(body: Body) -> Rejection | None:
    """Refuse a content part without a type or with a foreign one."""
    for index, message in enumerate(body["messages"]):
        parts = message.get("content")
        for place, part in enumerate(parts if isinstance(parts, list) else []):
            found = _part(f"messages[{index}].content[{place}]", part)
            if found is not None:
                return found
    return None


def _part(name: str, part: Any) -> Rejection | None:
    if not isinstance(part, dict):
        return wrong_type(name, "an object", part)
    if "type" not in part:
        return missing(f"{name}.type")
    if part["type"] not in PARTS:
        return unknown_value(f"{name}.type", part["type"], PARTS)
    if part["type"] == "image_url" and not isinstance(part.get("image_url"), dict):
        return wrong_type(f"{name}.image_url", "an object", part.get("image_url"))
    return None


def tool_calls_are_well_formed(body: Body) -> Rejection | None:
    """Refuse an empty list of tool calls, and arguments that are no string."""
    for index, message in enumerate(body["messages"]):
        calls = message.get("tool_calls")
        if calls is None:
            continue
        name = f"messages[{index}].tool_calls"
        if not isinstance(calls, list):
            return wrong_type(name, "an array of objects", calls)
        if not calls:
            return empty_array(name)
        for place, call in enumerate(calls):
            found = _call(f"{name}[{place}]", call)
            if found is not None:
                return found
    return None


def _call(name: str, call: Any) -> Rejection | None:
    if not isinstance(call, dict):
        return wrong_type(name, "an object", call)
    if "id" not in call:
        return missing(f"{name}.id")
    function = call.get("function")
    if call.get("type") == "function" and not isinstance(function, dict):
        return missing(f"{name}.function")
    arguments = (function or {}).get("arguments", "")
    if not isinstance(arguments, str):
        return wrong_type(f"{name}.function.arguments", "a string", arguments)
    return None


def tool_messages_answer_calls(body: Body) -> Rejection | None:
    """Refuse a tool message that answers nothing, and tool calls that nobody answers."""
    pending: list[str] = []
    answering: list[str] = []
    for index, message in enumerate(body["messages"]):
        if message["role"] == "tool":
            found = _answer(index, message, answering)
            if found is not None:
                return found
            if message["tool_call_id"] in pending:
                pending.remove(message["tool_call_id"])
            continue
        if pending:
            return _unanswered(index, pending)
        answering = [call["id"] for call in message.get("tool_calls") or []]
        pending = list(answering)
    return _unanswered(len(body["messages"]), pending) if pending else None


def _answer(index: int, message: Body, answering: list[str]) -> Rejection | None:
    if not answering:
        text = (
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
        )
        return Rejection(text, param=f"messages.[{index}].role")
    if "tool_call_id" not in message:
        return missing(f"messages[{index}].tool_call_id")
    if message["tool_call_id"] in answering:
        return None
    text = (
        f"Invalid parameter: 'tool_call_id' of '{message['tool_call_id']}' not found in 'tool_calls' "
        "of previous message."
    )
    return Rejection(text, param=f"messages.[{index}].tool_call_id")


def _unanswered(index: int, pending: list[str]) -> Rejection:
    text = (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(pending)}"
    )
    return Rejection(text, param=f"messages.[{index}].role")


MESSAGE_RULES: list[Rule] = [
    each_is_an_object,
    role_is_known,
    content_has_its_type,
    parts_are_known,
    tool_calls_are_well_formed,
    tool_messages_answer_calls,
]
