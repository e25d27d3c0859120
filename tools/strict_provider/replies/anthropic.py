"""Anthropic messages: the whole message, its events, and the count of tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from strict_provider.rejection import Body

from .answer import Answer, count_tokens, decide, next_id


def reply(body: Body) -> Body:
    """Return the answer to an accepted request as one `message`."""
    answer = _answer(body)
    return {
        **_opened(body),
        "content": [_block(answer)],
        "stop_reason": _stop_reason(answer),
        "usage": {**_opened(body)["usage"], "output_tokens": _said(answer)},
    }


def events(body: Body) -> Iterator[tuple]:
    """Yield the same answer as the events of a stream."""
    answer = _answer(body)
    block = _block(answer)
    empty = {**block, "text": ""} if answer.tool is None else {**block, "input": {}}
    steps = [
        {"type": "message_start", "message": _opened(body)},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in _deltas(answer)),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": _stop_reason(answer), "stop_sequence": None},
            "usage": {"output_tokens": _said(answer)},
        },
        {"type": "message_stop"},
    ]
    for step in steps:
        yield step["type"], step


def count(body: Body) -> Body:
    """Return how many tokens the provider counts in a request."""
    return {"input_tokens": _asked(body)}


def _answer(body: Body) -> Answer:
    last = body["messages"][-1]
    tools = {tool["name"]: tool.get("input_schema") for tool in body.get("tools") or [] if "name" in tool}
    return decide(last["content"], tools, None if _is_result(last) else _forced(body), _schema(body))


def _is_result(message: Body) -> bool:
    content = message["content"]
    return isinstance(content, list) and any(block.get("type") == "tool_result" for block in content)


def _forced(body: Body) -> str | None:
    choice = body.get("tool_choice") or {}
    return {"any": "any", "tool": choice.get("name")}.get(choice.get("type", ""))


def _schema(body: Body) -> dict[str, Any] | None:
    wanted = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    return wanted.get("schema") if wanted.get("type") == "json_schema" else None


def _deltas(answer: Answer) -> Iterator[Body]:
    if answer.tool is None:
        for piece in answer.pieces:
            yield {"type": "text_delta", "text": piece}
        return
    middle = len(answer.arguments) // 2
    for piece in ("", answer.arguments[:middle], answer.arguments[middle:]):
        yield {"type": "input_json_delta", "partial_json": piece}


def _block(answer: Answer) -> Body:
    if answer.tool is None:
        return {"type": "text", "text": answer.text}
    return {"type": "tool_use", "id": next_id("toolu_"), "name": answer.tool, "input": json.loads(answer.arguments)}


def _stop_reason(answer: Answer) -> str:
    return "end_turn" if answer.tool is None else "tool_use"


def _opened(body: Body) -> Body:
    usage = {
        "input_tokens": _asked(body),
        "output_tokens": 1,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "service_tier": "standard",
    }
    return {
        "id": next_id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _asked(body: Body) -> int:
    return count_tokens([body.get("system"), body["messages"]])


def _said(answer: Answer) -> int:
    return count_tokens(answer.text or answer.arguments)
