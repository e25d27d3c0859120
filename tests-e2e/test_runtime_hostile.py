"""What programs do to an SDK beside calling it: reload it, override it, copy its clients, close Arc amid calls."""

from __future__ import annotations

import copy
import functools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from arc_runtime import Arc
from arc_runtime.testing import MemorySink

BASE: Any = openai._base_client
HTTP = getattr(BASE, "httpx2", None) or BASE.httpx
CHAT: dict[str, Any] = {"model": "gpt-4", "messages": [{"role": "user", "content": "x"}], "temperature": 0.95}
ANSWER = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4", "choices": []}
COOL, HOT = 0.7, 0.95

RELOADED = """
import gc, importlib, json, sys
import openai
from arc_runtime import Arc
from arc_runtime.testing import MemorySink

base = openai._base_client
http = getattr(base, "httpx2", None) or base.httpx
sent = []

def reply(request):
    sent.append(json.loads(request.content)["temperature"])
    return http.Response(200, json=ANSWER)

def made(sdk):
    return sdk.OpenAI(api_key="k", http_client=http.Client(transport=http.MockTransport(reply)), max_retries=0)

def seen(*clients):
    for client in clients:
        client.chat.completions.create(**CHAT)
    found = [list(sent), len(sink.events)]
    sent.clear()
    del sink.events[:]
    return found

sink, first = MemorySink(), made(openai)
originals = [(base.SyncAPIClient, base.SyncAPIClient.__dict__["request"])]
found = {}
arc = Arc(sink=sink, packs=("hello_world",))
importlib.reload(base)
found["the old classes after a reload"] = seen(first, made(openai))
originals.append((base.SyncAPIClient, base.SyncAPIClient.__dict__["request"].__wrapped__))
for name in [name for name in sys.modules if name.split(".")[0] == "openai"]:
    del sys.modules[name]
again = importlib.import_module("openai")
found["two copies of the SDK"] = seen(first, made(again))
last = again._base_client.SyncAPIClient
originals.append((last, last.__dict__["request"].__wrapped__))
arc.close()
found["after close()"] = seen(first, made(again))
found["as it was"] = [owner.__dict__["request"] is original for owner, original in originals]
print(json.dumps(found))
"""


class Wire:
    """Keeps the temperatures that arrive, from any thread."""

    def __init__(self) -> None:
        self.sent: list[float] = []

    def __call__(self, request: Any) -> Any:
        self.sent.append(json.loads(request.content)["temperature"])
        return HTTP.Response(200, json=ANSWER)

    def client(self, kind: Any = openai.OpenAI) -> Any:
        """Return a client that sends here."""
        return kind(api_key="k", http_client=HTTP.Client(transport=HTTP.MockTransport(self)), max_retries=0)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def arc(sink: MemorySink) -> Iterator[Arc]:
    with Arc(sink=sink, packs=("hello_world",)) as made:
        yield made


class Proxy:
    """Hands everything on."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


class Adding(openai.OpenAI):
    """Changes each request on its way, as programs do that add their own fields."""

    def request(self, cast_to: Any, options: Any, **more: Any) -> Any:
        options.json_data["user"] = "mine"
        return super().request(cast_to, options, **more)


class Twice(openai.OpenAI):
    """Sends each request twice: two calls."""

    def request(self, cast_to: Any, options: Any, **more: Any) -> Any:
        super().request(cast_to, options, **more)
        return super().request(cast_to, options, **more)


class Never(openai.OpenAI):
    """Answers by itself."""

    def request(self, cast_to: Any, options: Any, **more: Any) -> Any:
        return "never sent"


WAYS: dict[str, Any] = {
    "a copy of the client": lambda wire, old: copy.copy(old).chat.completions.create,
    "a proxy": lambda wire, old: Proxy(old).chat.completions.create,
    "a partial": lambda wire, old: functools.partial(old.chat.completions.create, timeout=5),
    "an overridden request": lambda wire, old: wire.client(Adding).chat.completions.create,
    "a subclass made now": lambda wire, old: wire.client(type("Mine", (openai.OpenAI,), {})).chat.completions.create,
}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_it_is_fixed_and_reported_once(way: str, wire: Wire, sink: MemorySink) -> None:
    old = wire.client()
    kept = WAYS[way](wire, old)
    with Arc(sink=sink, packs=("hello_world",)):
        for use in (kept, WAYS[way](wire, old)):
            use(**CHAT)
            assert wire.sent == [COOL]
            assert [event.outcome.status for event in sink.events] == ["ok"]
            wire.sent.clear()
            del sink.events[:]
    kept(**CHAT)
    assert (wire.sent, sink.events) == ([HOT], [])


@pytest.mark.usefixtures("arc")
def test_what_is_sent_twice_is_reported_twice_and_what_is_not_sent_not_at_all(wire: Wire, sink: MemorySink) -> None:
    wire.client(Twice).chat.completions.create(**CHAT)
    assert wire.sent == [COOL, COOL]
    assert len({event.call.call_id for event in sink.events}) == 2
    del sink.events[:]
    assert wire.client(Never).chat.completions.create(**CHAT) == "never sent"
    assert sink.events == []


def test_a_reloaded_sdk_is_intercepted_beside_the_classes_from_before() -> None:
    code = f"ANSWER, CHAT = {ANSWER!r}, {CHAT!r}\n{RELOADED}"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ARC_")}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "the old classes after a reload": [[COOL, COOL], 2],
        "two copies of the SDK": [[COOL, COOL], 2],
        "after close()": [[HOT, HOT], 0],
        "as it was": [True, True, True],
    }


def test_close_amid_calls_of_other_threads_loses_no_answer_and_counts_what_it_cannot_report(
    arc: Arc, wire: Wire, sink: MemorySink
) -> None:
    client, answers, under_way = wire.client(), [], threading.Event()

    def work() -> None:
        for _ in range(20):
            answers.append(client.chat.completions.create(**CHAT).id)
            under_way.set()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert under_way.wait(30)
    arc.close()
    for thread in threads:
        thread.join(60)
    unreported = arc.health()["counters"]["requests_unreported"]
    assert answers == ["1"] * 160
    assert len(wire.sent) == 160
    assert wire.sent.count(COOL) == len(sink.events) + unreported
    del wire.sent[:]
    client.chat.completions.create(**CHAT)
    assert wire.sent == [HOT]
