"""arc-runtime between the real SDKs and a real HTTP server on this machine: what arrives is what counts."""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from arc_runtime import Arc, guard
from arc_runtime.testing import MemorySink

ROOT = Path(__file__).resolve().parent.parent
CHAT = {"model": "gpt-4", "messages": [{"role": "user", "content": "Hello"}], "temperature": 0.95}
MESSAGE = {"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 64}


class Provider:
    def __init__(self, url: str) -> None:
        self.url = url
        self.clients: list[Any] = []
        """Synchronous clients, closed after each test."""

    def received(self) -> list[Any]:
        with urllib.request.urlopen(f"{self.url}/_received", timeout=10) as reply:
            return json.load(reply)

    def bodies(self) -> list[Any]:
        return [entry["body"] for entry in self.received()]

    def clear(self) -> None:
        urllib.request.urlopen(urllib.request.Request(self.url, method="DELETE"), timeout=10).close()

    def openai(self, kind: Any = openai.OpenAI, **options: Any) -> Any:
        return self.keep(kind(base_url=f"{self.url}/v1", api_key="sk-local", max_retries=0, **options))

    def anthropic(self, kind: Any = anthropic.Anthropic, **options: Any) -> Any:
        return self.keep(kind(base_url=self.url, api_key="sk-local", max_retries=0, **options))

    def keep(self, client: Any) -> Any:
        if not inspect.iscoroutinefunction(client.close):
            self.clients.append(client)
        return client


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    python = sys.executable if sys.version_info >= (3, 10) else shutil.which("python3")  # the tool's own floor
    assert python
    command = [python, str(ROOT / "tools" / "strict_provider.py"), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield Provider(process.stdout.readline().strip())
    process.terminate()
    process.wait(timeout=10)
    process.stdout.close()


@pytest.fixture
def provider(running: Provider) -> Iterator[Provider]:
    running.clear()
    yield running
    while running.clients:
        running.clients.pop().close()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("ARC_")]:
        monkeypatch.delenv(name)
    before = guard.reraise(True)
    yield
    guard.reraise(before)


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def arc(sink: MemorySink) -> Iterator[Arc]:
    with Arc(sink=sink) as made:
        yield made


def use_stream_helper(client: Any) -> Any:
    with client.chat.completions.stream(**CHAT) as stream:
        return list(stream)


def use_streaming_response(client: Any) -> Any:
    with client.chat.completions.with_streaming_response.create(**CHAT) as response:
        return response.read()


INPUT = {"model": "gpt-4", "input": "Hello", "temperature": 0.95}
USES: dict[str, Callable[[Any], Any]] = {
    "create": lambda client: client.chat.completions.create(**CHAT),
    "stream": lambda client: list(client.chat.completions.create(**CHAT, stream=True)),
    "stream helper": use_stream_helper,
    "parse": lambda client: client.chat.completions.parse(**CHAT),
    "raw": lambda client: client.chat.completions.with_raw_response.create(**CHAT).parse(),
    "streaming response": use_streaming_response,
    "with_options": lambda client: client.with_options(timeout=5).chat.completions.create(**CHAT),
    "responses": lambda client: client.responses.create(**INPUT),
    "responses parse": lambda client: client.responses.parse(**INPUT),
    "responses stream": lambda client: list(client.responses.create(**INPUT, stream=True)),
    "post": lambda client: client.post("/chat/completions", cast_to=openai.types.chat.ChatCompletion, body=dict(CHAT)),
}


@pytest.mark.parametrize("use", USES)
def test_every_way_to_call_openai_arrives_fixed_and_is_one_event(
    provider: Provider, arc: Arc, sink: MemorySink, use: str
) -> None:
    answer = USES[use](provider.openai())
    assert answer
    assert [body["temperature"] for body in provider.bodies()] == [0.7]
    gc.collect()
    (event,) = sink.events
    assert event.decision.fixes[0].pattern_id == "hello-world/gpt-4-temperature"
    assert event.decision.fixes[0].changes == (("temperature", 0.95, 0.7),)
    assert event.call.body["temperature"] == 0.95
    assert event.outcome.status == "ok"
    assert arc.health()["counters"]["requests_intercepted"] == 1
    assert arc.health()["counters"]["fixes_applied"] == 1


def test_asynchronous_openai(provider: Provider, arc: Arc, sink: MemorySink) -> None:
    async def use() -> None:
        async with provider.openai(openai.AsyncOpenAI) as client:
            await client.chat.completions.create(**CHAT)
            stream = await client.chat.completions.create(**CHAT, stream=True)
            assert isinstance(stream, openai.AsyncStream)
            assert [chunk async for chunk in stream]
            await client.responses.create(model="gpt-4", input="Hello", temperature=0.95)
            await client.chat.completions.with_raw_response.create(**CHAT)

    asyncio.run(use())
    assert [body["temperature"] for body in provider.bodies()] == [0.7] * 4
    assert [event.outcome.status for event in sink.events] == ["ok"] * 4
    assert sink.events[1].outcome.first_chunk_s > 0
    assert all(event.call.task for event in sink.events)
    assert arc.health()["counters"]["requests_intercepted"] == 4


def test_anthropic_sync_async_and_stream(provider: Provider, arc: Arc, sink: MemorySink) -> None:
    arc.register_pattern({"model": {"prefix": "claude"}, "provider": "anthropic"}, {"prompt_prefix": "Be kind."})

    async def use() -> None:
        async with provider.anthropic(anthropic.AsyncAnthropic) as client:
            await client.messages.create(**MESSAGE)
            async with client.messages.stream(**MESSAGE) as stream:
                assert await stream.get_final_text()

    client = provider.anthropic()
    assert client.messages.create(**MESSAGE).content
    with client.messages.stream(**MESSAGE) as stream:
        assert stream.get_final_text()
    asyncio.run(use())
    client.messages.count_tokens(model=MESSAGE["model"], messages=MESSAGE["messages"])
    gc.collect()
    assert [body.get("system") for body in provider.bodies()] == ["Be kind."] * 4 + [None]
    operations = [event.call.operation for event in sink.events]
    assert operations == ["messages"] * 4 + ["messages.count_tokens"]
    assert all(event.outcome.status == "ok" for event in sink.events)
    assert all(event.outcome.finish_reason for event in sink.events[:4])
    assert all(event.outcome.output_tokens for event in sink.events[:4])


def test_a_parameter_in_extra_body_is_fixed_there(provider: Provider, arc: Arc) -> None:
    arc.register_pattern({"model": MESSAGE["model"], "temperature": {">": 1}}, {"temperature": {"clamp": [0, 1]}})
    provider.anthropic().messages.create(**MESSAGE, extra_body={"temperature": 1.5})
    assert provider.bodies()[0]["temperature"] == 1


def test_a_rejection_of_the_provider_reaches_the_application_as_it_is(
    provider: Provider, arc: Arc, sink: MemorySink
) -> None:
    Arc(packs=())  # the default ones would repair it
    client = provider.openai()
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{**CHAT, "model": "gpt-4o", "temperature": 3})
    assert caught.value.status_code == 400
    (event,) = sink.events
    assert (event.outcome.status, event.outcome.http_status) == ("error", 400)
    assert event.outcome.error_type == "BadRequestError"
    arc.register_pattern({"model": "gpt-4o", "temperature": {">": 2}}, {"temperature": {"clamp": [0, 2]}})
    assert client.chat.completions.create(**{**CHAT, "model": "gpt-4o", "temperature": 3})


