"""What `POST /v1/messages` and `POST /v1/messages/count_tokens` refuse; the wording is pydantic's, as theirs is."""

from __future__ import annotations

import re
from typing import Any

from strict_provider.rejection import Body, Rejection, Rule

from .claude_blocks import CLAUDE_BLOCK_RULES
from .claude_models import CLAUDE_MODEL_RULES
from .parameters import json_kind

KINDS: dict[str, tuple[str, ...]] = {
    "cache_control": ("object",),
    "container": ("string", "object"),
    "context_management": ("object",),
    "diagnostics": ("object",),
    "inference_geo": ("string",),
    "max_tokens": ("integer",),
    "mcp_servers": ("array",),
    "messages": ("array",),
    "metadata": ("object",),
    "model": ("string",),
    "output_config": ("object",),
    "output_format": ("object",),
    "service_tier": ("string",),
    "speed": ("string",),
    "stop_sequences": ("array",),
    "stream": ("boolean",),
    "system": ("string", "array"),
    "temperature": ("decimal", "integer"),
    "thinking": ("object",),
    "tool_choice": ("object",),
    "tools": ("array",),
    "top_k": ("integer",),
    "top_p": ("decimal", "integer"),
    "user_profile_id": ("string",),
    "workspace_id": ("string",),
}
SHOULD_BE = {
    "integer": "a valid integer",
    "decimal": "a valid number",
    "string": "a valid string",
    "boolean": "a valid boolean",
    "array": "a valid list",
    "object": "an object",
}
NOT_FOR_COUNTING = frozenset(
    ["max_tokens", "metadata", "service_tier", "stop_sequences", "stream", "temperature", "top_k", "top_p"]
)
NULLABLE = frozenset(["container", "context_management", "service_tier", "inference_geo", "metadata", "stop_sequences"])
MAX_NAME = 128
TOOL_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,128}$")


def required(*names: str) -> Rule:
    """Refuse a body without these parameters."""

    def rule(body: Body) -> Rejection | None:
        for name in names:
            if name not in body:
                return Rejection(f"{name}: Field required")
        return None

    return rule


def no_extras(names: frozenset[str]) -> Rule:
    """Refuse a top-level parameter outside `names`."""

    def rule(body: Body) -> Rejection | None:
        for name in body:
            if name not in names:
                return Rejection(f"{name}: Extra inputs are not permitted")
        return None

    return rule


def types_are_right(body: Body) -> Rejection | None:
    """Refuse a top-level parameter of the wrong JSON type."""
    for name, value in body.items():
        kind = json_kind(value)
        if kind in KINDS[name] or (value is None and name in NULLABLE):
            continue
        return Rejection(f"{name}: Input should be {SHOULD_BE[KINDS[name][0]]}")
    return None


def numbers_in_range(body: Body) -> Rejection | None:
    """Refuse temperature and top_p outside [0, 1], and token counts below their minimum."""
    for name, low, high in (("temperature", 0, 1), ("top_p", 0, 1), ("max_tokens", 1, None), ("top_k", 0, None)):
        value = body.get(name)
        if value is None:
            continue
        if value < low:
            return Rejection(f"{name}: Input should be greater than or equal to {low}")
        if high is not None and value > high:
            return Rejection(f"{name}: Input should be less than or equal to {high}")
    return None


def some_message(body: Body) -> Rejection | None:
    """Refuse an empty conversation."""
    return None if body["messages"] else Rejection("messages: at least one message is required")


def messages_are_well_formed(body: Body) -> Rejection | None:
    """Refuse messages with wrong roles, missing content or extra members."""
    for index, message in enumerate(body["messages"]):
        found = _message(f"messages.{index}", message)
        if found is not None:
            return found
    return None


def _message(name: str, message: Any) -> Rejection | None:
    if not isinstance(message, dict):
        return Rejection(f"{name}: Input should be an object")
    for member in ("role", "content"):
        if member not in message:
            return Rejection(f"{name}.{member}: Field required")
    if message["role"] == "system":
        return Rejection(
            'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, '
            'not "system" as an input message role.'
        )
    if message["role"] not in ("user", "assistant"):
        return Rejection(f"{name}.role: Input should be 'user' or 'assistant'")
    wrong = _content(f"{name}.content", message["content"])
    if wrong is not None:
        return wrong
    extra = sorted(set(message) - {"role", "content"})
    return Rejection(f"{name}.{extra[0]}: Extra inputs are not permitted") if extra else None


def _content(name: str, content: Any) -> Rejection | None:
    if isinstance(content, str):
        return None
    if not isinstance(content, list):
        return Rejection(f"{name}: Input should be a valid string or list")
    odd = next((index for index, block in enumerate(content) if not isinstance(block, dict)), None)
    return None if odd is None else Rejection(f"{name}.{odd}: Input should be a valid dictionary")


def first_is_user(body: Body) -> Rejection | None:
    """Refuse a conversation which the assistant opens."""
    if body["messages"][0]["role"] == "user":
        return None
    return Rejection('messages: first message must use the "user" role')


