"""The sink and its thread, with a transport in memory."""

import gc
import threading
import time
from typing import Any, Iterator, List, Tuple

import pytest

from arc_runtime.config import TelemetryConfig
from arc_runtime.errors import Rejected, Unavailable
from arc_runtime.model import Call, Decision, Event, Outcome
from arc_runtime.telemetry.transports.memory import MemoryTransport
from arc_runtime.telemetry.worker import THREAD_NAME, Lane, TelemetrySink

CALL = Call("c" * 32, "openai", "chat.completions", {"model": "gpt-4"}, False, "3", 1_700_000_000.0)
LONG_S = 30.0


def event(number: int) -> Event:
    return Event(f"{number:032x}", CALL, Decision(None), Outcome("ok", 0.1, 0.001))


def make(**settings: Any) -> Tuple[TelemetrySink, MemoryTransport]:
    transport = MemoryTransport()
    return TelemetrySink(TelemetryConfig("grpc://127.0.0.1:1", **settings), lambda: transport), transport


@pytest.fixture
def pair() -> Iterator[Tuple[TelemetrySink, MemoryTransport]]:
    sink, transport = make()
    yield sink, transport
    sink.close(LONG_S)


def threads() -> List[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == THREAD_NAME]


def test_no_thread_before_the_first_event_and_none_after_the_end() -> None:
    sink, _ = make()
    assert sink.flush(0.0)
    assert threads() == []
    sink.emit(event(1))
    assert len(threads()) == 1
    assert threads()[0].daemon
    assert sink.close(LONG_S)
    assert threads() == []
    assert sink.close(LONG_S)


def test_flush_means_acknowledged(pair: Tuple[TelemetrySink, MemoryTransport]) -> None:
    sink, transport = pair
    for number in range(450):
        sink.emit(event(number))
    assert sink.flush(LONG_S)
    assert list(transport.events) == [f"{number:032x}" for number in range(450)]
    assert sink.stats()["delivered"] == 450


def test_flush_is_false_when_an_event_was_refused(pair: Tuple[TelemetrySink, MemoryTransport]) -> None:
    sink, transport = pair
    transport.failures = [Rejected("no")]
    sink.emit(event(1))
    assert sink.flush(LONG_S) is False
    assert sink.stats()["dropped"]["rejected"] == 1
    sink.emit(event(2))
    assert sink.flush(LONG_S) is True


def test_flush_survives_an_outage(pair: Tuple[TelemetrySink, MemoryTransport]) -> None:
    sink, transport = pair
    transport.failures = [Unavailable("away")] * 2
    sink.emit(event(1))
    assert sink.flush(LONG_S)
    assert sink.stats()["failed_attempts"] == 2


def test_flush_gives_up_in_time() -> None:
    sink, transport = make()
    transport.failures = [Unavailable("away")] * 100_000
    sink.emit(event(1))
    assert sink.flush(0.05) is False
    assert sink.close(0.05) is False
    assert sink.stats()["dropped"]["closed"] == 1


def test_long_prompts_do_not_fill_the_memory() -> None:
    sink, _ = make(batch_max_age_s=3600.0)
    prompt = "x" * 10_000_000
    for number in range(20):
        sink.emit(event(number)._replace(call=CALL._replace(body={"prompt": prompt + str(number)})))
    assert sink.stats()["queued"] == 6
    assert sink.stats()["dropped"]["queue_full"] == 14
    sink.close(0.0)


def test_events_after_the_end_are_counted() -> None:
    sink, transport = make()
    sink.close(0.0)
    sink.emit(event(1))
    assert sink.stats()["dropped"]["closed"] == 1
    assert transport.batches == []
    assert threads() == []


