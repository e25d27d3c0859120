"""The Responses API: the whole response, and its events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from strict_provider.rejection import Body

from .answer import Answer, count_tokens, decide, next_id


def reply(body: Body) -> Body:
    """Return the answer to an accepted request as one completed `response`."""
    answer = _answer(body)
    return _response(body, "completed", [_item(answer, "completed")], _usage(body, answer))


def events(body: Body) -> Iterator[tuple]:
    """Yield the same answer as the events of a stream, numbered from 0."""
    answer = _answer(body)
    begun = _response(body, "in_progress", [], None)
    item = _item(answer, "completed")
    finished = {**begun, "status": "completed", "output": [item], "usage": _usage(body, answer)}
    steps = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        *(_text_steps(item, answer) if answer.tool is None else _call_steps(item)),
        {"type": "response.completed", "response": finished},
    ]
    for number, step in enumerate(steps):
        yield step["type"], {**step, "sequence_number": number}


def _text_steps(item: Body, answer: Answer) -> Iterator[Body]:
    place = {"output_index": 0, "item_id": item["id"], "content_index": 0}
    part = item["content"][0]
    opened = {**item, "status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", "output_index": 0, "item": opened}
    yield {"type": "response.content_part.added", **place, "part": {**part, "text": ""}}
    for piece in answer.pieces:
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": answer.text, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}


def _call_steps(item: Body) -> Iterator[Body]:
    place = {"output_index": 0, "item_id": item["id"]}
    arguments = item["arguments"]
    opened = {**item, "status": "in_progress", "arguments": ""}
    yield {"type": "response.output_item.added", "output_index": 0, "item": opened}
    middle = len(arguments) // 2
    for piece in (arguments[:middle], arguments[middle:]):
        yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
    done = {"name": item["name"], "arguments": arguments}
    yield {"type": "response.function_call_arguments.done", **place, **done}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}


def _answer(body: Body) -> Answer:
    given = body.get("input") or ""
    last = given[-1] if isinstance(given, list) and given else given
    tools = {tool["name"]: tool.get("parameters") for tool in body.get("tools") or [] if tool["type"] == "function"}
    answered = isinstance(last, dict) and last.get("type") == "function_call_output"
    return decide(last, tools, None if answered else _forced(body), _schema(body))


def _forced(body: Body) -> str | None:
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        return choice.get("name")
    return "any" if choice == "required" else None


def _schema(body: Body) -> dict[str, Any] | None:
    wanted = (body.get("text") or {}).get("format") or {}
    if wanted.get("type") == "json_schema":
        return wanted["schema"]
    return {} if wanted.get("type") == "json_object" else None


def _item(answer: Answer, status: str) -> Body:
    if answer.tool is None:
        part = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
        return {"id": next_id("msg_"), "type": "message", "status": status, "role": "assistant", "content": [part]}
    return {
        "id": next_id("fc_"),
        "type": "function_call",
        "status": status,
        "call_id": next_id("call_"),
        "name": answer.tool,
        "arguments": answer.arguments,
    }


def _response(body: Body, status: str, output: list[Body], usage: Body | None) -> Body:
    return {
        "id": next_id("resp_"),
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "metadata": body.get("metadata") or {},
        "model": body["model"],
        "output": output,
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation") or "disabled",
        "usage": usage,
        "user": body.get("user"),
    }


def _usage(body: Body, answer: Answer) -> Body:
    asked, said = count_tokens(body.get("input")), count_tokens(answer.text or answer.arguments)
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": asked + said,
    }
