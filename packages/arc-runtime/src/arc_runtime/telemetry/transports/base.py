"""The contract of a transport."""

import abc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arc_common.wire.v1 import telemetry_pb2 as wire


class Transport(abc.ABC):
    """Carries batches one after another; a batch counts as delivered when it is acknowledged, never earlier.

    Used by one thread, except for ``interrupt``. Every method ends within a stated time, whatever the other side does.
    """

    @abc.abstractmethod
    def connect(self, hello: "wire.Hello") -> None:
        """Begin a stream. What was connected before is closed.

        Raises Unavailable when it is already known that nobody answers; otherwise `send` will tell.
        """

    @abc.abstractmethod
    def send(self, batch: "wire.Batch") -> int:
        """Deliver a batch and return the newest acknowledged sequence, which is at least the batch's.

        Raises Unavailable: it may have arrived or not; connect, and send the same batch again.
        Raises Rejected: it was refused for good; the stream goes on.
        """

    @abc.abstractmethod
    def interrupt(self) -> None:
        """Make a `send` that another thread is in end soon, with Unavailable. Does nothing when none is under way."""

    @abc.abstractmethod
    def close(self) -> None:
        """Free the connection; may be called twice. `connect` opens it again."""

    @property
    @abc.abstractmethod
    def connected(self) -> bool:
        """Whether `send` can be tried without `connect`."""
