"""A transport without a network: it keeps what it gets, and fails when told to."""

from typing import TYPE_CHECKING, Dict, List

from arc_runtime.errors import Rejected, TelemetryError, Unavailable
from arc_runtime.telemetry.transports.base import Transport

if TYPE_CHECKING:
    from arc_common.wire.v1 import telemetry_pb2 as wire


class MemoryTransport(Transport):
    """Keeps batches in ``batches`` and events, without duplicates, in ``events``."""

    def __init__(self) -> None:
        self.hellos: List[wire.Hello] = []
        self.batches: List[wire.Batch] = []
        """Every batch that was sent, duplicates included."""
        self.events: Dict[str, wire.Event] = {}
        """What a collector would have stored, by event_id."""
        self.failures: List[TelemetryError] = []
        """Raised by the next calls of `send`, first one first; Unavailable also ends the connection."""
        self.lose_acknowledgement = 0
        """How many of the next batches are stored although `send` raises Unavailable."""
        self._connected = False

    def connect(self, hello: "wire.Hello") -> None:
        """Note the hello."""
        self.hellos.append(hello)
        self._connected = True

    def send(self, batch: "wire.Batch") -> int:
        """Keep the batch, or raise the next failure."""
        if not self._connected:
            raise Unavailable("not connected")
        if self.failures:
            failure = self.failures.pop(0)
            self._connected = isinstance(failure, Rejected)
            raise failure
        self.batches.append(batch)
        for event in batch.events:
            self.events.setdefault(event.event_id, event)
        if self.lose_acknowledgement:
            self.lose_acknowledgement -= 1
            self._connected = False
            raise Unavailable("the acknowledgement was lost")
        return batch.sequence

    def interrupt(self) -> None:
        """Do nothing: `send` never waits."""

    def close(self) -> None:
        """End the connection."""
        self._connected = False

    @property
    def connected(self) -> bool:
        """Whether `connect` was called since the last end."""
        return self._connected
