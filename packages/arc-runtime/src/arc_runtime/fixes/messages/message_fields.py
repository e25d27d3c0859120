"""Leaves out members of messages and parts that are another API's or a library's own; writes names as the API does."""

import re
from typing import Any, Dict, FrozenSet, Mapping

from arc_runtime.fixes.contract import has_foreign, without_foreign
from arc_runtime.fixes.messages.conversation import each_message
from arc_runtime.fixes.shapes import CHAT_FIELDS, CHAT_NAME, CLAUDE_BLOCKS, CLAUDE_FIELDS, blocks_of
from arc_runtime.fixes.whole import WholeFix, items_changed

_NOT_IN_NAMES = re.compile(r"[\s<|\\/>]+")
MAX_NAME = 64
CACHE_FIELDS = frozenset(("type", "ttl"))
ITEM_FIELDS: Mapping[str, FrozenSet[str]] = {
    "message": frozenset(("type", "role", "content", "id", "status", "phase")),
}


class MessageFields(WholeFix):
    """``{"message_fields": true}``: ids, timestamps, cache marks and the like of other libraries go."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body whose messages have no members that are foreign to the API."""
        change = {"chat.completions": _chat, "responses": _item}.get(operation, _claude)
        return each_message(body, operation, change)


def _chat(message: Any) -> Any:
    if not isinstance(message, dict):
        return message
    if has_foreign(message, CHAT_FIELDS):
        message = without_foreign(message, CHAT_FIELDS)
    name = message.get("name")
    if name is not None and (not isinstance(name, str) or not CHAT_NAME.fullmatch(name)):
        plain = _NOT_IN_NAMES.sub("_", str(name).strip())[:MAX_NAME].strip("_")
        message = (
            {**message, "name": plain} if plain else {key: value for key, value in message.items() if key != "name"}
        )
    return message


def _item(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    kind = item.get("type", "message")
    fields = ITEM_FIELDS.get(kind) if isinstance(kind, str) else None
    convertible = item.get("tool_calls") or item.get("role") == "tool"
    return item if fields is None or convertible or not has_foreign(item, fields) else without_foreign(item, fields)


def _claude(message: Any) -> Any:
    if not isinstance(message, dict):
        return message
    if has_foreign(message, CLAUDE_FIELDS) and not message.get("tool_calls") and message.get("role") != "tool":
        message = without_foreign(message, CLAUDE_FIELDS)
    if not blocks_of(message):
        return message
    content = [_block(block) for block in message["content"]]
    return {**message, "content": content} if items_changed(message["content"], content) else message


def _block(block: Any) -> Any:
    kind = block.get("type") if isinstance(block, dict) else None
    fields = CLAUDE_BLOCKS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        return block
    if has_foreign(block, fields):
        block = without_foreign(block, fields)
    control = block.get("cache_control")
    if isinstance(control, dict) and has_foreign(control, CACHE_FIELDS):
        block = {**block, "cache_control": without_foreign(control, CACHE_FIELDS)}
    return block
