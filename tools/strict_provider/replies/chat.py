"""Chat completions: the whole answer, and its chunks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from strict_provider.rejection import Body

from .answer import Answer, count_tokens, decide, next_id

Event = tuple


def reply(body: Body) -> Body:
    """Return the answer to an accepted request as one `chat.completion`."""
    answer = _answer(body)
    choices = [
        {"index": index, "message": _message(answer), "logprobs": None, "finish_reason": _finish(answer)}
        for index in range(body.get("n") or 1)
    ]
    return {**_head(body, "chat.completion"), "choices": choices, "usage": _usage(body, answer)}


def events(body: Body) -> Iterator[Event]:
    """Yield the same answer as `chat.completion.chunk`s; the last one holds the usage when it was asked for."""
    answer = _answer(body)
    head = _head(body, "chat.completion.chunk")
    with_usage = (body.get("stream_options") or {}).get("include_usage")
    tail = {"usage": None} if with_usage else {}
    for index in range(body.get("n") or 1):
        for delta, finish in _deltas(answer):
            choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
            yield None, {**head, "choices": [choice], **tail}
    if with_usage:
        yield None, {**head, "choices": [], "usage": _usage(body, answer)}
    yield None, "[DONE]"


def _deltas(answer: Answer) -> Iterator[tuple[Body, str | None]]:
    if answer.tool is None:
        yield {"role": "assistant", "content": "", "refusal": None}, None
        for piece in answer.pieces:
            yield {"content": piece}, None
    else:
        call = {"index": 0, **_tool_call(answer)}
        arguments = call["function"]["arguments"]
        call["function"] = {"name": answer.tool, "arguments": ""}
        yield {"role": "assistant", "content": None, "tool_calls": [call]}, None
        middle = len(arguments) // 2
        for piece in (arguments[:middle], arguments[middle:]):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}, None
    yield {}, _finish(answer)


def _answer(body: Body) -> Answer:
    last = body["messages"][-1]
    tools = {
        tool["function"]["name"]: tool["function"].get("parameters")
        for tool in body.get("tools") or []
        if tool["type"] == "function"
    }
    return decide(last.get("content"), tools, None if last["role"] == "tool" else _forced(body), _schema(body))


def _forced(body: Body) -> str | None:
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        return (choice.get("function") or {}).get("name")
    return "any" if choice == "required" else None


def _schema(body: Body) -> dict[str, Any] | None:
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return wanted["json_schema"].get("schema") or {}
    return {} if wanted.get("type") == "json_object" else None


def _message(answer: Answer) -> Body:
    message = {"role": "assistant", "content": answer.text, "refusal": None, "annotations": []}
    return message if answer.tool is None else {**message, "content": None, "tool_calls": [_tool_call(answer)]}


def _tool_call(answer: Answer) -> Body:
    return {
        "id": next_id("call_"),
        "type": "function",
        "function": {"name": answer.tool, "arguments": answer.arguments},
    }


def _finish(answer: Answer) -> str:
    return "stop" if answer.tool is None else "tool_calls"


def _head(body: Body, kind: str) -> Body:
    return {
        "id": next_id("chatcmpl-"),
        "object": kind,
        "created": int(time.time()),
        "model": body["model"],
        "service_tier": "default",
        "system_fingerprint": "fp_strict",
    }


def _usage(body: Body, answer: Answer) -> Body:
    asked, said = count_tokens(body["messages"]), count_tokens(answer.text or answer.arguments)
    return {
        "prompt_tokens": asked,
        "completion_tokens": said,
        "total_tokens": asked + said,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
