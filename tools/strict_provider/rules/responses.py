"""What `POST /v1/responses` refuses."""

from __future__ import annotations

from strict_provider.rejection import Body, Rejection, Rule

from .openai_models import RESPONSE_MODEL_RULES
from .openai_schemas import RESPONSE_SCHEMA_RULES
from .parameters import in_range, missing, of_type, only_known, require, unknown_value, wrong_type
from .response_items import ITEM_RULES

KINDS: dict[str, tuple[str, ...]] = {
    "access_programs": ("object",),
    "background": ("boolean",),
    "context_management": ("array",),
    "conversation": ("string", "object"),
    "image": ("object",),
    "include": ("array",),
    "input": ("string", "array"),
    "instructions": ("string",),
    "max_output_tokens": ("integer",),
    "max_tool_calls": ("integer",),
    "metadata": ("object",),
    "model": ("string",),
    "moderation": ("object",),
    "parallel_tool_calls": ("boolean",),
    "previous_response_id": ("string",),
    "prompt": ("object",),
    "prompt_cache_key": ("string",),
    "prompt_cache_options": ("object",),
    "prompt_cache_retention": ("string",),
    "reasoning": ("object",),
    "safety_identifier": ("string",),
    "service_tier": ("string",),
    "store": ("boolean",),
    "stream": ("boolean",),
    "stream_options": ("object",),
    "temperature": ("decimal",),
    "text": ("object",),
    "tool_choice": ("string", "object"),
    "tools": ("array",),
    "top_logprobs": ("integer",),
    "top_p": ("decimal",),
    "truncation": ("string",),
    "user": ("string",),
}
MOVED = {
    "messages": "input",
    "functions": "tools",
    "max_tokens": "max_output_tokens",
    "reasoning_effort": "reasoning.effort",
    "response_format": "text.format",
}
ROLES = ("assistant", "system", "developer", "user")
PARTS = (
    *("input_text", "input_image", "output_text", "refusal", "input_file"),
    *("computer_screenshot", "summary_text"),
)
FORMATS = ("json_object", "json_schema", "text")


def moved_parameters(body: Body) -> Rejection | None:
    """Refuse a parameter of chat completions that has another name here, and say which."""
    for name, new in MOVED.items():
        if name in body:
            text = (
                f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{new}'. "
                "Try again with the new parameter. See the API documentation for more information: "
                "https://platform.openai.com/docs/api-reference/responses/create."
            )
            return Rejection(text, param=name, code="unsupported_parameter")
    return None


def some_input(body: Body) -> Rejection | None:
    """Refuse a request with nothing to answer."""
    if any(body.get(name) is not None for name in ("input", "previous_response_id", "prompt", "conversation")):
        return None
    text = (
        "Missing required parameter: one of 'input' or 'previous_response_id' or 'prompt' or 'conversation_id' "
        "must be provided."
    )
    return Rejection(text, code="missing_required_parameter")


def items_are_known(body: Body) -> Rejection | None:
    """Refuse input items that are no objects, and messages of unknown roles."""
    for index, item in enumerate(_items(body)):
        if not isinstance(item, dict):
            return wrong_type(f"input[{index}]", "an object", item)
        if item.get("type", "message") != "message":
            continue
        if "role" not in item:
            return missing(f"input[{index}].role")
        if item["role"] not in ROLES:
            return unknown_value(f"input[{index}].role", item["role"], ROLES)
        if item.get("content") is None:
            return missing(f"input[{index}].content")
    return None


def parts_are_known(body: Body) -> Rejection | None:
    """Refuse content parts in the form of chat completions."""
    for index, item in enumerate(_items(body)):
        parts = item.get("content")
        for place, part in enumerate(parts if isinstance(parts, list) else []):
            name = f"input[{index}].content[{place}]"
            if not isinstance(part, dict):
                return wrong_type(name, "an object", part)
            if item.get("type", "message") == "message" and part.get("type") not in PARTS:
                return unknown_value(f"{name}.type", part.get("type"), PARTS)
    return None


def outputs_have_calls(body: Body) -> Rejection | None:
    """Refuse the output of a function call that is not in the input (nor before it)."""
    if body.get("previous_response_id") is not None or body.get("conversation") is not None:
        return None
    calls = {item.get("call_id") for item in _items(body) if item.get("type") == "function_call"}
    for item in _items(body):
        if item.get("type") == "function_call_output" and item.get("call_id") not in calls:
            text = f"No tool call found for function call output with call_id {item.get('call_id')}."
            return Rejection(text, param="input")
    return None


def tools_are_flat(body: Body) -> Rejection | None:
    """Refuse function tools nested as in chat completions."""
    for index, tool in enumerate(body.get("tools") or []):
        if not isinstance(tool, dict):
            return wrong_type(f"tools[{index}]", "an object", tool)
        if "type" not in tool:
            return missing(f"tools[{index}].type")
        if tool["type"] == "function" and "name" not in tool:
            return missing(f"tools[{index}].name")
    return None


def format_is_named(body: Body) -> Rejection | None:
    """Refuse an unknown text format, or a schema without its name beside it."""
    wanted = (body.get("text") or {}).get("format")
    if wanted is None:
        return None
    if not isinstance(wanted, dict):
        return wrong_type("text.format", "an object", wanted)
    if wanted.get("type") not in FORMATS:
        return unknown_value("text.format.type", wanted.get("type"), FORMATS)
    if wanted["type"] == "json_schema":
        for name in ("name", "schema"):
            if name not in wanted:
                return missing(f"text.format.{name}")
    return None


def _items(body: Body) -> list[Body]:
    items = body.get("input")
    return items if isinstance(items, list) else []


RESPONSE_RULES: list[Rule] = [
    require("model"),
    moved_parameters,
    only_known(frozenset(KINDS), "Unknown parameter: '{name}'.", "unknown_parameter"),
    of_type(KINDS),
    some_input,
    in_range(
        {"temperature": (0.0, 2.0), "top_p": (0.0, 1.0), "top_logprobs": (0, 20), "max_output_tokens": (16, 10**9)}
    ),
    items_are_known,
    parts_are_known,
    outputs_have_calls,
    tools_are_flat,
    format_is_named,
    *ITEM_RULES,
    *RESPONSE_MODEL_RULES,
    *RESPONSE_SCHEMA_RULES,
]