def test_no_temperature_and_a_null_one_leave_as_they_are(provider: Provider, arc: Arc, sink: MemorySink) -> None:
    client = provider.openai()
    client.chat.completions.create(**{**CHAT, "temperature": None})
    client.chat.completions.create(model="gpt-4", messages=CHAT["messages"])
    assert [body.get("temperature", "none") for body in provider.bodies()] in ([None, "none"], ["none", "none"])
    assert [event.decision.reason for event in sink.events] == ["no_match", "no_match"]


def test_a_client_made_before_is_covered_and_close_lets_go(provider: Provider, sink: MemorySink) -> None:
    client = provider.openai()
    raw = client.chat.completions.with_raw_response
    classes = [base.SyncAPIClient for base in (openai._base_client, anthropic._base_client)]
    classes += [base.AsyncAPIClient for base in (openai._base_client, anthropic._base_client)]
    originals = [kind.__dict__["request"] for kind in classes]
    arc = Arc(sink=sink)
    assert [inspect.signature(kind.request) for kind in classes] == [inspect.signature(one) for one in originals]
    client.chat.completions.create(**CHAT)
    raw.create(**CHAT)
    arc.close()
    assert [id(kind.__dict__["request"]) for kind in classes] == [id(original) for original in originals]
    client.chat.completions.create(**CHAT)
    assert [body["temperature"] for body in provider.bodies()] == [0.7, 0.7, 0.95]
    assert len(sink.events) == 2


