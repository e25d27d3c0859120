"""Repairs the beginning and the end of a conversation for Anthropic."""

from typing import Any, ClassVar, Dict, List, Mapping, Tuple

from arc_runtime.fixes.messages.conversation import text_of, with_messages
from arc_runtime.fixes.models import capability
from arc_runtime.fixes.shapes import as_list, is_blank
from arc_runtime.fixes.whole import WholeFix, replaced

OPENING = "The conversation began with this message of yours:"
FILLER = "(conversation start)"
PREFILL = "Begin your answer with: "


class TrailingSpace(WholeFix):
    """``{"trailing_space": true}``: the words that the answer is to begin with lose the space at their end."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body whose final message of the assistant ends in a character to see."""
        messages = as_list(body.get("messages"))
        last = messages[-1] if messages else None
        if not operation.startswith("messages") or not isinstance(last, dict) or last.get("role") != "assistant":
            return body
        content = last.get("content")
        trimmed = _trimmed(content)
        if trimmed is content:
            return body
        return with_messages(body, operation, [*messages[:-1], {**last, "content": trimmed}])


def _trimmed(content: Any) -> Any:
    if isinstance(content, str):
        return content.rstrip() if content != content.rstrip() else content
    blocks = as_list(content)
    final = blocks[-1] if blocks else None
    text = final.get("text") if isinstance(final, dict) and final.get("type") == "text" else None
    if not isinstance(text, str) or text == text.rstrip():
        return content
    return [*blocks[:-1], {**final, "text": text.rstrip()}] if text.strip() else blocks[:-1]  # type: ignore[dict-item]


class Prefill(WholeFix):
    """``{"prefill": true}``: where the model takes no beginning of its answer, the user asks for that beginning."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body whose conversation ends with the user."""
        messages = as_list(body.get("messages"))
        if not operation.startswith("messages") or capability(body.get("model"), "prefill") is not False:
            return body
        kept, texts = _without_final(messages)
        if len(kept) == len(messages) or not kept:
            return body
        text = "\n".join(texts)
        if not text.strip():
            return with_messages(body, operation, kept)
        return with_messages(body, operation, _asked_for(kept, PREFILL + text))


def _without_final(messages: List[Any]) -> Tuple[List[Any], List[str]]:
    kept: List[Any] = list(messages)
    texts: List[str] = []
    while kept and isinstance(kept[-1], dict) and kept[-1].get("role") == "assistant":
        blocks = as_list(kept[-1].get("content"))
        if any(isinstance(block, dict) and block.get("type") not in ("text", "thinking") for block in blocks):
            return list(messages), []
        texts.insert(0, text_of(kept.pop().get("content")).strip())
    return kept, texts


def _asked_for(messages: List[Any], text: str) -> List[Any]:
    last = messages[-1]
    if not isinstance(last, dict):
        return messages
    content = last.get("content")
    if isinstance(content, str):
        return [*messages[:-1], {**last, "content": f"{content}\n\n{text}"}]
    return [*messages[:-1], {**last, "content": [*as_list(content), {"type": "text", "text": text}]}]


class FirstMessage(WholeFix):
    """``{"first_message": {"how": "system"}}``: a conversation that the assistant opens.

    how: ``system`` tells the model of its opening in the system prompt; ``fill`` puts a message of the user before it.
    """

    OPTIONS: ClassVar[Mapping[str, Any]] = {"how": "system"}

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body whose conversation begins with the user."""
        messages = as_list(body.get("messages"))
        first = messages[0] if messages else None
        if not operation.startswith("messages") or not isinstance(first, dict) or first.get("role") != "assistant":
            return body
        if self.options["how"] == "fill":
            return with_messages(body, operation, [{"role": "user", "content": FILLER}, *messages])
        count = next((n for n, m in enumerate(messages) if not isinstance(m, dict) or m.get("role") != "assistant"), 0)
        opening = messages[:count]
        if not count or any(_has_more_than_text(message) for message in opening):
            return body
        text = "\n".join(text_of(message.get("content")) for message in opening)
        body = with_messages(body, operation, messages[count:])
        return body if is_blank(text) else replaced(body, system=_added(body.get("system"), f"{OPENING}\n{text}"))


def _has_more_than_text(message: Any) -> bool:
    return any(not isinstance(block, dict) or block.get("type") != "text" for block in as_list(message.get("content")))


def _added(system: Any, text: str) -> Any:
    if isinstance(system, (list, tuple)):
        return [*system, {"type": "text", "text": text}]
    return f"{system}\n\n{text}" if isinstance(system, str) and system else text
