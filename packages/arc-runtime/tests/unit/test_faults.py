"""Every function of ours on the path of a call is made to fail, one after the other: the application notices nothing.

A trace function raises as one of our functions begins, for each that is seen on the way, so that what is added later
is tried too.
The passages themselves are left out: the functions that hold the application's call, and the guard around the rest.
"""

import asyncio
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import openai
import pytest
from openai import _base_client as base
from openai._models import FinalRequestOptions

import arc_runtime
from arc_runtime import Arc, guard
from arc_runtime.testing import MemorySink

HOME = str(Path(arc_runtime.__file__).parent)
PASSAGES = {
    "around_sync", "around_async", "around_response", "_around_sync", "_around_async", "run", "contain", "_log",
    "__next__", "__anext__", "__iter__", "__aiter__", "__del__", "close", "aclose", "__class__", "__getattr__",
}  # fmt: skip
BODY = {"model": "gpt-4", "messages": [{"role": "user", "content": "x"}], "temperature": 0.95}


class Ours(RuntimeError):
    pass


class Faults:
    """Raises in the n-th function of ours; 0 counts only."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.seen: List[str] = []
        self.times: Counter[Any] = Counter()
        self.first: List[int] = []
        """Where each function is seen for the first time, and for the second."""

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(HOME) or code.co_name in PASSAGES or code.co_name.startswith("<"):
            return
        self.seen.append(code.co_name)
        self.times[code] += 1
        if self.times[code] <= 2:
            self.first.append(len(self.seen))
        if len(self.seen) == self.at:
            raise Ours(code.co_name)


class Answers:
    """What the SDK's method does instead of sending: it keeps the body, and answers by turns."""

    def __init__(self) -> None:
        self.sent: List[Any] = []
        self.error: Optional[BaseException] = None
        self.chunks: Optional[List[Any]] = None

    def __call__(self, options: Any, stream_type: Any) -> Any:
        self.sent.append(options.json_data)
        if self.error is not None:
            raise self.error
        if self.chunks is None:
            return {"id": len(self.sent)}
        stream = object.__new__(stream_type)
        stream._iterator = iter(self.chunks)
        return stream


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    made = Answers()

    def request(self: Any, cast_to: Any, options: Any, **kwargs: Any) -> Any:
        return made(options, openai.Stream)

    async def request_async(self: Any, cast_to: Any, options: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return made(options, openai.Stream)

    monkeypatch.setattr(base.SyncAPIClient, "request", request)
    monkeypatch.setattr(base.AsyncAPIClient, "request", request_async)
    return made


@pytest.fixture
def arc(answers: Answers) -> Iterator[Arc]:
    with Arc(sink=MemorySink()) as made:
        yield made


def options() -> Any:
    return FinalRequestOptions.construct(method="post", url="/chat/completions", json_data=dict(BODY))


CLIENT = object.__new__(openai.OpenAI)
ASYNC_CLIENT = object.__new__(openai.AsyncOpenAI)


def call() -> Any:
    return CLIENT.request(object, options())  # type: ignore[call-overload,type-var]


def call_async() -> Any:
    async def inside() -> Any:
        return await ASYNC_CLIENT.request(object, options())  # type: ignore[call-overload]

    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(inside())
    finally:
        loop.close()


def read_stream() -> Any:
    return list(CLIENT.request(object, options(), stream=True, stream_cls=openai.Stream)._iterator)  # type: ignore[call-overload]


def drop_stream() -> Any:
    stream: Any = CLIENT.request(object, options(), stream=True, stream_cls=openai.Stream)  # type: ignore[call-overload]
    return [next(stream._iterator)]


def traced(act: Callable[[], Any], faults: Faults) -> Any:
    before = sys.gettrace()
    sys.settrace(faults)
    try:
        return act()
    finally:
        sys.settrace(before)


SCENES: Dict[str, Any] = {
    "answer": (call, None, None),
    "answer, asynchronous": (call_async, None, None),
    "error": (call, ValueError("theirs"), None),
    "error, asynchronous": (call_async, ValueError("theirs"), None),
    "interrupt": (call, KeyboardInterrupt(), None),
    "stream": (read_stream, None, [1, 2, 3]),
    "stream that is dropped": (drop_stream, None, [1, 2, 3]),
}


@pytest.mark.usefixtures("production", "arc")
@pytest.mark.parametrize("scene", SCENES)
def test_whatever_of_ours_fails_the_call_is_what_it_is(answers: Answers, scene: str) -> None:
    act, answers.error, answers.chunks = SCENES[scene]
    dry = Faults()
    expected = attempt(act, dry)
    assert len(set(dry.seen)) >= 10, "the functions on the path are really seen"
    assert {"_begin", "decide", "before", "finish"} <= set(dry.seen)
    guard_before = sum(guard.failures().values())
    for number in dry.first:
        sent = len(answers.sent)
        faults = Faults(number)
        outcome = attempt(act, faults)
        where = f"{faults.seen[-1]}, number {number}"
        assert len(answers.sent) == sent + 1, where
        assert set(answers.sent[-1]) == set(BODY), where
        assert answers.sent[-1]["temperature"] in (0.95, 0.7), where
        if isinstance(expected, BaseException):
            assert outcome is expected, where
        elif isinstance(expected, dict):
            assert outcome == {"id": sent + 1}, where
        else:
            assert outcome == expected, where
    assert sum(guard.failures().values()) > guard_before


def attempt(act: Callable[[], Any], faults: Faults) -> Any:
    try:
        return traced(act, faults)
    except (ValueError, KeyboardInterrupt) as error:
        return error


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("production")
def test_a_hundred_thousand_calls_with_random_faults(answers: Answers) -> None:
    chance = random.Random(20_261_120)
    names = list(SCENES)
    sink = MemorySink()
    Arc(sink=sink, packs=("hello_world",))  # of the others, each function is tried above
    asynchronous = [name for name in names if "asynchronous" in name]
    for number in range(100_000):
        scene = names[chance.randrange(len(names))]
        if scene in asynchronous and number % 20:  # an event loop each is slow
            scene = "answer"
        act, answers.error, answers.chunks = SCENES[scene]
        outcome = attempt(act, Faults(chance.randrange(1, 90)))
        assert len(answers.sent) == 1
        if answers.error is not None:
            assert outcome is answers.error
        else:
            assert outcome == (answers.chunks[: len(outcome)] if answers.chunks else {"id": 1})
        answers.sent.clear()
        sink.events.clear()
