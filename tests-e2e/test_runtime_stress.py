"""Many threads, tasks, processes and greenlets at once: every answer arrives, and no call says what is another's."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import importlib.util
import json
import os
import random
import subprocess
import sys
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arc_runtime import Arc
from arc_runtime.testing import MemorySink

BASE: Any = openai._base_client
HTTP = getattr(BASE, "httpx2", None) or BASE.httpx
CHAT = {"model": "gpt-4", "messages": [{"role": "user", "content": "x"}], "temperature": 0.95}


def reply(request: Any) -> Any:
    """Answer with the caller's own name, and say what arrived."""
    body = json.loads(request.content)
    answer = {"id": body["user"], "object": "chat.completion", "created": 1, "model": "gpt-4", "choices": []}
    return HTTP.Response(200, json={**answer, "system_fingerprint": str(body["temperature"])})


async def reply_later(request: Any) -> Any:
    await asyncio.sleep(0)
    return reply(request)


def sync_client() -> Any:
    client = HTTP.Client(transport=HTTP.MockTransport(reply))
    return openai.OpenAI(api_key="k", http_client=client, max_retries=0)


def async_client() -> Any:
    client = HTTP.AsyncClient(transport=HTTP.MockTransport(reply_later))
    return openai.AsyncOpenAI(api_key="k", http_client=client, max_retries=0)


SHARED = async_client()
"""For event loops one after the other: its transport belongs to none."""


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def arc(sink: MemorySink) -> Iterator[Arc]:
    with Arc(sink=sink) as made:
        yield made


def check(sink: MemorySink, names: list[str]) -> None:
    assert Counter(event.call.body["user"] for event in sink.events) == Counter(names)
    assert all(dict(event.call.tags)["user"] == event.call.body["user"] for event in sink.events)
    assert len({event.event_id for event in sink.events}) == len(names)
    assert all(event.outcome.status == "ok" and event.outcome.http_status == 200 for event in sink.events)
    assert {event.call.parent_call_id for event in sink.events} == {""}