def content_not_empty(body: Body) -> Rejection | None:
    """Refuse empty content but in a final assistant message, and text blocks without text."""
    last = len(body["messages"]) - 1
    for index, message in enumerate(body["messages"]):
        if not message["content"] and not (index == last and message["role"] == "assistant" and index > 0):
            text = "all messages must have non-empty content except for the optional final assistant message"
            return Rejection(f"messages.{index}: {text}")
        for block in _blocks(message):
            if block.get("type") == "text" and not block.get("text"):
                return Rejection("messages: text content blocks must be non-empty")
            if block.get("type") == "text" and not str(block["text"]).strip():
                return Rejection("messages: text content blocks must contain non-whitespace text")
    return None


def no_trailing_whitespace(body: Body) -> Rejection | None:
    """Refuse a prefill that ends in white space."""
    last = body["messages"][-1]
    if last["role"] != "assistant":
        return None
    texts = [last["content"]] if isinstance(last["content"], str) else [block.get("text") for block in _blocks(last)]
    final = texts[-1] if texts else None
    if isinstance(final, str) and final != final.rstrip():
        return Rejection("messages: final assistant content cannot end with trailing whitespace")
    return None


def tool_uses_have_results(body: Body) -> Rejection | None:
    """Refuse tool_use blocks that the next message does not answer, and results without a tool_use before them."""
    messages = body["messages"]
    for index, message in enumerate(messages):
        used = [block.get("id") for block in _blocks(message) if block.get("type") == "tool_use"]
        answered = _results(messages[index + 1]) if index + 1 < len(messages) else []
        open_ids = [str(name) for name in used if name not in answered]
        if open_ids and index + 1 < len(messages):
            text = (
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(open_ids)}. Each `tool_use` block must have a corresponding `tool_result` block "
                "in the next message."
            )
            return Rejection(text)
        strangers = [str(name) for name in answered if name not in used]
        if strangers:
            return _stranger(index + 1, strangers[0])
    strangers = [str(name) for name in _results(messages[0])]
    return _stranger(0, strangers[0]) if strangers else None


def _stranger(index: int, name: str) -> Rejection:
    text = (
        f"messages.{index}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {name}. Each "
        "`tool_result` block must have a corresponding `tool_use` block in the previous message."
    )
    return Rejection(text)


def tools_are_well_formed(body: Body) -> Rejection | None:
    """Refuse tools in OpenAI's form, without a schema, or with a name that breaks the pattern."""
    for index, tool in enumerate(body.get("tools") or []):
        found = _tool(f"tools.{index}", tool)
        if found is not None:
            return found
    return None


def _tool(name: str, tool: Any) -> Rejection | None:
    if not isinstance(tool, dict):
        return Rejection(f"{name}: Input should be an object")
    if tool.get("type") == "function":
        return Rejection(
            f"{name}: Input tag 'function' found using 'type' does not match any of the expected tags: 'custom'"
        )
    if tool.get("type", "custom") != "custom":
        return None
    for member in ("name", "input_schema"):
        if member not in tool:
            return Rejection(f"{name}.custom.{member}: Field required")
    if len(str(tool["name"])) > MAX_NAME:
        return Rejection(f"{name}.custom.name: String should have at most {MAX_NAME} characters")
    if not TOOL_NAME.match(str(tool["name"])):
        return Rejection(f"{name}.custom.name: String should match pattern '{TOOL_NAME.pattern}'")
    return None


def choice_needs_tools(body: Body) -> Rejection | None:
    """Refuse a tool choice without tools."""
    if body.get("tool_choice") is None or body.get("tools"):
        return None
    return Rejection("tool_choice may only be specified while providing tools.")


def thinking_has_a_budget(body: Body) -> Rejection | None:
    """Refuse extended thinking without a budget, with one below 1024, or with one above max_tokens."""
    thinking = body.get("thinking") or {}
    if thinking.get("type") != "enabled":
        return None
    budget = thinking.get("budget_tokens")
    if budget is None:
        return Rejection("thinking.enabled.budget_tokens: Field required")
    if not isinstance(budget, int) or budget < 1024:
        return Rejection("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if "max_tokens" in body and body["max_tokens"] <= budget:
        return Rejection("`max_tokens` must be greater than `thinking.budget_tokens`.")
    return None


def _blocks(message: Body) -> list[Body]:
    content = message.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _results(message: Body) -> list[Any]:
    return [block.get("tool_use_id") for block in _blocks(message) if block.get("type") == "tool_result"]


SHARED_RULES: list[Rule] = [
    types_are_right,
    numbers_in_range,
    some_message,
    messages_are_well_formed,
    first_is_user,
    content_not_empty,
    no_trailing_whitespace,
    tool_uses_have_results,
    tools_are_well_formed,
    choice_needs_tools,
    thinking_has_a_budget,
]
MESSAGE_RULES: list[Rule] = [
    required("model", "max_tokens", "messages"),
    no_extras(frozenset(KINDS)),
    *SHARED_RULES,
    *CLAUDE_BLOCK_RULES,
    *CLAUDE_MODEL_RULES,
]
COUNT_RULES: list[Rule] = [
    required("model", "messages"),
    no_extras(frozenset(KINDS) - NOT_FOR_COUNTING),
    *SHARED_RULES,
]