def test_calls_under_way_at_close_are_answered_and_counted(provider: Provider, sink: MemorySink) -> None:
    arc = Arc(sink=sink)
    stream = provider.openai().chat.completions.create(**CHAT, stream=True)
    next(stream)
    arc.close()
    assert list(stream)
    assert sink.events == []
    assert arc.health()["counters"]["requests_unreported"] == 1


def test_two_arcs_are_one(provider: Provider, sink: MemorySink) -> None:
    one, two = Arc(), Arc(sink=sink)
    provider.openai().chat.completions.create(**CHAT)
    assert len(sink.events) == 1
    assert one.health()["counters"]["requests_intercepted"] == 1
    two.close()


def test_wrap_intercepts_one_client_and_what_is_derived_from_it(provider: Provider, sink: MemorySink) -> None:
    class Mine(openai.OpenAI):
        pass

    before = vars(openai._base_client.SyncAPIClient)["request"]
    other = provider.openai()
    with Arc(intercept=False, sink=sink) as arc:
        client = provider.openai(Mine)
        attributes = dict(vars(client))
        client.chat.completions.create(**CHAT)
        assert arc.wrap(client) is client
        assert arc.wrap(client) is client
        derived = client.with_options(timeout=5)
        client.chat.completions.create(**CHAT)
        derived.chat.completions.with_raw_response.create(**CHAT)
        other.chat.completions.create(**CHAT)
        assert vars(openai._base_client.SyncAPIClient)["request"] is before
        assert arc.health()["interceptors"] == {
            "anthropic": "waiting for its import",
            "openai": "waiting for its import",
        }
        assert inspect.signature(client.request) == inspect.signature(other.request)
    assert [body["temperature"] for body in provider.bodies()] == [0.95, 0.7, 0.7, 0.95]
    assert [event.outcome.http_status for event in sink.events] == [200, 200]
    assert {name for name in vars(client) if name not in attributes} <= {"chat"}  # which the SDK keeps itself
    client.chat.completions.create(**CHAT)
    derived.chat.completions.create(**CHAT)
    assert [body["temperature"] for body in provider.bodies()[4:]] == [0.95, 0.95]


def test_wrap_and_automatic_interception_are_one_in_any_order(provider: Provider, sink: MemorySink) -> None:
    with Arc(intercept=False, sink=sink) as arc:
        client = arc.wrap(provider.openai())
        client.chat.completions.create(**CHAT)
        Arc(intercept=True)
        arc.wrap(client).chat.completions.create(**CHAT)
    assert [body["temperature"] for body in provider.bodies()] == [0.7, 0.7]
    assert len(sink.events) == 2


