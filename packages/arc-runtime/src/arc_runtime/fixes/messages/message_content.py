"""Gives every message content that the API takes: no null, no number, no empty list, no blank part."""

from typing import Any, Dict, List

from arc_runtime.fixes.messages.conversation import as_text, each_message, with_messages
from arc_runtime.fixes.shapes import as_list, is_blank
from arc_runtime.fixes.whole import WholeFix


class MessageContent(WholeFix):
    """``{"message_content": true}``: OpenAI takes an empty text, Anthropic takes no message that says nothing."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body whose messages all have content, or are not there."""
        if operation in ("chat.completions", "responses"):
            return each_message(body, operation, _openai)
        if operation.startswith("messages"):
            return _claude(body, operation)
        return body


def _openai(message: Any) -> Any:
    if not isinstance(message, dict) or message.get("type", "message") != "message":
        return message
    content = message.get("content")
    if content is None:
        spoken = any(message.get(name) for name in ("tool_calls", "function_call", "refusal", "audio"))
        kept = message.get("role") == "function" or (message.get("role") == "assistant" and spoken)
        return message if kept or "role" not in message else {**message, "content": ""}
    if isinstance(content, (list, tuple)):
        return message if content else {**message, "content": ""}
    return {**message, "content": _plain(content)} if not isinstance(content, str) else message


def _plain(content: Any) -> Any:
    return [content] if isinstance(content, dict) and isinstance(content.get("type"), str) else as_text(content)


def _claude(body: Dict[str, Any], operation: str) -> Dict[str, Any]:
    messages = body.get("messages")
    if not isinstance(messages, (list, tuple)):
        return body
    filled = [_filled(message) for message in messages]
    last = len(filled) - 1
    kept = [
        message
        for index, message in enumerate(filled)
        if not _says_nothing(message) or (index == last and index > 0 and _is_open_end(message, messages[index]))
    ]
    if not any(isinstance(message, dict) and message.get("role") == "user" for message in kept):
        return body
    return with_messages(body, operation, kept)


def _is_open_end(message: Any, given: Any) -> bool:
    """Return whether it is the final message of the assistant, which may be empty (but not blank)."""
    return bool(message.get("role") == "assistant" and given.get("content") in ("", []))


def _filled(message: Any) -> Any:
    """Return the message without blank texts, its content a text or a list."""
    if not isinstance(message, dict):
        return message
    content = message.get("content")
    if content is None:
        return {**message, "content": ""} if not message.get("tool_calls") else message
    if isinstance(content, dict):
        return {**message, "content": [] if _is_blank_block(content) else [content]}
    if not isinstance(content, (str, list, tuple)):
        return {**message, "content": as_text(content)}
    blocks = as_list(content)
    kept: List[Any] = [block for block in blocks if not _is_blank_block(block)]
    return {**message, "content": kept} if len(kept) != len(blocks) else message


def _is_blank_block(block: Any) -> bool:
    if isinstance(block, str):
        return is_blank(block)
    return isinstance(block, dict) and block.get("type", "text") == "text" and is_blank(block.get("text", ""))


def _says_nothing(message: Any) -> bool:
    if not isinstance(message, dict) or message.get("tool_calls"):
        return False
    content = message.get("content")
    return is_blank(content) or content == []
