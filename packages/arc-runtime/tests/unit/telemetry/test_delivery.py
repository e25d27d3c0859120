"""What the worker decides, driven by hand: a manual clock, a transport in memory, no thread."""

import random
from typing import Any, List, Optional, Tuple

import pytest

from arc_common.clock import ManualClock
from arc_common.wire.v1 import telemetry_pb2 as wire
from arc_runtime.errors import Rejected, Unavailable
from arc_runtime.telemetry.backoff import Backoff
from arc_runtime.telemetry.delivery import BatchLimits, Delivery
from arc_runtime.telemetry.queue import CONVERSION, INTERNAL, NEVER, REJECTED, EventQueue
from arc_runtime.telemetry.transports.memory import MemoryTransport

HELLO = wire.Hello(process_id="0" * 32)


class Bench:
    """A delivery and everything around it. Items are event ids; ``bad`` cannot be converted."""

    def __init__(self, max_events: int = 3, max_age_s: float = 0.5, queue_max: int = 100) -> None:
        self.clock = ManualClock()
        self.queue = EventQueue(queue_max)
        self.transport = MemoryTransport()
        self.sequence = 0
        self.delivery = Delivery(
            self.queue,
            self.transport,
            self.pack,
            HELLO,
            BatchLimits(max_events, max_age_s),
            (self.clock, Backoff(random.Random(7))),
        )

    def pack(self, items: List[Any]) -> Tuple[List[wire.Batch], int]:
        good = [item for item in items if item != "bad"]
        if not good:
            return [], len(items)
        self.sequence += 1
        events = [wire.Event(event_id=item) for item in good]
        return [wire.Batch(sequence=self.sequence, events=events)], len(items) - len(good)

    def put(self, *items: str) -> None:
        for item in items:
            self.queue.put(item, self.clock.monotonic())

    def run(self, until_s: Optional[float] = None) -> None:
        """Step, advancing the clock by what it asks for, until only an event could change anything."""
        for _ in range(10_000):
            wait_s = self.delivery.step()
            if wait_s >= NEVER:
                return
            if until_s is not None and self.clock.monotonic() + wait_s > until_s:
                return
            self.clock.advance(wait_s)
        raise AssertionError("it never comes to rest")

    def sent(self) -> List[List[str]]:
        return [[event.event_id for event in batch.events] for batch in self.transport.batches]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_nothing_to_do_waits_for_an_event_and_opens_nothing(bench: Bench) -> None:
    assert bench.delivery.step() == NEVER
    assert not bench.transport.connected


def test_full_batch_goes_at_once(bench: Bench) -> None:
    bench.put("a", "b", "c")
    assert bench.delivery.step() == 0.0
    assert bench.sent() == [["a", "b", "c"]]
    assert bench.delivery.delivered == 3


def test_small_batch_waits_for_its_age(bench: Bench) -> None:
    bench.put("a")
    assert bench.delivery.step() == pytest.approx(0.5)
    bench.clock.advance(0.3)
    bench.put("b")
    assert bench.delivery.step() == pytest.approx(0.2)
    assert bench.sent() == []
    bench.clock.advance(0.2)
    bench.delivery.step()
    assert bench.sent() == [["a", "b"]]


def test_hurry_sends_a_small_batch_now_and_only_what_was_asked_for(bench: Bench) -> None:
    bench.put("a")
    bench.delivery.hurry(1)
    bench.delivery.step()
    assert bench.sent() == [["a"]]
    bench.put("b")
    assert bench.delivery.step() == pytest.approx(0.5)


def test_order_is_kept_over_many_batches(bench: Bench) -> None:
    bench.put(*"abcdefgh")
    bench.run()
    assert bench.sent() == [["a", "b", "c"], ["d", "e", "f"], ["g", "h"]]
    assert [batch.sequence for batch in bench.transport.batches] == [1, 2, 3]


def test_hello_is_sent_once_per_connection(bench: Bench) -> None:
    bench.put(*"abcdef")
    bench.run()
    assert len(bench.transport.hellos) == 1
    bench.transport.failures.append(Unavailable("gone"))
    bench.put(*"ghi")
    bench.run()
    assert len(bench.transport.hellos) == 2


