"""Signs in the input of OpenAI's Responses API: messages, calls, results and reasoning in one list."""

from typing import Any, List, Mapping, Set

from arc_runtime.fixes.messages.item_links import linked
from arc_runtime.fixes.shapes import INPUT_PARTS, MAX_ITEM_CALL_ID, OUTPUT_PARTS, as_list
from arc_runtime.fixes.whole import items_changed

_ROLES = frozenset(("system", "developer", "user", "assistant"))
_MESSAGE_FIELDS = frozenset(("type", "role", "content", "id", "status", "phase"))
_PREFIXES = {"function_call": "fc", "message": "msg", "reasoning": "rs"}


def items(body: Mapping[str, Any], family: Mapping[str, Any], found: Set[str]) -> None:
    """Add the signs of the input."""
    given = body.get("input")
    if isinstance(given, str):
        return
    if not isinstance(given, (list, tuple)):
        if "messages" in body or given is not None:
            found.add("no_input")
        return
    called: List[Any] = []
    answered: List[Any] = []
    for item in given:
        if not isinstance(item, dict):
            found.add("odd_item")
        elif len(item) != 2 or type(item.get("content")) is not str or item.get("role") not in _ROLES:
            _item(item, called, answered, found)
    _pairs(body, called, answered, found)
    _ids(given, family, (*called, *answered), found)


def _ids(given: Any, family: Mapping[str, Any], call_ids: Any, found: Set[str]) -> None:
    if any(isinstance(name, str) and len(name) > MAX_ITEM_CALL_ID for name in call_ids):
        found.add("call_id")
    if any("id" in item or item.get("type") == "reasoning" for item in given if type(item) is dict):
        _links(given, family, found)


def _links(given: Any, family: Mapping[str, Any], found: Set[str]) -> None:
    if items_changed(given, linked(given, family)):
        found.add("links")


def _pairs(body: Mapping[str, Any], called: List[Any], answered: List[Any], found: Set[str]) -> None:
    open_ended = body.get("previous_response_id") is not None or body.get("conversation") is not None
    if [call_id for call_id in called if call_id not in answered]:
        found.add("unanswered")
    if not open_ended and [call_id for call_id in answered if call_id not in called]:
        found.add("uncalled")


def _item(item: Mapping[str, Any], called: List[Any], answered: List[Any], found: Set[str]) -> None:
    kind = item.get("type", "message")
    prefix = _PREFIXES.get(kind) if isinstance(kind, str) else None
    if prefix is not None and item.get("id") is not None and not str(item["id"]).startswith(prefix):
        found.add("item_id")
    if kind == "message":
        _message(item, found)
    elif kind in ("function_call", "custom_tool_call"):
        called.append(item.get("call_id"))
        if kind == "function_call" and not _is_call(item):
            found.add("call")
    elif kind in ("function_call_output", "custom_tool_call_output"):
        answered.append(item.get("call_id"))
        if kind == "function_call_output" and not isinstance(item.get("output"), (str, list, tuple)):
            found.add("output")
    elif kind in _FOREIGN:
        found.add("odd_item")


_FOREIGN = ("tool_use", "tool_result", "function", "tool_call", "text", "input_text", "image_url", "input_image")


def _is_call(item: Mapping[str, Any]) -> bool:
    known = isinstance(item.get("arguments"), str) and isinstance(item.get("call_id"), str)
    return known and "parsed_arguments" not in item and "index" not in item


def _message(item: Mapping[str, Any], found: Set[str]) -> None:
    role = item.get("role")
    if role not in _ROLES:
        found.add("role")
        return
    if not _MESSAGE_FIELDS.issuperset(item):
        found.add("fields")
    content = item.get("content")
    if content is None:
        found.add("null_content")
    elif isinstance(content, (list, tuple)):
        allowed = OUTPUT_PARTS if role == "assistant" else INPUT_PARTS
        for part in as_list(content):
            if not isinstance(part, dict) or not _is_part(part, allowed):
                found.add("parts")
    elif not isinstance(content, str):
        found.add("odd_content")


def _is_part(part: Mapping[str, Any], allowed: Any) -> bool:
    kind = part.get("type")
    if kind not in allowed or "cache_control" in part or "parsed" in part:
        return kind in ("computer_screenshot", "summary_text")
    if kind in ("input_text", "output_text"):
        return isinstance(part.get("text"), str)
    return kind != "input_image" or part.get("image_url") is None or isinstance(part["image_url"], str)