def test_sixty_four_threads(arc: Arc, sink: MemorySink) -> None:
    client, wrong, each = sync_client(), [], 15

    def work(thread: int) -> None:
        for number in range(each):
            name = f"{thread}-{number}"
            with arc.tags(user=name):
                answer = client.chat.completions.create(**CHAT, user=name)
            if (answer.id, answer.system_fingerprint) != (name, "0.7"):
                wrong.append((name, answer))

    threads = [threading.Thread(target=work, args=(number,), name=str(number)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    check(sink, [f"{thread}-{number}" for thread in range(64) for number in range(each)])
    assert all(event.call.body["user"].split("-")[0] == event.call.thread for event in sink.events)


def test_a_thousand_tasks(arc: Arc, sink: MemorySink) -> None:
    async def task(client: Any, name: str) -> None:
        with arc.tags(user=name):
            await asyncio.sleep(0)
            answer = await client.chat.completions.create(**CHAT, user=name)
        assert (answer.id, answer.system_fingerprint) == (name, "0.7")

    async def everything() -> None:
        client = async_client()
        names = [asyncio.create_task(task(client, str(number)), name=str(number)) for number in range(1000)]
        await asyncio.gather(*names)
        await client.close()

    asyncio.run(everything())
    check(sink, [str(number) for number in range(1000)])
    assert all(event.call.task == event.call.body["user"] for event in sink.events)


@given(
    plans=st.lists(st.lists(st.sampled_from(["call", "nest", "pause", "raise"]), min_size=1, max_size=5), max_size=6),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=25, deadline=None)
def test_no_context_sees_anothers_tags_or_calls(plans: list[list[str]], seed: int) -> None:
    """Tasks whose steps interleave in any order; each call must carry exactly the tags around it."""
    sink, chance = MemorySink(), random.Random(seed)

    async def step(arc: Arc, client: Any, steps: list[str], path: str) -> None:
        for number, kind in enumerate(steps):
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
            name = f"{path}.{number}"
            with arc.tags(user=name):
                if kind == "nest":
                    await step(arc, client, steps[number + 1 :], name)
                elif kind != "pause":
                    await client.chat.completions.create(**CHAT, user=name)
                if kind == "raise":
                    return
            assert arc.current_call() is None

    async def everything(arc: Arc) -> None:
        await asyncio.gather(*(step(arc, SHARED, steps, str(number)) for number, steps in enumerate(plans)))

    with Arc(sink=sink) as arc:
        asyncio.run(everything(arc))
    assert all(dict(event.call.tags) == {"user": event.call.body["user"]} for event in sink.events)


def test_memory_does_not_grow(arc: Arc, sink: MemorySink) -> None:
    client = sync_client()

    def work(calls: int) -> None:
        for number in range(calls):
            context = contextvars.copy_context()
            with arc.tags(user=str(number)):
                context.run(lambda: arc.wrap(client).chat.completions.create(**CHAT, user="x"))
                client.with_options(timeout=number + 1).chat.completions.create(**CHAT, user="x")
        sink.events.clear()
        gc.collect()

    work(10)
    tracemalloc.start()
    try:
        work(25)
        first = tracemalloc.take_snapshot()
        work(25)
        second = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    grown = sum(
        entry.size_diff
        for entry in second.compare_to(first, "filename")
        if "arc_runtime" in entry.traceback[0].filename or "wrapt" in entry.traceback[0].filename
    )
    assert grown < 4096, "per call it would be 50 times something"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork on this system")
def test_four_processes_after_a_fork() -> None:
    code = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12, about threads and fork
sys.path.insert(0, HERE)
import test_runtime_stress as stress
from arc_runtime import Arc
from arc_runtime.testing import MemorySink
sink = MemorySink()
arc = Arc(sink=sink)
client = stress.sync_client()
client.chat.completions.create(**stress.CHAT, user="parent")
children = []
for number in range(4):
    pid = os.fork()
    if pid == 0:
        sink.events.clear()
        for _ in range(50):
            with arc.tags(user=str(number)):
                answer = client.chat.completions.create(**stress.CHAT, user=str(number))
            assert (answer.id, answer.system_fingerprint) == (str(number), "0.7")
        stress.check(sink, [str(number)] * 50)
        os.write(1, (" ".join(event.event_id for event in sink.events) + "\\n").encode())
        os._exit(0)
    children.append(pid)
print(*[os.waitpid(pid, 0)[1] for pid in children], file=sys.stderr)
"""
    done = run(code)
    assert done.stderr == "0 0 0 0\n"
    names = done.stdout.split()
    assert len(names) == len(set(names)) == 200


@pytest.mark.skipif(importlib.util.find_spec("gevent") is None, reason="gevent is not installed")
@pytest.mark.parametrize("launcher", [[], ["-m", "arc_runtime", "run"]])
def test_a_program_under_gevent(launcher: list[str]) -> None:
    code = """
from gevent import monkey
monkey.patch_all()
import sys, time, gevent
sys.path.insert(0, HERE)
import test_runtime_stress as stress
from arc_runtime import Arc
from arc_runtime.testing import MemorySink
sink = MemorySink()
arc = Arc(sink=sink)
def reply(request):
    time.sleep(0.01)  # switches to another greenlet
    return stress.reply(request)
client = stress.openai.OpenAI(
    api_key="k", http_client=stress.HTTP.Client(transport=stress.HTTP.MockTransport(reply)), max_retries=0
)
def work(name):
    with arc.tags(user=name):
        time.sleep(0)
        answer = client.chat.completions.create(**stress.CHAT, user=name)
    assert (answer.id, answer.system_fingerprint) == (name, "0.7")
jobs = [gevent.spawn(work, str(number)) for number in range(100)]
gevent.joinall(jobs, raise_error=True)
stress.check(sink, [str(number) for number in range(100)])
arc.close()
print("fine")
"""
    done = run(code, *launcher)
    assert (done.stdout, done.stderr) == ("fine\n", "")


def run(code: str, *launcher: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ARC_")}
    words = [sys.executable, *launcher, "-c", f"HERE = {os.path.dirname(__file__)!r}\n{code}"]  # noqa: PTH120
    done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done
