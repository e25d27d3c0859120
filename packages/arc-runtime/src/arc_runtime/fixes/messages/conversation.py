"""What the fixes of a conversation share: where it is, and a text for whatever stands where a text belongs."""

import json
from typing import Any, Callable, Dict, List

from arc_runtime.fixes.whole import items_changed, replaced

PLACES: Dict[str, str] = {
    "chat.completions": "messages",
    "responses": "input",
    "messages": "messages",
    "messages.count_tokens": "messages",
}
"""``{operation: the parameter that holds its conversation}``"""


def each_message(body: Dict[str, Any], operation: str, change: Callable[[Any], Any]) -> Dict[str, Any]:
    """Return the body with every message changed; the same body where none was."""
    place = PLACES.get(operation, "")
    messages = body.get(place)
    if not isinstance(messages, (list, tuple)):
        return body
    return with_messages(body, operation, [change(message) for message in messages])


def with_messages(body: Dict[str, Any], operation: str, messages: List[Any]) -> Dict[str, Any]:
    """Return the body with this conversation; the same body where it is the one it has."""
    place = PLACES[operation]
    return replaced(body, **{place: messages}) if items_changed(body[place], messages) else body


def as_text(value: Any) -> str:
    """Return a value as a text: itself, or as JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""


def text_of(content: Any) -> str:
    """Return the texts of a message's content, one after the other."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, (list, tuple)) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))