def test_unacknowledged_batch_is_sent_again_first_and_unchanged(bench: Bench) -> None:
    bench.transport.lose_acknowledgement = 2
    bench.put(*"abcd")
    bench.run()
    assert bench.sent() == [["a", "b", "c"]] * 3 + [["d"]]
    assert [batch.sequence for batch in bench.transport.batches] == [1, 1, 1, 2]
    assert list(bench.transport.events) == ["a", "b", "c", "d"]
    assert (bench.delivery.delivered, bench.delivery.lost, bench.delivery.failures) == (4, 0, 2)


def test_pauses_grow_and_end_at_their_limit(bench: Bench) -> None:
    bench.transport.failures = [Unavailable("away")] * 200
    bench.put(*"abc")
    pauses = []
    for _ in range(200):
        pauses.append(bench.delivery.step())
        bench.clock.advance(pauses[-1])
    assert all(0 <= pause <= 15 for pause in pauses)
    assert max(pauses[:3]) <= 0.8
    assert max(pauses) > 10
    assert bench.delivery.delivered == 0


def test_success_resets_the_pauses(bench: Bench) -> None:
    bench.transport.failures = [Unavailable("away")] * 30
    bench.put(*"abc")
    bench.run()
    assert not bench.delivery.failing
    bench.transport.failures = [Unavailable("away")]
    bench.put(*"def")
    assert bench.delivery.step() <= 0.2


def test_no_attempt_during_a_pause_except_one_in_a_hurry(bench: Bench) -> None:
    bench.transport.failures = [Unavailable("away")] * 6
    bench.put(*"abc")
    for _ in range(3):
        bench.clock.advance(bench.delivery.step())
    assert bench.delivery.step() > 0
    left = len(bench.transport.failures)
    assert bench.delivery.step() > 0
    assert len(bench.transport.failures) == left
    bench.delivery.hurry(3)
    bench.delivery.step()
    assert len(bench.transport.failures) == left - 1
    bench.delivery.step()
    assert len(bench.transport.failures) == left - 1


def test_refused_batch_is_counted_and_the_next_one_goes_on(bench: Bench) -> None:
    bench.transport.failures = [Rejected("too_large: no")]
    bench.put(*"abcd")
    bench.run()
    assert bench.sent() == [["d"]]
    assert bench.queue.dropped[REJECTED] == 3
    assert (bench.delivery.delivered, bench.delivery.lost, bench.delivery.settled) == (1, 3, 4)


def test_event_that_cannot_be_converted_is_counted_and_the_others_go(bench: Bench) -> None:
    bench.put("a", "bad", "c", "bad")
    bench.run()
    assert bench.sent() == [["a", "c"]]
    assert bench.queue.dropped[CONVERSION] == 2
    assert bench.delivery.settled == 4


def test_losses_travel_with_the_next_batch_also_when_it_is_sent_again(bench: Bench) -> None:
    bench.queue.drop("queue_full", 5)
    bench.transport.lose_acknowledgement = 1
    bench.put(*"abcd")
    bench.run()
    assert [dict(batch.dropped) for batch in bench.transport.batches] == [{"queue_full": 5}, {"queue_full": 5}, {}]


def test_abandoned_events_are_counted(bench: Bench) -> None:
    bench.transport.failures = [Unavailable("away")]
    bench.put(*"abc")
    bench.delivery.step()
    assert bench.delivery.in_flight == 3
    assert bench.delivery.abandon() == 3
    assert bench.queue.dropped[INTERNAL] == 3
    assert bench.delivery.in_flight == 0


def test_every_event_is_settled_exactly_once_under_random_trouble() -> None:
    rng = random.Random(20)
    bench = Bench(max_events=4, queue_max=15)
    names = [f"{number}" for number in range(300)]
    for name in names:
        bench.put("bad" if rng.random() < 0.1 else name)
        trouble = rng.random()
        if trouble < 0.1:
            bench.transport.failures.append(Unavailable("away"))
        elif trouble < 0.15:
            bench.transport.failures.append(Rejected("no"))
        elif trouble < 0.25:
            bench.transport.lose_acknowledgement += 1
        bench.run(until_s=bench.clock.monotonic() + rng.random())
    bench.run()
    delivery, queue = bench.delivery, bench.queue
    assert delivery.settled == queue.accepted
    assert queue.accepted + queue.dropped["queue_full"] == 300
    assert delivery.lost == queue.dropped[REJECTED] + queue.dropped[CONVERSION]
    stored = [int(name) for name in bench.transport.events]
    assert stored == sorted(stored)
