"""The one thread that delivers events, and the sink in front of it."""

import logging
import os
import platform
import random
import secrets
import threading
import time
from typing import Any, Callable, Dict, Optional

from arc_common.clock import Clock, SystemClock
from arc_runtime import guard
from arc_runtime.config import TelemetryConfig
from arc_runtime.model import Event
from arc_runtime.telemetry import lifecycle
from arc_runtime.telemetry.backoff import Backoff
from arc_runtime.telemetry.delivery import BatchLimits, Delivery
from arc_runtime.telemetry.pending import take
from arc_runtime.telemetry.queue import CLOSED, CONVERSION, INTERNAL, NEVER, EventQueue
from arc_runtime.telemetry.transports import create
from arc_runtime.telemetry.transports.base import Transport

log = logging.getLogger(__name__)

THREAD_NAME = "arc-telemetry"
MakeTransport = Callable[[], Transport]
_LONGEST_WAIT_S = 3600.0
_SETTLE_S = 0.05


class Lane:
    """All that belongs to one process: its queue, its thread, its connection. A fork leaves it behind."""

    def __init__(self, config: TelemetryConfig, make_transport: MakeTransport, clock: Clock) -> None:
        self.pid = os.getpid()
        self.process_id = secrets.token_hex(16)
        self.queue = EventQueue(config.queue_max_events)
        self.delivery: Optional[Delivery] = None
        self.transport: Optional[Transport] = None
        self.stopping = False
        self.broken = False
        """Whether nothing can be delivered in this process, ever; the log says why."""
        self.thread: Optional[threading.Thread] = None
        self.gate = threading.Lock()
        """Held by the worker while it works; the forking thread takes it, so that no connection is half-open then."""
        self._config = config
        self._make_transport = make_transport
        self._clock = clock
        self._hurry_until = 0
        self._start_lock = threading.Lock()
        self._progress = threading.Condition(threading.RLock())  # a signal handler may flush inside a flush

    def start(self, wait_s: float = 0.0) -> None:
        """Start the thread unless it runs; when the interpreter refuses, the next event tries again.

        wait_s: how long to wait for another thread that is starting it. Not at all while emitting: that can happen in a
        finalizer, in the very thread that is being started, whose starter waits for it with the lock held.
        """
        if not self._start_lock.acquire(timeout=min(max(wait_s, 0.0), _LONGEST_WAIT_S)):
            return
        try:
            if self.thread is None and not self.stopping:
                thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
                thread.start()
                self.thread = thread
        except RuntimeError as error:  # too many threads, or the interpreter is ending
            log.debug("cannot start %s: %s", THREAD_NAME, error)
        finally:
            self._start_lock.release()

    @property
    def settled(self) -> int:
        """Events whose fate is known."""
        return 0 if self.delivery is None else self.delivery.settled

    def flush(self, timeout_s: float, max_failures: int = 1 << 30) -> bool:
        """Wait until all that is here now is acknowledged; False on time-out, loss, or ``max_failures`` attempts."""
        target = self.queue.accepted
        if self.settled >= target:
            return True
        deadline_s = time.monotonic() + timeout_s
        self.start(wait_s=timeout_s)
        lost, failures = self._losses()
        self._hurry(target)
        with self._progress:
            while self.settled < target:
                left_s = deadline_s - time.monotonic()
                if left_s <= 0 or self.thread is None or self.broken:
                    return False
                if self._losses()[1] - failures >= max_failures:
                    return False
                self._progress.wait(left_s)
        return self._losses()[0] == lost

    def stop(self, timeout_s: float) -> None:
        """End the thread; what still waits is counted as lost."""
        self.stopping = True
        self.queue.ring()
        thread, transport = self.thread, self.transport
        if transport is not None:
            transport.interrupt()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)
        left = self.queue.accepted - self.settled
        if left > 0 and not self.broken:
            self.queue.drop(CLOSED, left)

    def _losses(self) -> "tuple[int, int]":
        return (0, 0) if self.delivery is None else (self.delivery.lost, self.delivery.failures)

    def _hurry(self, until: int) -> None:
        self._hurry_until = max(self._hurry_until, until)
        if self.delivery is not None:
            self.delivery.hurry(until)
        self.queue.ring()

    def _run(self) -> None:
        try:
            delivery = self._prepare()
        except Exception as error:  # noqa: BLE001 - of an installation that does not fit together, for example
            self._give_up(error)
            return
        while not self.stopping:
            with self.gate:
                wait_s = self._step(delivery)
            with self._progress:
                self._progress.notify_all()
            if wait_s > 0 and not self.stopping:
                self.queue.wait(min(wait_s, _LONGEST_WAIT_S))
        if self.transport is not None:
            self.transport.close()

    def _give_up(self, error: Exception) -> None:
        """Say once why nothing will be sent, keep nothing, and let nobody wait."""
        self.broken = True
        self.queue.drop(INTERNAL, len(self.queue.take(NEVER)))
        with self._progress:
            self._progress.notify_all()
        log.warning("no events are sent: %s: %s", type(error).__name__, error)
        guard.contain("telemetry.prepare", error)

    def _prepare(self) -> Delivery:
        # the slow imports happen here, in the worker: protobuf now, gRPC when it connects
        from arc_common.wire.v1 import telemetry_pb2 as wire
        from arc_runtime.telemetry.events import EventWriter, Packer
        from arc_runtime.telemetry.redact import Redactor

        config = self._config
        redactor = Redactor([config.api_key] if config.api_key else [])
        self.transport = self._make_transport()
        hello = wire.Hello(
            process_id=self.process_id,
            runtime_version=_runtime_version(),
            python_version=platform.python_version(),
            service=config.service,
        )
        self.delivery = Delivery(
            self.queue,
            self.transport,
            Packer(EventWriter(redactor, self.process_id)).pack,
            hello,
            BatchLimits(config.batch_max_events, config.batch_max_age_s),
            (self._clock, Backoff(random.Random())),
        )
        self.delivery.hurry(self._hurry_until)
        return self.delivery

    def _step(self, delivery: Delivery) -> float:
        try:
            wait_s = delivery.step()
            if delivery.connects:
                lifecycle.close_connections_before_fork()
            return wait_s
        except Exception as error:  # noqa: BLE001 - the worker loop: our own error must not end it
            lost = delivery.abandon()
            guard.contain("telemetry.worker", error)
            return 0.0 if lost else 1.0


