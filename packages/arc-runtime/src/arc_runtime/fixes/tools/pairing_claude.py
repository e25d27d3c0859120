"""Pairs tool_use and tool_result blocks: all results of a message stand first in the next one."""

from typing import Any, Dict, List, Tuple

from arc_runtime.fixes.shapes import as_list

PLACEHOLDER = "[tool result unavailable]"
Block = Dict[str, Any]


def pair_claude(messages: List[Any], unanswered: str, open_ended: bool) -> List[Any]:
    """Return the messages with each call's result at the beginning of the next message."""
    results = _all_results(messages)
    paired: List[Any] = []
    pending: List[Any] = []
    taken: List[Any] = []
    for message in messages:
        if pending:
            answers = _answers(pending, _results_in(message), results, taken, unanswered)
            if _role(message) == "user":
                paired.append(_begin_with(message, answers))
                pending = []
                continue
            if answers:
                paired.append({"role": "user", "content": answers})
        if _role(message) == "user":
            message = _begin_with(message, [])
        pending = [block.get("id") for block in as_list(_content(message)) if _type(block) == "tool_use"]
        if pending and unanswered == "drop":
            message, pending = _answered_only(message, pending, results)
        paired.append(message)
    if pending:
        answers = _answers(pending, [], results, taken, unanswered)
        paired.extend([{"role": "user", "content": answers}] if answers else [])
    return [message for message in paired if _content(message) != [] or message in messages]


def _content(message: Any) -> Any:
    return message.get("content") if isinstance(message, dict) else None


def _role(message: Any) -> Any:
    return message.get("role") if isinstance(message, dict) else None


def _type(block: Any) -> Any:
    return block.get("type") if isinstance(block, dict) else None


def _results_in(message: Any) -> List[Block]:
    return [block for block in as_list(_content(message)) if _type(block) == "tool_result"]


def _all_results(messages: List[Any]) -> Dict[str, Block]:
    found: Dict[str, Block] = {}
    for message in messages:
        for block in _results_in(message):
            found.setdefault(str(block.get("tool_use_id")), block)
    return found


def _answers(
    pending: List[Any], own: List[Block], results: Dict[str, Block], taken: List[Any], unanswered: str
) -> List[Any]:
    answers: List[Any] = []
    for name in pending:
        result = next((block for block in own if block.get("tool_use_id") == name), results.get(str(name)))
        if result is not None and name not in taken:
            taken.append(name)
            answers.append(result)
        elif unanswered == "fill":
            answers.append({"type": "tool_result", "tool_use_id": name, "content": PLACEHOLDER, "is_error": True})
    return answers


def _begin_with(message: Any, answers: List[Any]) -> Any:
    """Return the user's message with these results first and no others."""
    content = _content(message)
    own = _results_in(message)
    if not answers and not own:
        return message
    rest = [{"type": "text", "text": content}] if isinstance(content, str) and content else []
    rest += [block for block in as_list(content) if _type(block) != "tool_result"]
    new = [*answers, *rest]
    if new == content:
        return message
    return {**message, "content": new}


def _answered_only(message: Any, pending: List[Any], results: Dict[str, Block]) -> Tuple[Any, List[Any]]:
    answered = [name for name in pending if str(name) in results]
    if len(answered) == len(pending):
        return message, pending
    kept = [block for block in _content(message) if _type(block) != "tool_use" or block.get("id") in answered]
    if not answered:  # what was thought about calls that are gone may not stand alone
        kept = [block for block in kept if _type(block) not in ("thinking", "redacted_thinking")]
    return {**message, "content": kept}, answered
