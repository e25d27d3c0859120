"""Makes sure that every tool call has its result right behind it, and every result its call before it."""

from typing import Any, Callable, ClassVar, Dict, List, Mapping, Optional

from arc_runtime.fixes.messages.conversation import with_messages
from arc_runtime.fixes.shapes import as_list
from arc_runtime.fixes.tools.pairing_claude import pair_claude
from arc_runtime.fixes.tools.pairing_items import pair_items
from arc_runtime.fixes.whole import WholeFix, replaced

PLACEHOLDER = "[tool result unavailable]"


class PairTools(WholeFix):
    """``{"pair_tools": {"unanswered": "drop"}}``: results move behind their calls, those without a call go.

    unanswered: ``keep`` a call without a result, ``drop`` it, or ``fill`` in a result that says there is none.
    """

    OPTIONS: ClassVar[Mapping[str, Any]] = {"unanswered": "keep"}

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with calls and results in pairs."""
        pair = _PAIRERS.get(operation)
        place = "input" if operation == "responses" else "messages"
        messages = body.get(place)
        if pair is None or not isinstance(messages, (list, tuple)):
            return body
        open_ended = body.get("previous_response_id") is not None or body.get("conversation") is not None
        paired = pair(list(messages), self.options["unanswered"], open_ended)
        if not paired:
            return body
        return with_messages(replaced(body), operation, paired) if paired != messages else body


def _pair_chat(messages: List[Any], unanswered: str, open_ended: bool) -> List[Any]:
    results = [message for message in messages if _role(message) == "tool"]
    used: List[Any] = []
    paired: List[Any] = []
    for index, message in enumerate(messages):
        if _role(message) == "tool":
            continue
        calls = (
            [call for call in as_list(message.get("tool_calls")) if isinstance(call, dict)]
            if isinstance(message, dict)
            else []
        )
        if not calls:
            paired.append(message)
            continue
        own = _results_after(messages, index)
        found = [_result_of(call, own, results, used, len(calls) == 1) for call in calls]
        paired.extend(_turn(message, calls, found, unanswered))
    return paired


def _role(message: Any) -> Any:
    return message.get("role") if isinstance(message, dict) else None


def _results_after(messages: List[Any], index: int) -> List[Any]:
    """Return the results between a message with calls and the next message of the assistant."""
    own: List[Any] = []
    for message in messages[index + 1 :]:
        if _role(message) == "assistant":
            break
        if _role(message) == "tool":
            own.append(message)
    return own


def _result_of(
    call: Dict[str, Any], own: List[Any], results: List[Any], used: List[Any], single: bool
) -> Optional[Any]:
    """Return the result of a call: by id, behind it first; else the next one behind it that no call has claimed."""
    for among in (own, results):
        for result in among:
            if result.get("tool_call_id") == call.get("id") and not _is_in(result, used):
                used.append(result)
                return [result, *_repeats(result, own, used)]
    claimed = {str(other.get("tool_call_id")) for other in own if _is_in(other, used)}
    for result in own:
        name = result.get("tool_call_id")
        if (
            not _is_in(result, used)
            and (name is None or single)
            and str(name) not in claimed
            and isinstance(call.get("id"), str)
        ):
            used.append(result)
            return [{**result, "tool_call_id": call["id"]}]
    return None


def _repeats(result: Any, own: List[Any], used: List[Any]) -> List[Any]:
    """Return further results of the same call right behind it: the API takes them, so they stay."""
    more = [
        other
        for other in own
        if other.get("tool_call_id") == result.get("tool_call_id") and not _is_in(other, used) and _is_in(result, own)
    ]
    used.extend(more)
    return more


def _is_in(item: Any, items: List[Any]) -> bool:
    return any(item is one for one in items)


def _turn(message: Dict[str, Any], calls: List[Any], found: List[Any], unanswered: str) -> List[Any]:
    if unanswered == "fill":
        found = [
            [{"role": "tool", "tool_call_id": call.get("id"), "content": PLACEHOLDER}] if result is None else result
            for call, result in zip(calls, found)
        ]
    answers = [one for result in found if result is not None for one in result]
    if unanswered != "drop" or None not in found:
        return [message, *answers]
    kept = [call for call, result in zip(calls, found) if result is not None]
    if kept:
        return [{**message, "tool_calls": kept}, *answers]
    rest = {name: value for name, value in message.items() if name != "tool_calls"}
    return [rest] if rest.get("content") else []


_PAIRERS: Dict[str, Callable[[List[Any], str, bool], List[Any]]] = {
    "chat.completions": _pair_chat,
    "responses": pair_items,
    "messages": pair_claude,
    "messages.count_tokens": pair_claude,
}
