"""One case of the interception benchmark in a process of its own, because most of the peers cannot be taken out again.

usage: python interception_child.py CASE KIND BLOCKS CALLS      (KIND: alone | sdk | start); prints JSON

Blocks of calls with and without the instrumentation alternate inside the process: what was put on the SDK's classes
is swapped out and in. `alone`: the method that gets wrapped is a function that returns a constant. `start`: only import
and patch. A case that did not record each of its calls ends the process with an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import openai
from openai import _base_client
from openai._models import FinalRequestOptions
from openai.types.chat import ChatCompletion

sys.path.insert(0, str(Path(__file__).resolve().parent))
from interception_cases import CASES, CREATE, REQUEST, Case, some_patterns

WARM_UP = 200
TURN = 400
"""Calls between two turns of whatever a case has to begin anew now and then."""
ANSWER = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}  # fmt: skip
PARSED = ChatCompletion.model_validate(ANSWER)
BODY: dict[str, Any] = {"model": "gpt-4", "messages": [{"role": "user", "content": "Say hello."}], "temperature": 0.5}


def use_constants(points: Any) -> None:
    """Replace the methods that get wrapped by functions that return a constant."""

    def constant(self: Any, *args: Any, **kwargs: Any) -> Any:
        return PARSED

    async def later(self: Any, *args: Any, **kwargs: Any) -> Any:
        return PARSED

    for (owner, name), function in zip(points, (constant, later), strict=False):
        function.__name__ = name
        setattr(owner, name, function)


def clients() -> tuple[Any, Any]:
    """Return a client of each kind, over a transport that answers without a network."""
    http = importlib.import_module(_base_client.httpx.__name__ if hasattr(_base_client, "httpx") else "httpx2")

    def answer(request: Any) -> Any:
        return http.Response(200, json=ANSWER)

    transport = http.MockTransport(answer)
    options: dict[str, Any] = {"base_url": "http://127.0.0.1:9/v1", "api_key": "local", "max_retries": 0}
    return (
        openai.OpenAI(**options, http_client=http.Client(transport=transport)),
        openai.AsyncOpenAI(**options, http_client=http.AsyncClient(transport=transport)),
    )


def ways(made: tuple[Any, Any], kind: str, points: Any) -> list[Any]:
    """Return how to make one call, synchronously and not."""
    if kind == "alone" and points is REQUEST:
        options = FinalRequestOptions.construct(method="post", url="/chat/completions", json_data=dict(BODY))
        return [lambda client=client: client.request(ChatCompletion, options) for client in made]
    return [lambda client=client: client.chat.completions.create(**BODY) for client in made]


def block(call: Any, calls: int, case: Case) -> tuple[list[float], float]:
    """Return the time of each call and the CPU time of all, in seconds."""
    clock, times, cpu_s = time.perf_counter, [], 0.0
    for _ in range(0, calls, TURN):
        case.turn()
        cpu_began_s = time.process_time()
        for _ in range(min(TURN, calls)):
            began = clock()
            call()
            times.append(clock() - began)
        cpu_s += time.process_time() - cpu_began_s
    return times, cpu_s


async def block_async(call: Any, calls: int, case: Case) -> tuple[list[float], float]:
    """Return the same for a coroutine."""
    clock, times, cpu_s = time.perf_counter, [], 0.0
    for _ in range(0, calls, TURN):
        case.turn()
        cpu_began_s = time.process_time()
        for _ in range(min(TURN, calls)):
            began = clock()
            await call()
            times.append(clock() - began)
        cpu_s += time.process_time() - cpu_began_s
    return times, cpu_s


class Side:
    """The calls of one side, with or without the instrumentation."""

    def __init__(self, case: Case, methods: list[Any], ways: list[Any]) -> None:
        self.case, self.methods, self.ways = case, methods, ways
        self.times: list[float] = []
        self.p50s: list[float] = []
        self.cpu_s = 0.0
        self.calls = 0

    def put(self, points: Any) -> None:
        """Set this side's methods on the SDK's classes."""
        for (owner, attribute), method in zip(points, self.methods, strict=True):
            setattr(owner, attribute, method)

    def take(self, done: tuple[list[float], float], warm: bool) -> None:
        """Keep a block; of one that only warms up, count the calls."""
        self.calls += len(done[0])
        if not warm:
            return
        self.times += done[0]
        self.p50s.append(statistics.median(done[0]))
        self.cpu_s += done[1]

    def p99(self) -> float:
        """Return the p99 over all blocks, in seconds."""
        return sorted(self.times)[int(len(self.times) * 0.99)]


def compare(without: Side, having: Side) -> dict[str, float]:
    """Return what one side takes and the other adds, in microseconds."""
    added = statistics.median(one - other for one, other in zip(having.p50s, without.p50s, strict=True))
    return {
        "floor_p50": statistics.median(without.p50s) * 1e6,
        "added_p50": added * 1e6,
        "added_p99": (having.p99() - without.p99()) * 1e6,
        "added_cpu": (having.cpu_s / len(having.times) - without.cpu_s / len(without.times)) * 1e6,
    }


def memory_mb() -> float:
    """Return the resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def threads() -> int:
    """Return the number of threads of this process, those of libraries in C included."""
    return len(list(Path("/proc/self/task").iterdir()))


def installed(case: Case, patterns: list[dict[str, Any]]) -> dict[str, float]:
    """Install a case and return what that took; its patterns are registered afterwards."""
    gc.collect()
    memory, count, began = memory_mb(), threads(), time.perf_counter()
    case.install()
    took = {"import_ms": (time.perf_counter() - began) * 1000, "memory_mb": memory_mb() - memory}
    if patterns:
        case.register(patterns)
    return {**took, "threads": threads() - count}


def measure(name: str, kind: str, blocks: int, calls: int) -> dict[str, Any]:
    """Return the figures of one case: ``{sync: {added_p50, ...}, async: ..., import_ms, memory_mb, threads}``."""
    key, _, rest = name.partition(":")
    count, _, hit = rest.partition(":")
    case = CASES[key]()
    if kind == "start":
        return installed(case, [])
    points = case.points or CREATE
    if kind == "alone":
        use_constants(points)
    before = clients()
    plain = [owner.__dict__[attribute] for owner, attribute in points]
    found: dict[str, Any] = dict(installed(case, some_patterns(int(count or 0), bool(hit))))
    patched = [owner.__dict__[attribute] for owner, attribute in points]
    after = before if case.points else clients()
    loop = asyncio.new_event_loop()
    made = 0
    for place, mode in enumerate(("sync", "async")):
        without = Side(Case(), plain, ways(before, kind, points))
        having = Side(case, patched, ways(after, kind, points))
        for number in range(blocks + 1):
            for side in (without, having):
                side.put(points)
                side.take(one_block(loop, side, place, calls if number else min(WARM_UP, calls)), warm=number > 0)
        found[mode] = compare(without, having)
        made += having.calls
    loop.run_until_complete(after[1].close())
    loop.close()
    recorded = case.recorded(bool(hit))
    if recorded not in (None, made):
        raise SystemExit(f"{name}: recorded {recorded} of {made} calls")
    return found


def one_block(loop: Any, side: Side, place: int, calls: int) -> tuple[list[float], float]:
    """Run one block with the garbage collector off."""
    gc.collect()
    gc.disable()
    try:
        if place == 0:
            return block(side.ways[0], calls, side.case)
        return loop.run_until_complete(block_async(side.ways[1], calls, side.case))
    finally:
        gc.enable()


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        figures = measure(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    print(json.dumps(figures), flush=True)
    os._exit(0)  # exporters of some peers wait for a server at exit
