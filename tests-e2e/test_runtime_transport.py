"""`arc.protect(transport)`: programs that talk to a provider over httpx or httpx2, without an SDK."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import pytest

from arc_runtime import Arc
from arc_runtime.testing import MemorySink

CHAT = {"model": "gpt-4", "messages": [{"role": "user", "content": "Hellö"}], "temperature": 0.95}
ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
}
CHUNKS = [
    {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {}}]},
    {
        "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"content": "x" * 500}, "finish_reason": "stop"}], "usage": ANSWER["usage"],
    },
]  # fmt: skip
SSE = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in CHUNKS).encode() + b"data: [DONE]\n\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), content))  # type: ignore[attr-defined]
        status, kind, answer = 200, "application/json", json.dumps(ANSWER).encode()
        if b'"stream"' in content:
            kind, answer = "text/event-stream", SSE
        if b'"refuse"' in content:
            status, answer = 400, json.dumps({"error": {"message": "no such model", "type": "x"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if "zipped" in self.path:
            squeeze = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
            answer = squeeze.compress(answer) + squeeze.flush()
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    made: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.received = []
    made.url = f"http://127.0.0.1:{made.server_address[1]}/v1"
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def server(running: Any) -> Any:
    running.received.clear()
    return running


@pytest.fixture(params=["httpx", "httpx2"])
def http(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def arc(sink: MemorySink) -> Iterator[Arc]:
    with Arc(sink=sink) as made:
        yield made


def sent(server: Any) -> list[Any]:
    return [json.loads(content) for _, _, content in server.received]


def test_a_request_is_fixed_and_reported(http: Any, server: Any, arc: Arc, sink: MemorySink) -> None:
    transport = http.HTTPTransport()
    protected = arc.protect(transport)
    assert isinstance(protected, http.HTTPTransport)
    assert arc.protect(protected) is protected
    with arc.tags(user="x"), http.Client(transport=protected, headers={"authorization": "Bearer secret"}) as client:
        request = client.build_request("POST", f"{server.url}/chat/completions", json=CHAT)
        before = bytes(request.content)
        answer = client.send(request)
    assert answer.json() == ANSWER
    assert request.content == before, "the application's request is not changed"
    assert sent(server) == [{**CHAT, "temperature": 0.7}]
    assert {name.lower(): value for name, value in server.received[0][1].items()}["authorization"] == "Bearer secret"
    (event,) = sink.events
    assert (event.call.provider, event.call.operation) == ("openai", "chat.completions")
    assert event.call.tags == (("user", "x"),)
    outcome = event.outcome
    assert (outcome.status, outcome.http_status, outcome.output_tokens) == ("ok", 200, 7)
    assert outcome.response == ANSWER
    assert "secret" not in repr(event)


def test_other_requests_leave_byte_for_byte(http: Any, server: Any, arc: Arc, sink: MemorySink) -> None:
    def piecewise() -> Iterator[bytes]:
        yield json.dumps(CHAT).encode()

    def use(transport: Any) -> None:
        with http.Client(transport=transport) as client:
            client.post(f"{server.url}/files", json=CHAT)
            client.post(f"{server.url}/chat/completions", json={**CHAT, "model": "other"})
            client.post(f"{server.url}/chat/completions", content=b"no json", headers={"content-type": "text/plain"})
            client.post(
                f"{server.url}/chat/completions", content=b"{broken", headers={"content-type": "application/json"}
            )
            length = {"content-type": "application/json", "content-length": str(len(json.dumps(CHAT)))}
            client.post(f"{server.url}/chat/completions", content=piecewise(), headers=length)

    use(http.HTTPTransport())
    plain = list(server.received)
    server.received.clear()
    use(arc.protect(http.HTTPTransport()))
    assert server.received == plain
    assert [event.decision.reason for event in sink.events] == ["no_match"]
    assert arc.health()["counters"]["bodies_passed"] == 3


@pytest.mark.parametrize("path", ["chat/completions", "zipped/v1/chat/completions"])
def test_a_stream_passes_and_is_observed(http: Any, server: Any, arc: Arc, sink: MemorySink, path: str) -> None:
    url = f"{server.url}/{path}"
    with (
        http.Client(transport=arc.protect(http.HTTPTransport())) as client,
        client.stream("POST", url, json={**CHAT, "stream": True}) as answer,
    ):
        assert b"".join(answer.iter_bytes()) == SSE
    (event,) = sink.events
    assert event.call.streamed
    assert (event.outcome.status, event.outcome.finish_reason, event.outcome.output_tokens) == ("ok", "stop", 7)
    assert 0 < event.outcome.first_chunk_s <= event.outcome.provider_s


def test_a_stream_that_is_closed_unread_is_cancelled(http: Any, server: Any, arc: Arc, sink: MemorySink) -> None:
    with (
        http.Client(transport=arc.protect(http.HTTPTransport())) as client,
        client.stream("POST", f"{server.url}/chat/completions", json={**CHAT, "stream": True}),
    ):
        pass
    assert [event.outcome.status for event in sink.events] == ["cancelled"]


def test_a_refusal_and_a_broken_connection_are_errors(http: Any, server: Any, arc: Arc, sink: MemorySink) -> None:
    with http.Client(transport=arc.protect(http.HTTPTransport())) as client:
        answer = client.post(f"{server.url}/chat/completions", json={**CHAT, "model": "refuse"})
        assert answer.status_code == 400
        with pytest.raises(http.ConnectError):
            client.post("http://127.0.0.1:9/v1/chat/completions", json=CHAT)
    refused, broken = [event.outcome for event in sink.events]
    assert (refused.status, refused.http_status, refused.error_message) == ("error", 400, "no such model")
    assert (broken.status, broken.error_type) == ("error", "ConnectError")


def test_an_asynchronous_transport(http: Any, server: Any, arc: Arc, sink: MemorySink) -> None:
    async def use() -> None:
        transport = arc.protect(http.AsyncHTTPTransport())
        assert isinstance(transport, http.AsyncHTTPTransport)
        async with http.AsyncClient(transport=transport) as client:
            answers = await asyncio.gather(
                *(client.post(f"{server.url}/chat/completions", json={**CHAT, "seed": seed}) for seed in range(5))
            )
            assert [answer.json() for answer in answers] == [ANSWER] * 5
            async with client.stream("POST", f"{server.url}/chat/completions", json={**CHAT, "stream": True}) as answer:
                assert b"".join([piece async for piece in answer.aiter_bytes()]) == SSE

    asyncio.run(use())
    assert [body["temperature"] for body in sent(server)] == [0.7] * 6
    assert sorted(event.call.body.get("seed", 9) for event in sink.events) == [0, 1, 2, 3, 4, 9]
    assert all(event.call.task and event.outcome.status == "ok" for event in sink.events)


def test_what_an_intercepted_sdk_sends_is_not_counted_again(server: Any, arc: Arc, sink: MemorySink) -> None:
    base: Any = importlib.import_module("openai._base_client")
    http = getattr(base, "httpx2", None) or base.httpx
    with http.Client(transport=arc.protect(http.HTTPTransport())) as inner:
        client = openai.OpenAI(base_url=server.url, api_key="k", http_client=inner)
        client.chat.completions.create(**CHAT)
        assert list(client.chat.completions.create(**CHAT, stream=True))
    gc.collect()
    assert len(sink.events) == 2
    assert arc.health()["counters"]["requests_intercepted"] == 2
    assert [body["temperature"] for body in sent(server)] == [0.7, 0.7]


def test_an_sdk_that_is_not_intercepted_is_covered_by_its_transport(server: Any, sink: MemorySink) -> None:
    base: Any = importlib.import_module("openai._base_client")
    http = getattr(base, "httpx2", None) or base.httpx
    with Arc(intercept=False, sink=sink) as arc, http.Client(transport=arc.protect(http.HTTPTransport())) as inner:
        client = openai.OpenAI(base_url=server.url, api_key="k", http_client=inner)
        assert client.chat.completions.create(**CHAT).choices
        assert len(list(client.chat.completions.create(**CHAT, stream=True))) == 2
    assert [event.outcome.status for event in sink.events] == ["ok", "ok"]
    assert [body["temperature"] for body in sent(server)] == [0.7, 0.7]


def test_after_close_a_transport_is_a_passage(http: Any, server: Any, sink: MemorySink) -> None:
    arc = Arc(sink=sink)
    transport = arc.protect(http.HTTPTransport())
    arc.close()
    with http.Client(transport=transport) as client:
        client.post(f"{server.url}/chat/completions", json=CHAT)
    assert sent(server) == [CHAT]
    assert sink.events == []


def test_what_is_no_transport_comes_back_as_it_is(caplog: pytest.LogCaptureFixture, arc: Arc) -> None:
    thing = object()
    assert arc.protect(thing) is thing
    assert "no handle_request" in caplog.text