def test_wrap_of_asynchronous_clients_and_proxies(provider: Provider, sink: MemorySink) -> None:
    class Proxy:
        def __init__(self, client: Any) -> None:
            self._inside = client

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inside, name)

    async def use(arc: Arc) -> None:
        async with provider.anthropic(anthropic.AsyncAnthropic) as client:
            arc.wrap(Proxy(client))
            await client.messages.create(**MESSAGE)
            assert inspect.iscoroutinefunction(client.request)
        async with provider.openai(openai.AsyncOpenAI) as client:
            await arc.wrap(client).with_options(timeout=3).chat.completions.create(**CHAT)

    with Arc(intercept=False, sink=sink) as arc:
        asyncio.run(use(arc))
    assert [event.call.provider for event in sink.events] == ["anthropic", "openai"]
    assert all(event.call.task for event in sink.events)


def test_a_wrapped_client_is_not_kept_alive(provider: Provider) -> None:
    with Arc(intercept=False) as arc:
        client = arc.wrap(openai.OpenAI(base_url=provider.url, api_key="k"))
        client.close()
        gone = weakref.ref(client)
        del client
        gc.collect()
        assert gone() is None
        assert arc._parts is not None
        assert arc._parts.installer._clients == {}


@pytest.mark.parametrize("operation", ["embeddings", "completions"])
def test_other_operations_are_watched_and_only_fixed_on_request(
    provider: Provider, arc: Arc, sink: MemorySink, operation: str
) -> None:
    client = provider.openai()
    arc.register_pattern({"model": "m"}, {"user": "arc"})
    arc.register_pattern({"model": "other", "operation": "embeddings"}, {"user": "arc"})
    if operation == "embeddings":
        client.embeddings.create(model="text-embedding-3-small", input="Hello")
        assert sink.events[0].decision.reason == "no_match"
    else:
        client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hello")
    assert [event.call.operation for event in sink.events] == [operation]


def test_metrics_count_each_request_once(provider: Provider) -> None:
    with Arc(metrics_port=0) as arc:
        for _ in range(3):
            provider.openai().chat.completions.create(**CHAT)
        for path in ("/metrics", "/arc/runtime/metrics"):
            with urllib.request.urlopen(f"http://127.0.0.1:{arc.metrics_port}{path}", timeout=10) as reply:
                text = reply.read().decode()
            assert "arc_requests_intercepted_total 3.0" in text
            assert "arc_fixes_applied_total 3.0" in text
            assert "arc_added_latency_seconds_count 3.0" in text
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{arc.metrics_port}/secrets", timeout=10)
        port = arc.metrics_port
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10)


def test_serving_metrics_asks_for_no_name_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which takes seconds where the resolver does not answer."""
    asked: list[str] = []
    monkeypatch.setattr(socket, "getfqdn", lambda name="": asked.append(name) or "here")
    with Arc(intercept=False, metrics_port=0) as arc:
        assert arc.metrics_port
    assert asked == []


def test_a_metrics_port_in_use_is_a_warning(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    port = int(provider.url.rpartition(":")[2])
    with Arc(metrics_port=port) as arc:
        assert arc.metrics_port is None
        assert "no metrics" in caplog.text
        provider.openai().chat.completions.create(**CHAT)
    assert provider.bodies()[0]["temperature"] == 0.7


def test_a_reloaded_sdk_is_patched_again_and_what_was_there_before_stays_so(
    provider: Provider, arc: Arc, sink: MemorySink
) -> None:
    module = openai._base_client
    saved = dict(vars(module))
    try:
        importlib.reload(module)
        provider.openai().chat.completions.create(**CHAT)  # whose class derives from the one before
        assert [body["temperature"] for body in provider.bodies()] == [0.7]
        assert len(sink.events) == 1
        assert type(module.SyncAPIClient.__dict__["request"]).__name__ == "Choke"
    finally:
        arc.close()
        vars(module).update(saved)
