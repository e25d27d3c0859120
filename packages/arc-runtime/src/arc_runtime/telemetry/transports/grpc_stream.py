"""One bidirectional gRPC stream to a collector.

One batch is under way at a time and its answer is waited for with a deadline, so a server that accepts everything and
answers nothing costs one deadline per attempt, never a hanging worker. Each attempt has a channel of its own: gRPC's
reconnect pause, which would outlast the outage, plays no part, and ours does.
"""

import logging
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from types import ModuleType
from typing import TYPE_CHECKING, Any, List, NamedTuple, Optional, Tuple

from arc_runtime.config import TelemetryConfig
from arc_runtime.errors import Rejected, TelemetryError, Unavailable
from arc_runtime.telemetry.transports.base import Transport
from arc_runtime.telemetry.transports.grpc_import import load_grpc

if TYPE_CHECKING:
    from arc_common.wire.v1 import telemetry_pb2 as wire

log = logging.getLogger(__name__)

ACK_TIMEOUT_S = 10.0
"""How long one batch may take: connecting, sending, storing, answering."""
_OPTIONS: "Tuple[Tuple[str, Any], ...]" = (
    # no memory of earlier failures of another channel to the same address
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
)


class _Open(NamedTuple):
    """What belongs to one attempt."""

    channel: Any
    call: Any
    outbox: "SimpleQueue[Any]"
    inbox: "SimpleQueue[Any]"
    reader: threading.Thread


class GrpcStream(Transport):
    """Speaks ``arc.telemetry.v1.Telemetry.Stream``."""

    def __init__(self, config: TelemetryConfig, ack_timeout_s: float = ACK_TIMEOUT_S) -> None:
        self._config = config
        self._ack_timeout_s = ack_timeout_s
        self._open: Optional[_Open] = None

    def connect(self, hello: "wire.Hello") -> None:
        """Open a channel and a stream, and say hello. Whether somebody listens shows when a batch is answered."""
        self.close()
        grpc = load_grpc()
        from arc_common.wire.v1 import telemetry_pb2 as wire
        from arc_common.wire.v1 import telemetry_pb2_grpc as service

        channel = self._channel(grpc)
        outbox: SimpleQueue[Any] = SimpleQueue()
        inbox: SimpleQueue[Any] = SimpleQueue()
        call = service.TelemetryStub(channel).Stream(iter(outbox.get, None), metadata=self._metadata())
        reader = threading.Thread(target=_read, args=(grpc, call, inbox), name="arc-telemetry-acks", daemon=True)
        self._open = _Open(channel, call, outbox, inbox, reader)
        reader.start()
        outbox.put(wire.StreamRequest(hello=hello))

    def send(self, batch: "wire.Batch") -> int:
        """Send a batch and wait at most ``ack_timeout_s`` for its answer."""
        if self._open is None:
            raise Unavailable("not connected")
        from arc_common.wire.v1 import telemetry_pb2 as wire

        self._open.outbox.put(wire.StreamRequest(batch=batch))
        deadline_s = time.monotonic() + self._ack_timeout_s
        while True:
            answer = self._next_answer(deadline_s)
            if answer.ack.sequence >= batch.sequence:
                return int(answer.ack.sequence)
            if answer.reject.sequence == batch.sequence:
                raise Rejected(f"{answer.reject.code}: {answer.reject.message}")

    def _next_answer(self, deadline_s: float) -> Any:
        """Return the next message; closes the stream and raises Unavailable when there is none."""
        assert self._open is not None
        try:
            answer = self._open.inbox.get(timeout=max(0.0, deadline_s - time.monotonic()))
        except Empty:
            answer = Unavailable(f"{self._config.target}: no acknowledgement within {self._ack_timeout_s:g} s")
        if isinstance(answer, TelemetryError):
            self.close()
            raise answer
        return answer

    def interrupt(self) -> None:
        """Cancel the stream; a waiting `send` ends at once."""
        opened = self._open
        if opened is not None:
            opened.inbox.put(Unavailable("interrupted"))
            opened.call.cancel()

    def close(self) -> None:
        """Cancel the stream and free the channel; takes about 0.2 s, which gRPC's own thread needs to notice."""
        opened, self._open = self._open, None
        if opened is None:
            return
        opened.outbox.put(None)
        opened.call.cancel()
        opened.channel.close()
        if opened.reader.is_alive():
            opened.reader.join(1.0)

    @property
    def connected(self) -> bool:
        """Whether a stream is open; it may be broken without our knowing yet."""
        return self._open is not None

    def _channel(self, grpc: ModuleType) -> Any:
        options: List[Tuple[str, Any]] = list(_OPTIONS)
        if not self._config.tls:
            return grpc.insecure_channel(self._config.target, options=options)
        try:
            roots = Path(self._config.tls_roots).read_bytes() if self._config.tls_roots else None
        except OSError as error:
            raise Unavailable(f"cannot read the trusted authorities: {error}") from error
        return grpc.secure_channel(self._config.target, grpc.ssl_channel_credentials(roots), options=options)

    def _metadata(self) -> Optional[Tuple[Tuple[str, str], ...]]:
        key = self._config.api_key
        return (("authorization", f"Bearer {key}"),) if key else None


def _read(grpc: ModuleType, call: Any, inbox: "SimpleQueue[Any]") -> None:
    """Move answers from the stream to the inbox, and say why it ended."""
    try:
        for answer in call:
            inbox.put(answer)
        inbox.put(Unavailable("the collector ended the stream"))
    except grpc.RpcError as error:
        code, details = error.code(), error.details() or ""
        # the batch itself is at fault: the same one would end the next stream too
        hopeless = code is grpc.StatusCode.INVALID_ARGUMENT or "larger than max" in details
        inbox.put((Rejected if hopeless else Unavailable)(f"{code.name}: {details}"))
