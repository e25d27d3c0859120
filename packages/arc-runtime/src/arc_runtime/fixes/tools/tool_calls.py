"""Writes the calls in a conversation as the API does: ids, arguments, and the messages that carry them."""

import hashlib
import json
import re
from typing import Any, Dict, List, Optional

from arc_runtime.fixes.messages.conversation import as_text, each_message, with_messages
from arc_runtime.fixes.shapes import CLAUDE_ID, MAX_CALL_ID, MAX_ITEM_CALL_ID, as_list
from arc_runtime.fixes.whole import WholeFix, items_changed

_CALL_FIELDS = ("id", "type", "function")
_NO_ID = re.compile(r"[^a-zA-Z0-9_-]")


class ToolCalls(WholeFix):
    """``{"tool_calls_form": true}``: arguments are a text (or an object), members of streams go, empty lists go."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with calls in this API's form, those of another API included."""
        if operation == "chat.completions":
            return _chat_messages(body)
        if operation == "responses":
            return _items(body)
        return _claude_messages(body, operation) if operation.startswith("messages") else body


def _chat_messages(body: Dict[str, Any]) -> Dict[str, Any]:
    messages = body.get("messages")
    if not isinstance(messages, (list, tuple)):
        return body
    written: List[Any] = []
    for message in messages:
        written.extend(_chat(message))
    return with_messages(body, "chat.completions", written)


def _chat(message: Any) -> List[Any]:
    if not isinstance(message, dict):
        return [message]
    blocks = [block for block in as_list(message.get("content")) if isinstance(block, dict)]
    if any(block.get("type") in ("tool_use", "tool_result") for block in blocks):
        return _from_claude(message, blocks)
    if "tool_calls" not in message or message["tool_calls"] is None:
        return [message]
    calls = message["tool_calls"]
    calls = [calls] if isinstance(calls, dict) else calls
    if not isinstance(calls, (list, tuple)):
        return [message]
    if not calls:
        return [{name: value for name, value in message.items() if name != "tool_calls"}]
    made = [_chat_call(call) for call in calls]
    return [{**message, "tool_calls": made}] if items_changed(message["tool_calls"], made) else [message]


def _chat_call(call: Any) -> Any:
    if not isinstance(call, dict) or call.get("type") == "custom":
        return call
    function = call.get("function")
    if not isinstance(function, dict):
        if not isinstance(call.get("name"), str):
            return call
        function = {"name": call["name"], "arguments": call.get("arguments", call.get("args", call.get("input")))}
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        function = {**function, "arguments": "{}" if arguments is None else as_text(arguments)}
    extra = [name for name in function if name not in ("name", "arguments")]
    if extra:
        function = {"name": function.get("name"), "arguments": function["arguments"]}
    if function is call.get("function") and len(call) == len(_CALL_FIELDS) and call.get("type") == "function":
        return call
    return {**({"id": call["id"]} if "id" in call else {}), "type": "function", "function": function}


