"""The waiting line: its bound, its drop rule, its bell."""

import signal
import threading

import pytest

from arc_runtime.telemetry.queue import CLOSED, NEVER, QUEUE_FULL, EventQueue


def rings(queue: EventQueue) -> int:
    count = 0
    while not queue._bell.empty():
        queue._bell.get()
        count += 1
    return count


def test_first_in_first_out() -> None:
    queue = EventQueue(10)
    for number in range(5):
        assert queue.put(number, 0.0)
    assert queue.take(2) == [0, 1]
    assert queue.take(99) == [2, 3, 4]
    assert queue.take(1) == []


def test_full_queue_drops_the_newest_and_counts_it() -> None:
    queue = EventQueue(2)
    assert [queue.put(number, 0.0) for number in range(4)] == [True, True, False, False]
    assert queue.take(9) == [0, 1]
    assert queue.dropped[QUEUE_FULL] == 2
    assert queue.accepted == 2


def test_events_that_keep_too_much_memory_are_dropped_and_counted() -> None:
    queue = EventQueue(100, max_bytes=1_000)
    assert [queue.put(number, 0.0, 400) for number in range(3)] == [True, True, False]
    assert queue.put("small", 0.0, 200)
    assert queue.dropped[QUEUE_FULL] == 1
    assert queue.take(1) == [0]
    assert queue.put("again", 0.0, 400)
    assert queue.take(9) == [1, "small", "again"]
    assert queue.put("as large as all", 0.0, 1_000)


def test_losses_are_reported_once() -> None:
    queue = EventQueue(1)
    queue.drop(CLOSED, 3)
    assert queue.take_unreported() == {CLOSED: 3}
    assert queue.take_unreported() == {}
    assert queue.dropped[CLOSED] == 3


def test_bell_rings_once_at_the_asked_length() -> None:
    queue = EventQueue(100)
    queue.ring_at(3)
    queue.put(1, 0.0)
    queue.put(2, 0.0)
    assert rings(queue) == 0
    for number in range(10):
        queue.put(number, 0.0)
    assert rings(queue) == 1


def test_bell_rings_at_once_when_enough_wait_already() -> None:
    queue = EventQueue(100)
    queue.ring_at(NEVER)
    queue.put(1, 0.0)
    assert rings(queue) == 0
    queue.ring_at(1)
    assert rings(queue) == 1


def test_wait_returns_at_once_after_a_ring_that_came_before() -> None:
    queue = EventQueue(1)
    queue.ring()
    queue.wait(3600)


def test_age_is_that_of_the_oldest() -> None:
    queue = EventQueue(9)
    queue.put("a", 1.5)
    queue.put("b", 7.0)
    assert queue.oldest_since_s() == 1.5


def test_bound_is_exact_with_many_threads() -> None:
    queue = EventQueue(1_000)
    start = threading.Barrier(8)

    def fill() -> None:
        start.wait()
        for number in range(500):
            queue.put(number, 0.0)

    threads = [threading.Thread(target=fill) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(queue) == 1_000
    assert queue.accepted == 1_000
    assert queue.dropped[QUEUE_FULL] == 3_000


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers on this system")
def test_signal_handler_may_put_while_it_interrupts_a_put() -> None:
    """A lock that is not re-entrant would hang here for ever."""
    queue = EventQueue(1_000)
    handled = []
    offered = 0

    def handler(number: int, frame: object) -> None:
        queue.put("from the handler", 0.0)
        handled.append(number)

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
    try:
        while len(handled) < 20:
            queue.put("from the program", 0.0)
            offered += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert queue.accepted == len(queue)
    assert queue.accepted + queue.dropped[QUEUE_FULL] == offered + len(handled)