class TelemetrySink:
    """Takes events from any thread and delivers them in the background; never blocks and never raises.

    The thread starts with the first event, and again with the first event after a fork. What is not yet delivered
    when the program ends is waited for, at most ``config.flush_timeout_s``.
    """

    def __init__(
        self,
        config: TelemetryConfig,
        make_transport: Optional[MakeTransport] = None,
        clock: Optional[Clock] = None,
    ) -> None:
        self._config = config
        self._make_transport = make_transport or (lambda: create("grpc", config))
        self._clock = clock or SystemClock()
        self._closed = False
        self._forking: Dict[int, Lane] = {}
        """The lane whose gate a thread holds while it forks; several may fork at the same time."""
        self._exit_left_s = config.flush_timeout_s
        self._lane = Lane(config, self._make_transport, self._clock)
        lifecycle.watch(self)

    def emit(self, event: Event) -> None:
        """Take a copy of one event, or count it as dropped; returns at once."""
        lane = self._own_lane()
        if self._closed or lane.broken:
            lane.queue.drop(CLOSED if self._closed else INTERNAL)
            return
        try:
            pending = take(event)
        except Exception as error:  # noqa: BLE001 - a guest never raises into the caller
            lane.queue.drop(CONVERSION)
            guard.contain("telemetry.emit", error)
            return
        if lane.queue.put(pending, self._clock.monotonic(), pending.size_bytes) and lane.thread is None:
            lane.start()

    def flush(self, timeout_s: float) -> bool:
        """Wait until every event emitted so far is acknowledged; False when that did not happen within the time."""
        return self._own_lane().flush(timeout_s)

    def close(self, timeout_s: float) -> bool:
        """Flush, then stop for good; what remains is counted as dropped. May be called twice."""
        if self._closed:
            return self._own_lane().queue.dropped[CLOSED] == 0
        started_s = time.monotonic()
        flushed = self.flush(timeout_s)
        self._closed = True
        lifecycle.forget(self)
        # freeing a channel takes gRPC 0.2 s; the thread is a daemon, so nothing hangs when it takes longer
        self._lane.stop(max(0.5, timeout_s - (time.monotonic() - started_s)) if self._lane.thread else 0.0)
        return flushed

    def stats(self) -> Dict[str, Any]:
        """Return counters of this process since its start or fork.

        ``accepted delivered queued in_flight batches connects failed_attempts``: integers; ``dropped``: {reason: n};
        ``connected``: bool; ``last_error``: text; ``last_acknowledged_s_ago``: seconds or None; ``process_id``: text.
        """
        lane = self._own_lane()
        delivery, transport = lane.delivery, lane.transport
        empty = dict.fromkeys(("delivered", "in_flight", "batches", "connects", "failed_attempts"), 0)
        acknowledged_s = None if delivery is None else delivery.last_acknowledged_s
        return {
            "accepted": lane.queue.accepted,
            "queued": len(lane.queue),
            **(empty if delivery is None else delivery.counters()),
            "dropped": lane.queue.dropped,
            "connected": bool(transport is not None and transport.connected),
            "last_error": "" if delivery is None else delivery.last_error,
            "last_acknowledged_s_ago": None if acknowledged_s is None else self._clock.monotonic() - acknowledged_s,
            "process_id": lane.process_id,
        }

    def _own_lane(self) -> Lane:
        lane = self._lane
        if lane.pid != os.getpid():
            lane = self._lane = Lane(self._config, self._make_transport, self._clock)
        return lane

    # what lifecycle calls; the pauses are those of the forking or ending thread

    def before_fork(self) -> None:
        """Close the connection, so that parent and child each open their own; waits at most 1 s for the worker."""
        lane = self._lane
        if lane.thread is None or lane.transport is None or lane.thread is threading.current_thread():
            return
        if not lane.gate.acquire(blocking=False):
            lane.transport.interrupt()
            if not lane.gate.acquire(timeout=1.0):
                return
        self._forking[threading.get_ident()] = lane
        if lane.transport.connected:
            lane.transport.close()
            # gRPC's own threads finish after close() returns; a fork in between left a lock held in the child
            time.sleep(_SETTLE_S)

    def after_fork_in_parent(self) -> None:
        """Go on; the worker connects again with the next batch."""
        lane = self._forking.pop(threading.get_ident(), None)
        if lane is not None:
            lane.gate.release()

    def after_fork_in_child(self) -> None:
        """Begin with nothing: what waits belongs to the parent, which sends it."""
        self._forking = {}
        self._lane = Lane(self._config, self._make_transport, self._clock)

    def before_exit(self) -> None:
        """Flush; two attempts without an answer are enough, one in an outage. All calls share ``flush_timeout_s``."""
        started_s = time.monotonic()
        lane = self._own_lane()
        failing = lane.delivery is not None and lane.delivery.failing
        flushed = lane.flush(self._exit_left_s, max_failures=1 if failing else 2)
        self._exit_left_s = max(0.0, self._exit_left_s - (time.monotonic() - started_s)) if flushed else 0.0

    def at_exit(self) -> None:
        """Stop: after this, a thread that still touches gRPC could crash the ending interpreter."""
        self._closed = True
        self._own_lane().stop(0.5)


def _runtime_version() -> str:
    from importlib import metadata

    try:
        return metadata.version("arc-runtime")
    except metadata.PackageNotFoundError:  # copied into an application without its metadata
        return ""
