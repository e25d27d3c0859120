"""What the Responses API refuses in single items of the input and in what links them."""

from __future__ import annotations

import json

from strict_provider.rejection import Body, Rejection, Rule

from .openai_models import REASONS, RESPONSES_ONLY
from .parameters import missing, wrong_type

PREFIXES = {"function_call": "fc", "message": "msg", "reasoning": "rs"}
MAX_CALL_ID = 64
STREAM_OPTIONS = {"include_obfuscation"}


def ids_have_their_prefix(body: Body) -> Rejection | None:
    """Refuse ids of another kind of item, and ids of calls that are too long."""
    for index, item in enumerate(_items(body)):
        prefix = PREFIXES.get(str(item.get("type", "message")))
        name = item.get("id")
        if prefix is not None and name is not None and not str(name).startswith(prefix):
            text = f"Invalid 'input[{index}].id': '{name}'. Expected an ID that begins with '{prefix}'."
            return Rejection(text, param=f"input[{index}].id", code="invalid_value")
        call_id = item.get("call_id")
        if isinstance(call_id, str) and len(call_id) > MAX_CALL_ID:
            text = (
                f"Invalid 'input[{index}].call_id': string too long. Expected a string with maximum length "
                f"{MAX_CALL_ID}, but got a string with length {len(call_id)} instead."
            )
            return Rejection(text, param=f"input[{index}].call_id", code="string_above_max_length")
    return None


def previous_is_an_id(body: Body) -> Rejection | None:
    """Refuse an id of a previous response that cannot be one."""
    name = body.get("previous_response_id")
    if name is None or str(name).startswith("resp"):
        return None
    text = f"Invalid 'previous_response_id': '{name}'. Expected an ID that begins with 'resp'."
    return Rejection(text, param="previous_response_id", code="invalid_value")


def calls_are_texts(body: Body) -> Rejection | None:
    """Refuse arguments and outputs that are no texts, and images that are no address."""
    for index, item in enumerate(_items(body)):
        if item.get("type") == "function_call" and not isinstance(item.get("arguments"), str):
            return wrong_type(f"input[{index}].arguments", "a string", item.get("arguments"))
        if item.get("type") == "function_call_output" and not isinstance(item.get("output"), (str, list)):
            return wrong_type(f"input[{index}].output", "one of an array of objects or string", item.get("output"))
        parts = item.get("content")
        for place, part in enumerate(parts if isinstance(parts, list) else []):
            if part.get("type") == "input_image" and isinstance(part.get("image_url"), dict):
                return wrong_type(f"input[{index}].content[{place}].image_url", "a string", part["image_url"])
    return None


def reasoning_has_its_item(body: Body) -> Rejection | None:
    """Refuse reasoning for a model that has none, and reasoning that nothing came of."""
    items = _items(body)
    for index, item in enumerate(items):
        if item.get("type") != "reasoning":
            continue
        if not REASONS.match(body["model"]) and not RESPONSES_ONLY.search(body["model"]):
            return Rejection("Reasoning input items can only be provided to a reasoning or computer use model.")
        after = items[index + 1] if index + 1 < len(items) else {"role": "user"}
        if after.get("role") == "user" or after.get("type") == "function_call_output":
            text = f"Item '{item.get('id')}' of type 'reasoning' was provided without its required following item."
            return Rejection(text, param="input")
        if "summary" not in item:
            return missing(f"input[{index}].summary")
    return None


def items_come_once(body: Body) -> Rejection | None:
    """Refuse an item that is there twice."""
    names = [json.dumps(item["id"]) for item in _items(body) if item.get("id") and item.get("type") != "item_reference"]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is None:
        return None
    return Rejection(f"Duplicate item found with id {twice}. Remove duplicate items from your input and try again.")


def settings_are_flat(body: Body) -> Rejection | None:
    """Refuse a choice of a tool and stream options in the form of chat completions."""
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function" and "name" not in choice:
        return missing("tool_choice.name")
    unknown = sorted(set(body.get("stream_options") or {}) - STREAM_OPTIONS)
    if unknown:
        name = f"stream_options.{unknown[0]}"
        return Rejection(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    return None


def _items(body: Body) -> list[Body]:
    items = body.get("input")
    return items if isinstance(items, list) else []


ITEM_RULES: list[Rule] = [
    ids_have_their_prefix,
    previous_is_an_id,
    calls_are_texts,
    reasoning_has_its_item,
    items_come_once,
    settings_are_flat,
]
