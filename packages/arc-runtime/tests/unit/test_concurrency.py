"""One Arc, many threads and tasks: no request gets another one's fix, and none is counted twice."""

import asyncio
import contextlib
import threading
from typing import Any, Dict, List

import pytest

from arc_runtime import Arc
from arc_runtime import arc as facade
from arc_runtime.config import DEFAULT_PACKS
from arc_runtime.interceptors.memory import MemoryClient, MemoryInterceptor
from arc_runtime.interceptors.provenance import CURRENT_CALL, new_call_id
from arc_runtime.patterns.files import load_pack
from arc_runtime.testing import MemorySink

WORKERS = 8
CALLS = 60


def test_threads_do_not_mix_while_patterns_come_and_go() -> None:
    sink = MemorySink()
    arc = Arc(intercept=False, packs=(), sink=sink)
    assert arc._parts is not None
    arc.register_patterns(
        [{"pattern": {"model": str(number)}, "fix": {"mark": number}} for number in range(WORKERS)],
    )
    undo = MemoryInterceptor().install(arc._parts.observer)
    clients = [MemoryClient() for _ in range(WORKERS)]
    stop = threading.Event()

    def call(number: int) -> None:
        for _ in range(CALLS):
            clients[number].request({"model": str(number)})

    def churn() -> None:
        while not stop.is_set():
            arc.register_pattern({"model": "other"}, {"x": 1}, id="churn")
            arc.remove_pattern("churn")

    churning = threading.Thread(target=churn)
    churning.start()
    threads = [threading.Thread(target=call, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    churning.join()
    undo()
    for number, client in enumerate(clients):
        assert client.sent == [{"model": str(number), "mark": number}] * CALLS
    assert arc.health()["counters"]["fixes_applied"] == WORKERS * CALLS
    assert len({event.event_id for event in sink.events}) == WORKERS * CALLS
    assert {event.call.parent_call_id for event in sink.events} == {""}


def test_tasks_have_their_own_parent() -> None:
    seen: Dict[str, List[str]] = {}

    async def task(name: str) -> None:
        token = CURRENT_CALL.set(name)
        for _ in range(20):
            await asyncio.sleep(0)
            seen.setdefault(name, []).append(CURRENT_CALL.get())
        CURRENT_CALL.reset(token)

    async def all_of_them() -> None:
        await asyncio.gather(*(task(str(number)) for number in range(20)))

    asyncio.run(all_of_them())
    assert all(set(values) == {name} for name, values in seen.items())


def test_many_threads_that_start_an_arc_get_one() -> None:
    barrier = threading.Barrier(WORKERS)
    found: List[Any] = []

    def start() -> None:
        barrier.wait()
        arc = Arc(intercept=False)
        arc.register_pattern({"model": threading.current_thread().name}, {"x": 1})
        found.append(arc)

    threads = [threading.Thread(target=start) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
    shipped = sum(len(load_pack(name).patterns) for name in DEFAULT_PACKS)
    assert found[0].health()["patterns"] == WORKERS + shipped


def test_threads_between_the_making_and_the_start_of_an_arc_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock lets both threads go on at the same time, each time that it is released."""
    meeting = threading.Barrier(2)

    class Lock:
        def __init__(self) -> None:
            self.inner = threading.RLock()

        def __enter__(self) -> None:
            self.inner.acquire()

        def __exit__(self, *exc: object) -> None:
            self.inner.release()
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait(1)

    monkeypatch.setattr(facade, "_lock", Lock())
    found: List[Any] = []
    threads = [threading.Thread(target=lambda: found.append(Arc(intercept=False))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] is found[1]


def test_names_of_calls_do_not_repeat() -> None:
    names: List[str] = []
    threads = [threading.Thread(target=lambda: names.extend(new_call_id() for _ in range(2_000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 8_000
    assert all(len(name) == 32 for name in names)
