"""Adds a text to a prompt, in each of the shapes that providers use.

chat.completions   messages: [{role: system | developer | user, content: text or parts}]
messages           system: text or parts, messages: [{role: user, content: text or parts}]
responses          instructions: text, input: text or [{role, content: text or parts}]
completions        prompt: text
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes.base import NOTHING, Applied
from arc_runtime.fixes.paths import Path, format_path, read, replace
from arc_runtime.model import MISSING, Change

_SYSTEM_ROLES = ("system", "developer")
_TEXT_PARTS = ("text", "input_text")


class PromptEdit(NamedTuple):
    """What is added, to whose words, and at which end."""

    text: str
    role: str
    """``system`` or ``user`` (their last message)."""
    at_end: bool

    @classmethod
    def parse(cls, value: Any, where: str, at_end: bool) -> "PromptEdit":
        """Read ``"text"`` (to the system prompt) or ``{"text": ..., "role": "system" | "user"}``."""
        fields = {"text": value} if isinstance(value, str) else value
        if not isinstance(fields, dict) or set(fields) - {"text", "role"}:
            raise PatternError(f"{where}: expected a text or {{text, role}}, got {value!r}", code="pattern.fix")
        text, role = fields.get("text"), fields.get("role", "system")
        if not isinstance(text, str) or not text:
            raise PatternError(f"{where}.text: expected a text that is not empty, got {text!r}", code="pattern.fix")
        if role not in ("system", "user"):
            raise PatternError(f"{where}.role: expected system or user, got {role!r}", code="pattern.fix")
        return cls(text, role, at_end)


def add_text(body: Dict[str, Any], operation: str, edit: PromptEdit) -> Applied:
    """Return the body whose prompt begins (or ends) with the text; nothing is added where it already does."""
    path = _user_path(body) if edit.role == "user" else _system_path(body, operation)
    if path is None:
        return body, NOTHING
    if not path:
        message = {"role": "system", "content": edit.text}
        changed = {**body, "messages": [message, *body["messages"]]}
        return changed, (Change("messages[0]", MISSING, message),)
    before = read(body, path)
    after = _joined(before, edit)
    if after is before:
        return body, NOTHING
    return replace(body, path, after), (Change(format_path(path), before, after),)


def _system_path(body: Dict[str, Any], operation: str) -> Optional[Path]:
    """Return where the system prompt is or goes; an empty path asks for a new first message."""
    if operation == "responses":
        return ("instructions",)
    if operation == "completions":
        return ("prompt",) if isinstance(body.get("prompt"), str) else None
    messages = body.get("messages")
    if not isinstance(messages, (list, tuple)):
        return None
    if operation != "chat.completions":
        return ("system",)
    for index, message in enumerate(messages):
        if isinstance(message, dict) and message.get("role") in _SYSTEM_ROLES:
            return ("messages", index, "content")
    return ()


def _user_path(body: Dict[str, Any]) -> Optional[Path]:
    for key in ("messages", "input", "prompt"):
        value = body.get(key)
        if isinstance(value, str):
            return (key,)
        if isinstance(value, (list, tuple)):
            for index in range(len(value) - 1, -1, -1):
                if isinstance(value[index], dict) and value[index].get("role") == "user":
                    return (key, index, "content")
    return None


def _joined(content: Any, edit: PromptEdit) -> Any:
    """Return the content with the text at its end or beginning, the same object when it is there already."""
    if content is MISSING or content is None:
        return edit.text
    if isinstance(content, str):
        if content.endswith(edit.text) if edit.at_end else content.startswith(edit.text):
            return content
        return content + edit.text if edit.at_end else edit.text + content
    return _joined_parts(content, edit) if isinstance(content, (list, tuple)) else content


def _joined_parts(content: Any, edit: PromptEdit) -> Any:
    parts: List[Any] = list(content)
    index = _edge_part(parts, edit.at_end)
    if index is None:
        kind = "input_text" if any(_kind(part).startswith("input_") for part in parts) else "text"
        parts.insert(len(parts) if edit.at_end else 0, {"type": kind, "text": edit.text})
        return parts
    before = parts[index]["text"]
    after = _joined(before, edit)
    if after is before:
        return content
    parts[index] = {**parts[index], "text": after}
    return parts


def _edge_part(parts: List[Any], last: bool) -> Optional[int]:
    """Return the index of the first or last part that is text; all others are left alone."""
    indices: Tuple[int, ...] = tuple(range(len(parts)))
    for index in reversed(indices) if last else indices:
        if _kind(parts[index]) in _TEXT_PARTS and isinstance(parts[index].get("text"), str):
            return index
    return None


def _kind(part: Any) -> str:
    return str(part.get("type", "")) if isinstance(part, dict) else ""
