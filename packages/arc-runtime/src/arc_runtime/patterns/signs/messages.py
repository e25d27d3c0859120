"""Signs in a conversation. A message of a known role with a text for content is passed at once."""

from typing import Any, Callable, Dict, List, Mapping, Set, Tuple

from arc_runtime.fixes.shapes import CHAT_FIELDS, CHAT_NAME, CHAT_PARTS, CHAT_ROLES, MAX_CALL_ID
from arc_runtime.patterns.signs.claude import claude
from arc_runtime.patterns.signs.items import items
from arc_runtime.patterns.signs.plain import plain_roles

NONE: Tuple[str, ...] = ()
_PLAIN = frozenset(("system", "developer", "user", "assistant"))


def signs(facts: Any) -> Tuple[str, ...]:
    """Return the signs, none for models that we do not know."""
    scan = _SCANS.get(facts.call.operation)
    family = facts["$family"]
    if scan is None or not family:
        return NONE
    found: Set[str] = set()
    scan(facts.body, family, found)
    return tuple(sorted(found)) if found else NONE


def _chat(body: Mapping[str, Any], family: Mapping[str, Any], found: Set[str]) -> None:
    messages = body.get("messages")
    if not isinstance(messages, (list, tuple)):
        found.add("no_messages")
        return
    plain = plain_roles(messages)
    if plain is None or not _PLAIN.issuperset(plain):
        _each(messages, found)
    if family.get("system") is False and any(_role(message) in ("system", "developer") for message in messages):
        found.add("system_role")


def _each(messages: Any, found: Set[str]) -> None:
    pairing = _Pairing()
    for message in messages:
        if not isinstance(message, dict):
            found.add("odd_message")
        elif len(message) != 2 or type(message.get("content")) is not str or message.get("role") not in _PLAIN:
            _chat_message(message, pairing, found)
        elif pairing.answering:
            pairing.end(found)
    pairing.end(found)


def _role(message: Any) -> Any:
    return message.get("role") if isinstance(message, dict) else None


class _Pairing:
    """Which calls wait for an answer."""

    __slots__ = ("answering", "pending")

    def __init__(self) -> None:
        self.answering: Any = NONE
        self.pending: List[Any] = []

    def end(self, found: Set[str]) -> None:
        """Close the turn of the tools: what still waits has no answer."""
        if self.pending:
            found.add("unpaired")
        self.answering, self.pending = NONE, []


def _chat_message(message: Mapping[str, Any], pairing: _Pairing, found: Set[str]) -> None:
    role = message.get("role")
    if not isinstance(role, str) or role not in CHAT_ROLES:
        found.add("role")
        return
    for name in message:
        if name not in CHAT_FIELDS:
            found.add("fields")
    own_name = message.get("name")
    if own_name is not None and (not isinstance(own_name, str) or not CHAT_NAME.fullmatch(own_name)):
        found.add("name")
    calls = message.get("tool_calls")
    if role == "tool":
        _chat_answer(message, pairing, found)
    else:
        pairing.end(found)
        if calls is not None:
            _chat_calls(calls, pairing, found)
    _chat_content(message, role, calls, found)


def _chat_answer(message: Mapping[str, Any], pairing: _Pairing, found: Set[str]) -> None:
    call_id = message.get("tool_call_id")
    if call_id not in pairing.answering:
        found.add("unpaired")
    elif call_id in pairing.pending:
        pairing.pending.remove(call_id)


def _chat_calls(calls: Any, pairing: _Pairing, found: Set[str]) -> None:
    if not isinstance(calls, (list, tuple)) or not calls or not all(isinstance(call, dict) for call in calls):
        found.add("tool_calls")
        return
    pairing.answering = [call.get("id") for call in calls]
    pairing.pending = list(pairing.answering)
    for call in calls:
        call_id, function = call.get("id"), call.get("function")
        if type(call_id) is not str or not 0 < len(call_id) <= MAX_CALL_ID:
            found.add("call_id")
        if call.get("type") == "custom":
            continue
        if not isinstance(function, dict) or len(call) != 3 or not isinstance(function.get("arguments"), str):
            found.add("tool_calls")


def _chat_content(message: Mapping[str, Any], role: str, calls: Any, found: Set[str]) -> None:
    content = message.get("content")
    if type(content) is str:
        return
    if content is None:
        spoken = calls or message.get("function_call") or message.get("refusal") or message.get("audio")
        if role != "function" and not (role == "assistant" and spoken):
            found.add("null_content")
    elif isinstance(content, (list, tuple)):
        if not content:
            found.add("empty_list")
        for part in content:
            if not _is_chat_part(part):
                found.add("parts")
    else:
        found.add("odd_content")


def _is_chat_part(part: Any) -> bool:
    if type(part) is not dict:
        return False
    kind = part.get("type")
    fields = CHAT_PARTS.get(kind) if type(kind) is str else None
    if fields is None or not fields.issuperset(part):
        return False
    if kind == "text":
        return type(part.get("text")) is str
    return kind != "image_url" or isinstance(part.get("image_url"), dict)


_SCANS: Dict[str, Callable[[Mapping[str, Any], Mapping[str, Any], Set[str]], None]] = {
    "chat.completions": _chat,
    "messages": claude,
    "messages.count_tokens": claude,
    "responses": items,
}
