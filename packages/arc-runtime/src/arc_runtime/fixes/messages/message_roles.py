"""Names roles as the API does, and puts the system's words where it wants them."""

from typing import Any, Dict, List

from arc_runtime.fixes.messages.conversation import each_message, text_of, with_messages
from arc_runtime.fixes.models import capability
from arc_runtime.fixes.shapes import USER_ROLES, as_list
from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING

_SYSTEM = ("system", "developer")


class MessageRoles(WholeFix):
    """``{"message_roles": true}``: "human" becomes "user", "ai" becomes "assistant", capitals go."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with roles that the API knows; a bare text is what the user said."""
        return each_message(body, operation, _named)


def _named(message: Any) -> Any:
    if isinstance(message, str):
        return {"role": "user", "content": message}
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(role, str):
        return message
    plain = role.strip().lower()
    known = USER_ROLES.get(plain, plain)
    return message if known == role else {**message, "role": known}


class SystemRole(WholeFix):
    """``{"system_role": true}``: system messages go where the model takes them.

    For Anthropic into the system prompt; for the first reasoning models of OpenAI, which take none, to the user.
    """

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with the system's words in their place, in order."""
        if operation == "chat.completions":
            if capability(body.get("model"), "system") is not False:
                return body
            return each_message(body, operation, _to_user)
        if not operation.startswith("messages") or capability(body.get("model"), "system_messages") is True:
            return body
        return _to_system(body, operation)


def _to_user(message: Any) -> Any:
    if isinstance(message, dict) and message.get("role") in _SYSTEM:
        return {**message, "role": "user"}
    return message


def _to_system(body: Dict[str, Any], operation: str) -> Dict[str, Any]:
    messages = as_list(body.get("messages"))
    moved = [message for message in messages if isinstance(message, dict) and message.get("role") in _SYSTEM]
    if not moved:
        return body
    texts = [text for text in (text_of(message.get("content")) for message in moved) if text.strip()]
    rest = [message for message in messages if not any(message is one for one in moved)]
    body = with_messages(body, operation, rest)
    return replaced(body, system=_joined(body.get("system"), texts)) if texts else body


def _joined(system: Any, texts: List[str]) -> Any:
    if isinstance(system, (list, tuple)):
        return [*system, *({"type": "text", "text": text} for text in texts)]
    return "\n\n".join([*([system] if isinstance(system, str) and system else []), *texts])


class SystemBlocks(WholeFix):
    """``{"system_blocks": true}``: texts become blocks, and blank ones go."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with a system prompt that Anthropic takes."""
        system = body.get("system")
        if not operation.startswith("messages") or not isinstance(system, (list, tuple)):
            return body
        blocks = [{"type": "text", "text": block} if isinstance(block, str) else block for block in system]
        blocks = [_typed(block) for block in blocks]
        kept = [block for block in blocks if not (isinstance(block, dict) and _is_blank(block))]
        if len(kept) == len(system) and all(one is other for one, other in zip(kept, system)):
            return body
        return replaced(body, system=kept or MISSING)


def _typed(block: Any) -> Any:
    if isinstance(block, dict) and "type" not in block and isinstance(block.get("text"), str):
        return {"type": "text", **block}
    if isinstance(block, dict) and block.get("type") == "input_text":
        return {**block, "type": "text"}
    return block


def _is_blank(block: Dict[str, Any]) -> bool:
    text = block.get("text")
    return block.get("type") == "text" and (text is None or (isinstance(text, str) and not text.strip()))