def test_many_threads_lose_nothing(pair: Tuple[TelemetrySink, MemoryTransport]) -> None:
    sink, transport = pair
    workers = [
        threading.Thread(target=lambda base=base: [sink.emit(event(base * 1_000 + n)) for n in range(500)])
        for base in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sink.flush(LONG_S)
    assert len(transport.events) == 4_000
    for base in range(8):
        own = [name for name in transport.events if int(name, 16) // 1_000 == base]
        assert own == sorted(own)


@pytest.mark.usefixtures("production")
def test_emit_never_raises(pair: Tuple[TelemetrySink, MemoryTransport]) -> None:
    sink, _ = pair
    sink.emit(None)  # type: ignore[arg-type] # the point
    assert sink.stats()["dropped"]["conversion"] == 1


@pytest.mark.usefixtures("production")
def test_error_of_our_own_costs_its_batch_and_not_the_thread() -> None:
    class Broken(MemoryTransport):
        def send(self, batch: Any) -> int:
            if len(self.hellos) == 1:
                self.connect(self.hellos[0])
                raise ZeroDivisionError
            return super().send(batch)

    transport = Broken()
    sink = TelemetrySink(TelemetryConfig("grpc://127.0.0.1:1"), lambda: transport)
    sink.emit(event(1))
    assert sink.flush(LONG_S) is False
    assert sink.stats()["dropped"]["internal"] == 1
    sink.emit(event(2))
    assert sink.flush(LONG_S) is True
    assert list(transport.events) == [f"{2:032x}"]
    sink.close(LONG_S)


@pytest.mark.usefixtures("production")
def test_installation_that_cannot_send_is_told_and_costs_no_time(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> MemoryTransport:
        raise ImportError("protobuf is too old")

    sink = TelemetrySink(TelemetryConfig("grpc://127.0.0.1:1"), broken)
    sink.emit(event(1))
    for thread in threads():
        thread.join(LONG_S)
    sink.emit(event(2))
    assert threads() == []
    assert [record.getMessage() for record in caplog.records] == [
        "no events are sent: ImportError: protobuf is too old"
    ]
    started_s = time.monotonic()
    assert sink.flush(LONG_S) is False
    assert sink.close(LONG_S) is False
    assert time.monotonic() - started_s < LONG_S
    assert sink.stats()["dropped"]["internal"] == 2
    assert sink.stats()["dropped"]["closed"] == 0
    assert sink.stats()["queued"] == 0


def test_emit_from_a_finalizer_does_not_deadlock(pair: Tuple[TelemetrySink, MemoryTransport]) -> None:
    sink, transport = pair

    class Leaving:
        def __del__(self) -> None:
            sink.emit(event(7))

    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for number in range(100, 300):
            leaving = Leaving()
            leaving.itself = leaving  # type: ignore[attr-defined] # only the collector frees it
            del leaving
            sink.emit(event(number))
    finally:
        gc.set_threshold(*before)
    assert sink.flush(LONG_S)
    assert len(transport.events) >= 200


def test_flush_inside_a_flush_does_not_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a signal handler closes the Arc while the program flushes: at the worst moment, with the lock held."""
    sink, transport = make()
    transport.failures = [Unavailable("away")] * 100_000
    losses, inner = Lane._losses, []

    def interrupted(lane: Lane) -> Any:
        if threading.current_thread().name == "flushing" and lane._progress._is_owned() and not inner:  # type: ignore[attr-defined] # the moment
            inner.append(None)
            inner.append(sink.flush(0.01))
        return losses(lane)

    monkeypatch.setattr(Lane, "_losses", interrupted)
    sink.emit(event(1))
    flushing = threading.Thread(target=sink.flush, args=(0.1,), name="flushing", daemon=True)
    flushing.start()
    flushing.join(10)
    assert not flushing.is_alive()
    assert inner == [None, False]
    sink.close(0.0)


def test_thread_that_cannot_start_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sink, transport = make()

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        sink.emit(event(1))
        assert sink.flush(0.0) is False
    sink.emit(event(2))
    assert sink.flush(LONG_S)
    assert len(transport.events) == 2
    sink.close(LONG_S)


def test_threads_that_fork_at_the_same_time_leave_the_worker_running() -> None:
    class Told(MemoryTransport):
        asked = threading.Event()

        def interrupt(self) -> None:
            self.asked.set()

    transport = Told()
    sink = TelemetrySink(TelemetryConfig("grpc://127.0.0.1:1"), lambda: transport)
    sink.emit(event(1))
    assert sink.flush(LONG_S)
    sink.before_fork()

    def fork_too() -> None:
        sink.before_fork()
        sink.after_fork_in_parent()

    second = threading.Thread(target=fork_too)
    second.start()
    assert transport.asked.wait(LONG_S)  # it waits for the worker, whom the first has stopped
    sink.after_fork_in_parent()
    second.join(LONG_S)
    sink.emit(event(2))
    assert sink.flush(5.0)
    assert len(transport.events) == 2
    sink.close(LONG_S)


def test_stats_hold_no_secret() -> None:
    sink, _ = make(api_key="arc_key_0123456789")
    assert "arc_key_0123456789" not in repr(sink.stats())
    assert "arc_key_0123456789" not in repr(sink._config)
    sink.close(0.0)
