"""Pairs calls and results in the input of the Responses API, where they are items of one list."""

from typing import Any, List

CALLS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
PLACEHOLDER = "[tool result unavailable]"


def pair_items(items: List[Any], unanswered: str, open_ended: bool) -> List[Any]:
    """Return the items in pairs. open_ended: a call may be in what the provider keeps."""
    called = [item.get("call_id") for item in items if _kind(item) in CALLS]
    answered = [item.get("call_id") for item in items if _kind(item) in CALLS.values()]
    paired: List[Any] = []
    for item in items:
        kind = _kind(item)
        if kind in CALLS.values() and item.get("call_id") not in called and not open_ended:
            continue
        if kind in CALLS and item.get("call_id") not in answered:
            if unanswered == "drop":
                _drop_reasoning(paired)
                continue
            paired.append(item)
            if unanswered == "fill":
                paired.append({"type": CALLS[kind], "call_id": item.get("call_id"), "output": PLACEHOLDER})
            continue
        paired.append(item)
    return paired


def _kind(item: Any) -> Any:
    kind = item.get("type") if isinstance(item, dict) else None
    return kind if isinstance(kind, str) else None


def _drop_reasoning(paired: List[Any]) -> None:
    """Take away the reasoning that led to a call which goes: it may not stand alone."""
    while paired and _kind(paired[-1]) == "reasoning":
        paired.pop()
