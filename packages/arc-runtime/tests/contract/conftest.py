"""The SDKs under one roof: each driver makes a client whose transport is a function, and one kind of call."""

import asyncio
import copy
import importlib
import itertools
import json
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

from arc_runtime.interceptors import make_interceptor
from arc_runtime.interceptors.memory import MemoryClient, MemoryInterceptor
from arc_runtime.model import PASS_THROUGH, Call, Decision, Outcome

CHAT_ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
}
MESSAGE_ANSWER = {
    "id": "1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 11, "output_tokens": 7},
}


def _chunk(**fields: Any) -> Dict[str, Any]:
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4", **fields}


CHAT_STREAM = [
    ("", _chunk(choices=[{"index": 0, "delta": {"role": "assistant", "content": "h"}, "finish_reason": None}])),
    ("", _chunk(choices=[{"index": 0, "delta": {"content": "i"}, "finish_reason": "stop"}])),
    ("", _chunk(choices=[], usage={"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18})),
]
MESSAGE_STREAM = [
    ("message_start", {"type": "message_start", "message": {**MESSAGE_ANSWER, "content": [], "stop_reason": None}}),
    ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}}),
    ("message_delta", {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}),
    ("message_stop", {"type": "message_stop"}),
]


class Wire:
    """What arrives at the transport, and what it answers."""

    def __init__(self, http: Any, answer: Any, events: List[Any], is_async: bool) -> None:
        self.http = http
        self.is_async = is_async
        self.answer = answer
        self.events = events
        self.requests: List[Any] = []
        self.statuses: List[int] = []
        """Statuses of the next answers; 200 when empty."""
        self.stream_error: Optional[str] = None

    @property
    def bodies(self) -> List[Any]:
        return [json.loads(request.content) for request in self.requests]

    def __call__(self, request: Any) -> Any:
        self.requests.append(request)
        status = self.statuses.pop(0) if self.statuses else 200
        if status != 200:
            return self.http.Response(status, json={"error": {"message": f"refused with {status}", "type": "x"}})
        if json.loads(request.content).get("stream"):
            headers = {"content-type": "text/event-stream"}
            return self.http.Response(200, headers=headers, content=self._pieces())
        return self.http.Response(200, json=self.answer)

    def _pieces(self) -> Any:
        """Return the stream as it comes over a network: piece by piece, and not read yet."""
        sse = self.sse()
        pieces = [sse[start : start + 100] for start in range(0, len(sse), 100)]
        return _later(pieces) if self.is_async else iter(pieces)

    def sse(self) -> bytes:
        events = list(self.events)
        if self.stream_error is not None:
            events = [*events[:1], ("error", {"type": "error", "error": {"message": self.stream_error}})]
        lines = [(f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n" for name, data in events]
        return ("".join(lines) + ("" if self.stream_error else "data: [DONE]\n\n" if not events[0][0] else "")).encode()


async def _later(pieces: List[bytes]) -> Any:
    for piece in pieces:
        yield piece


class Driver:
    """One SDK, synchronous or asynchronous."""

    def __init__(self, provider: str, is_async: bool) -> None:
        self.provider = provider
        self.is_async = is_async
        self.base = importlib.import_module(f"{provider}._base_client")
        self.sdk = importlib.import_module(provider)
        http = getattr(self.base, "httpx2", None) or self.base.httpx
        answer, events = (CHAT_ANSWER, CHAT_STREAM) if provider == "openai" else (MESSAGE_ANSWER, MESSAGE_STREAM)
        self.wire = Wire(http, answer, events, is_async)
        self.owner = self.base.AsyncAPIClient if is_async else self.base.SyncAPIClient
        self.stream_type = self.sdk.AsyncStream if is_async else self.sdk.Stream
        prefix, name = "Async" if is_async else "", "OpenAI" if provider == "openai" else "Anthropic"
        self.client_type = getattr(self.sdk, prefix + name)
        self.status_error = self.sdk.APIStatusError
        self.http = http

    def interceptor(self) -> Any:
        return make_interceptor(self.provider)

    def make_client(self, **options: Any) -> Any:
        http_kind = self.http.AsyncClient if self.is_async else self.http.Client
        client = http_kind(transport=self.http.MockTransport(self.wire))
        return self.client_type(api_key="secret", http_client=client, **{"max_retries": 0, **options})

    def arguments(self, **more: Any) -> Dict[str, Any]:
        messages = [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]
        if self.provider == "openai":
            return {"model": "gpt-4", "messages": messages, "temperature": 0.95, **more}
        return {"model": "gpt-4", "messages": messages, "max_tokens": 9, "extra_body": {"temperature": 0.95}, **more}

    def create(self, client: Any, **arguments: Any) -> Any:
        """Make the call; a coroutine for an asynchronous client."""
        resource = client.chat.completions if self.provider == "openai" else client.messages
        return resource.create(**arguments)

    def run(self, act: Callable[[Any], Any], **options: Any) -> Any:
        """Return ``act(client)``, in an event loop and awaited when the client is asynchronous."""
        if not self.is_async:
            return act(self.make_client(**options))

        async def inside() -> Any:
            client = self.make_client(**options)
            try:
                return await act(client)
            finally:
                await client.close()

        return asyncio.run(inside())

    def call(self, **more: Any) -> Any:
        return self.run(lambda client: self.create(client, **self.arguments(**more)))

    def consume(self, limit: int = 1000, **more: Any) -> List[Any]:
        """Read up to ``limit`` chunks of a stream, then drop it; return ``[stream type, *chunks]``."""
        arguments = self.arguments(stream=True, **more)
        if self.is_async:
            return self.run(lambda client: self._consume_async(self.create(client, **arguments), limit))
        stream = self.create(self.make_client(), **arguments)
        seen = [type(stream), *itertools.islice(stream, limit)]
        getattr(stream, "close", bool)()  # not in openai 1.0
        return seen

    async def _consume_async(self, call: Any, limit: int) -> List[Any]:
        stream = await call
        seen = [type(stream)]
        while len(seen) <= limit:
            try:
                seen.append(await stream.__anext__())
            except StopAsyncIteration:
                break
        if hasattr(stream, "close"):
            await stream.close()
        return seen


class Recorder:
    """An observer that remembers, and decides by a function."""

    def __init__(self, decide: Callable[[Call], Decision] = lambda call: PASS_THROUGH) -> None:
        self.decided: List[Call] = []
        self.finished: List[Any] = []
        self._decide = decide
        self.listening = True
        self.refusals: List[Any] = []
        self.repair: Callable[..., Optional[Decision]] = lambda call, decision, error: None

    def decide(self, call: Call) -> Decision:
        self.decided.append(call._replace(body=copy.copy(call.body)))
        return self._decide(call)

    def finish(self, call: Call, decision: Decision, outcome: Outcome) -> None:
        self.finished.append((call, decision, outcome))

    def retry(self, call: Call, decision: Decision, error: Any) -> Optional[Decision]:
        self.refusals.append(error)
        return self.repair(call, decision, error)

    @property
    def outcome(self) -> Outcome:
        assert len(self.finished) == len(self.decided) == 1
        outcome: Outcome = self.finished[0][2]
        return outcome


class MemoryDriver:
    """The fake, seen as one more SDK."""

    provider = "memory"
    is_async = False
    owner = MemoryClient

    def interceptor(self) -> Any:
        return MemoryInterceptor()


DRIVERS = {
    "openai-sync": lambda: Driver("openai", False),
    "openai-async": lambda: Driver("openai", True),
    "anthropic-sync": lambda: Driver("anthropic", False),
    "anthropic-async": lambda: Driver("anthropic", True),
}


@pytest.fixture(params=sorted(DRIVERS))
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    made = DRIVERS[request.param]()
    owners = (made.base.SyncAPIClient, made.base.AsyncAPIClient)
    originals = [owner.__dict__["request"] for owner in owners]
    yield made
    left = [owner for owner, original in zip(owners, originals) if owner.__dict__["request"] is not original]
    for owner, original in zip(owners, originals):
        owner.request = original
    assert not left, "a patch was left behind"


@pytest.fixture(params=[*sorted(DRIVERS), "memory"])
def any_driver(request: pytest.FixtureRequest) -> Any:
    return MemoryDriver() if request.param == "memory" else DRIVERS[request.param]()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def make_recorder() -> Callable[..., Recorder]:
    return Recorder
