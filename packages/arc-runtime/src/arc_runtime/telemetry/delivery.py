"""Decides what the worker does next: wait, form a batch, send it, try it again. Holds no thread and no socket."""

import logging
from typing import TYPE_CHECKING, Callable, Dict, List, NamedTuple, Optional, Tuple

from arc_common.clock import Clock
from arc_runtime.errors import Rejected, Unavailable
from arc_runtime.telemetry.backoff import Backoff
from arc_runtime.telemetry.pending import Pending
from arc_runtime.telemetry.queue import CONVERSION, INTERNAL, NEVER, REJECTED, EventQueue
from arc_runtime.telemetry.transports.base import Transport

if TYPE_CHECKING:
    from arc_common.wire.v1 import telemetry_pb2 as wire

    Pack = Callable[[List[Pending]], Tuple[List["wire.Batch"], int]]

log = logging.getLogger(__name__)


class BatchLimits(NamedTuple):
    """When a batch is full, and how long it may take to get there."""

    max_events: int = 200
    max_age_s: float = 0.5


class Delivery:
    """Moves events from the queue to the transport: in order, one batch at a time, each until it is answered.

    ``step`` is called by one thread. The counters may be read by any.
    """

    def __init__(
        self,
        queue: EventQueue,
        transport: Transport,
        pack: "Pack",
        hello: "wire.Hello",
        limits: BatchLimits,
        timing: Tuple[Clock, Backoff],
    ) -> None:
        self._queue = queue
        self._transport = transport
        self._pack = pack
        self._hello = hello
        self._limits = limits
        self._clock, self._backoff = timing
        self._batches: List[wire.Batch] = []
        self._retry_at_s = 0.0
        self._hurried = False
        self.hurry_until = 0
        """Events up to this count (of ``queue.accepted``) do not wait for their batch to fill."""
        self.delivered = 0
        self.lost = 0
        """Events that left the queue and were not delivered."""
        self.failures = 0
        """Attempts that ended with Unavailable."""
        self.acknowledged_batches = 0
        self.connects = 0
        self.last_error = ""
        self.last_acknowledged_s: Optional[float] = None
        """Monotonic clock."""

    @property
    def settled(self) -> int:
        """Events whose fate is known."""
        return self.delivered + self.lost

    @property
    def failing(self) -> bool:
        """Whether the last attempt got no answer."""
        return self._retry_at_s > 0

    @property
    def in_flight(self) -> int:
        """Events taken from the queue that are not settled."""
        return sum(len(batch.events) for batch in list(self._batches))

    def hurry(self, until: int) -> None:
        """Send all events up to ``until`` without waiting for more, and make one attempt now if a pause is on."""
        self.hurry_until = max(self.hurry_until, until)
        self._hurried = True

    def step(self) -> float:
        """Do one thing; return for how many seconds there is nothing to do, ``NEVER`` when only an event ends that."""
        if not self._batches:
            wait_s = self._gather()
            if wait_s > 0:
                return wait_s
        if not self._batches:  # nothing could be converted
            return 0.0
        hurried, self._hurried = self._hurried, False
        pause_s = self._retry_at_s - self._clock.monotonic()
        if pause_s > 0 and not hurried:
            self._queue.ring_at(NEVER)
            return pause_s
        return self._send(self._batches[0])

    def abandon(self) -> int:
        """Give up the batches under way because of an error of our own, and return how many events that lost."""
        events, self._batches = self.in_flight, []
        self.lost += events
        self._queue.drop(INTERNAL, events)
        return events

    def _gather(self) -> float:
        waiting = len(self._queue)
        if not waiting:
            self._queue.ring_at(1)
            return 0.0 if len(self._queue) else float(NEVER)
        if waiting < self._limits.max_events and self.settled >= self.hurry_until:
            wait_s = self._queue.oldest_since_s() + self._limits.max_age_s - self._clock.monotonic()
            if wait_s > 0:
                self._queue.ring_at(self._limits.max_events)
                return wait_s
        taken = self._queue.take(self._limits.max_events)
        batches, lost = self._pack(taken)
        if lost:
            self.lost += lost
            self._queue.drop(CONVERSION, lost)
        if batches:
            batches[0].dropped.update(self._queue.take_unreported())
        self._batches = batches
        return 0.0

    def _send(self, batch: "wire.Batch") -> float:
        try:
            if not self._transport.connected:
                self.connects += 1
                self._transport.connect(self._hello)
            self._transport.send(batch)
        except Unavailable as error:
            return self._failed(error)
        except Rejected as error:
            log.warning("the collector refused %d events for good: %s", len(batch.events), error)
            self.last_error = str(error)
            self._finish(batch)
            self.lost += len(batch.events)
            self._queue.drop(REJECTED, len(batch.events))
            return 0.0
        if self._retry_at_s:
            log.info("events are delivered again after %d failed attempts", self.failures)
        self._backoff.reset()
        self._retry_at_s = 0.0
        self._finish(batch)
        self.delivered += len(batch.events)
        self.acknowledged_batches += 1
        self.last_acknowledged_s = self._clock.monotonic()
        return 0.0

    def _finish(self, batch: "wire.Batch") -> None:
        assert self._batches[0] is batch
        self._batches = self._batches[1:]

    def _failed(self, error: Unavailable) -> float:
        level = logging.DEBUG if self._retry_at_s else logging.WARNING  # one warning per outage
        log.log(level, "events wait in memory: %s", error)
        self._transport.close()
        self.failures += 1
        self.last_error = str(error)
        pause_s = self._backoff.next_s()
        self._retry_at_s = self._clock.monotonic() + pause_s
        return pause_s

    def counters(self) -> Dict[str, int]:
        """Return the numbers for ``stats``."""
        return {
            "delivered": self.delivered,
            "in_flight": self.in_flight,
            "batches": self.acknowledged_batches,
            "connects": self.connects,
            "failed_attempts": self.failures,
        }