def _from_claude(message: Dict[str, Any], blocks: List[Dict[str, Any]]) -> List[Any]:
    """Return the messages that say in a chat what blocks of calls and results say."""
    calls = [_call_of(block) for block in blocks if block.get("type") == "tool_use"]
    results = [
        {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": _result_text(block.get("content"))}
        for block in blocks
        if block.get("type") == "tool_result"
    ]
    rest = [block for block in blocks if block.get("type") not in ("tool_use", "tool_result")]
    made: List[Any] = [*results]
    if calls:
        return [*made, {**message, "content": rest or None, "tool_calls": calls}]
    return [*made, {**message, "content": rest}] if rest else made


def _call_of(block: Dict[str, Any]) -> Dict[str, Any]:
    function = {"name": block.get("name"), "arguments": as_text(block.get("input") or {})}
    return {"id": block.get("id"), "type": "function", "function": function}


def _result_text(content: Any) -> str:
    if isinstance(content, (list, tuple)):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        if texts and all(isinstance(text, str) for text in texts):
            return "\n".join(text for text in texts if isinstance(text, str))
    return "" if content is None else as_text(content)


def _items(body: Dict[str, Any]) -> Dict[str, Any]:
    items = body.get("input")
    if not isinstance(items, (list, tuple)):
        return body
    written: List[Any] = []
    for item in items:
        written.extend(_item(item) if isinstance(item, dict) else [item])
    return with_messages(body, "responses", written)


def _item(item: Dict[str, Any]) -> List[Any]:
    kind = item.get("type", "message")
    if kind == "function_call":
        return [_function_call(item)]
    if kind == "function_call_output":
        output = item.get("output")
        return (
            [item]
            if isinstance(output, (str, list, tuple))
            else [{**item, "output": "" if output is None else as_text(output)}]
        )
    if item.get("role") == "tool" and isinstance(item.get("tool_call_id"), str):
        output = _result_text(item.get("content"))
        return [{"type": "function_call_output", "call_id": item["tool_call_id"], "output": output}]
    if item.get("role") == "assistant" and isinstance(item.get("tool_calls"), (list, tuple)):
        said = item.get("content")
        spoken = [{"role": "assistant", "content": said}] if said else []
        return [*spoken, *(_item_of(call) for call in map(_chat_call, item["tool_calls"]) if isinstance(call, dict))]
    prefix = {"message": "msg", "reasoning": "rs"}.get(kind) if isinstance(kind, str) else None
    if prefix is not None and item.get("id") is not None and not str(item["id"]).startswith(prefix):
        return [{name: value for name, value in item.items() if name != "id"}]
    return [item]


def _item_of(call: Dict[str, Any]) -> Dict[str, Any]:
    function = call.get("function") or {}
    return {
        "type": "function_call",
        "call_id": call.get("id"),
        "name": function.get("name"),
        "arguments": function.get("arguments", "{}"),
    }


def _function_call(item: Dict[str, Any]) -> Dict[str, Any]:
    kept = {name: value for name, value in item.items() if name not in ("parsed_arguments", "index")}
    if not isinstance(kept.get("call_id"), str) and isinstance(kept.get("id"), str):
        kept["call_id"] = kept["id"]
    if kept.get("id") is not None and not str(kept["id"]).startswith("fc"):
        del kept["id"]
    arguments = kept.get("arguments")
    if not isinstance(arguments, str):
        kept["arguments"] = "{}" if arguments is None else as_text(arguments)
    return item if kept == item else kept


def _claude_messages(body: Dict[str, Any], operation: str) -> Dict[str, Any]:
    messages = body.get("messages")
    if not isinstance(messages, (list, tuple)):
        return body
    written: List[Any] = []
    for message in messages:
        made = _claude(message)
        before: Any = written[-1] if written else {}
        if made is not message and _is_results(made) and _is_results(before):
            written[-1] = {**before, "content": [*before["content"], *made["content"]]}
        else:
            written.append(made)
    return with_messages(body, operation, written)


def _is_results(message: Any) -> bool:
    blocks = as_list(message.get("content")) if isinstance(message, dict) else []
    return bool(blocks) and all(isinstance(block, dict) and block.get("type") == "tool_result" for block in blocks)


def _claude(message: Any) -> Any:
    if not isinstance(message, dict):
        return message
    if message.get("role") in ("tool", "function") and isinstance(message.get("tool_call_id"), str):
        block = {
            "type": "tool_result",
            "tool_use_id": message["tool_call_id"],
            "content": _result_text(message.get("content")),
        }
        return {"role": "user", "content": [block]}
    calls = message.get("tool_calls")
    if isinstance(calls, (list, tuple)):
        content = message.get("content")
        spoken = (
            [{"type": "text", "text": content}] if isinstance(content, str) and content.strip() else as_list(content)
        )
        used = [_use_of(call) for call in map(_chat_call, calls) if isinstance(call, dict)]
        return (
            {"role": message.get("role"), "content": [*spoken, *used]}
            if used
            else {"role": message.get("role"), "content": content}
        )
    content = message.get("content")
    if not isinstance(content, (list, tuple)):
        return message
    made = [_claude_block(block) for block in content]
    return {**message, "content": made} if items_changed(content, made) else message


def _use_of(call: Dict[str, Any]) -> Dict[str, Any]:
    function = call.get("function") or {}
    made = _object_of(function.get("arguments"))
    return {"type": "tool_use", "id": call.get("id"), "name": function.get("name"), "input": made}


def _claude_block(block: Any) -> Any:
    if not isinstance(block, dict):
        return block
    if block.get("type") == "tool_use" and not isinstance(block.get("input"), dict):
        return {**block, "input": _object_of(block.get("input"))}
    if block.get("type") == "tool_result":
        content = block.get("content")
        if content is not None and not isinstance(content, (str, list, tuple)):
            return {**block, "content": as_text(content)}
        kept = _result_parts(content)
        return block if kept is None else {**block, "content": kept}
    return block


def _result_parts(content: Any) -> Optional[List[Any]]:
    """Return the parts of a result without blank texts, each an object; None where that is so already."""
    if not isinstance(content, (list, tuple)):
        return None
    made = [{"type": "text", "text": as_text(part)} if not isinstance(part, dict) else _typed(part) for part in content]
    kept = [part for part in made if not (part.get("type") == "text" and not str(part.get("text") or "").strip())]
    return kept if items_changed(content, kept) else None


def _typed(part: Dict[str, Any]) -> Dict[str, Any]:
    if part.get("type") in (None, "input_text", "output_text") and isinstance(part.get("text"), str):
        return {"type": "text", "text": part["text"]}
    return part


def _object_of(value: Any) -> Dict[str, Any]:
    if isinstance(value, dict):
        return value
    if isinstance(value, str) and value.strip():
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            found = value
        return found if isinstance(found, dict) else {"value": found}
    return {} if value is None or value == "" else {"value": value}


class CallIds(WholeFix):
    """``{"call_ids": true}``: an id that is too long or has odd characters becomes another, the same everywhere."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with ids that are accepted."""
        if operation == "chat.completions":
            return each_message(body, operation, _chat_ids)
        if operation == "responses":
            return each_message(body, operation, _item_ids)
        return each_message(body, operation, _claude_ids) if operation.startswith("messages") else body


def _chat_ids(message: Any) -> Any:
    if not isinstance(message, dict):
        return message
    if isinstance(message.get("tool_call_id"), str):
        plain = _short(message["tool_call_id"])
        message = message if plain == message["tool_call_id"] else {**message, "tool_call_id": plain}
    calls = as_list(message.get("tool_calls"))
    made = [
        {**call, "id": _short(call["id"])}
        if isinstance(call, dict) and isinstance(call.get("id"), str) and _short(call["id"]) != call["id"]
        else call
        for call in calls
    ]
    return {**message, "tool_calls": made} if items_changed(calls, made) else message


def _item_ids(item: Any) -> Any:
    name = item.get("call_id") if isinstance(item, dict) else None
    if not isinstance(name, str) or len(name) <= MAX_ITEM_CALL_ID:
        return item
    return {**item, "call_id": _short(name, MAX_ITEM_CALL_ID)}


def _short(name: str, longest: int = MAX_CALL_ID) -> str:
    if len(name) <= longest:
        return name
    return name[: longest - 9] + "_" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _claude_ids(message: Any) -> Any:
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, (list, tuple)):
        return message
    made = [_claude_id(block) for block in content]
    return {**message, "content": made} if items_changed(content, made) else message


def _claude_id(block: Any) -> Any:
    kind = block.get("type") if isinstance(block, dict) else None
    key = {"tool_use": "id", "tool_result": "tool_use_id"}.get(kind) if isinstance(kind, str) else None
    name = block.get(key) if key else None
    if key is None or not isinstance(name, str) or CLAUDE_ID.fullmatch(name):
        return block
    plain = _NO_ID.sub("_", name)
    return {**block, key: plain or "call"}
