"""Completions and embeddings."""

from __future__ import annotations

import base64
import hashlib
import struct
import time
from collections.abc import Iterator
from typing import Any

from strict_provider.rejection import Body

from .answer import Answer, count_tokens, decide, next_id

DEFAULT_DIMENSIONS = 16


def completion(body: Body) -> Body:
    """Return the answer to an accepted request as one `text_completion`."""
    prompt = body.get("prompt") or ""
    answer = decide(prompt, {}, None, None)
    choices = [
        {"index": index, "text": answer.text, "logprobs": None, "finish_reason": "stop"}
        for index in range(body.get("n") or 1)
    ]
    return {**_head(body), "choices": choices, "usage": _usage(prompt, answer)}


def completion_events(body: Body) -> Iterator[tuple]:
    """Yield the same answer piece by piece."""
    prompt = body.get("prompt") or ""
    answer = decide(prompt, {}, None, None)
    head = _head(body)
    for piece in answer.pieces:
        yield None, {**head, "choices": [{"index": 0, "text": piece, "logprobs": None, "finish_reason": None}]}
    yield None, {**head, "choices": [{"index": 0, "text": "", "logprobs": None, "finish_reason": "stop"}]}
    if (body.get("stream_options") or {}).get("include_usage"):
        yield None, {**head, "choices": [], "usage": _usage(prompt, answer)}
    yield None, "[DONE]"


def embedding(body: Body) -> Body:
    """Return one vector per input, the same for the same input on every machine."""
    given = body["input"]
    inputs = given if isinstance(given, list) and not isinstance(given[0], int) else [given]
    size = body.get("dimensions") or DEFAULT_DIMENSIONS
    encode = _as_base64 if body.get("encoding_format") == "base64" else list
    data = [
        {"object": "embedding", "index": index, "embedding": encode(_vector(text, size))}
        for index, text in enumerate(inputs)
    ]
    tokens = sum(len(text) if isinstance(text, list) else count_tokens(text) for text in inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": body["model"], "usage": usage}


def _vector(text: Any, size: int) -> list[float]:
    seed = hashlib.sha256(repr(text).encode()).digest()
    return [(seed[place % len(seed)] - 127.5) / 127.5 for place in range(size)]


def _as_base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _head(body: Body) -> Body:
    return {
        "id": next_id("cmpl-"),
        "object": "text_completion",
        "created": int(time.time()),
        "model": body["model"],
    }


def _usage(prompt: Any, answer: Answer) -> Body:
    asked, said = count_tokens(prompt), count_tokens(answer.text)
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
