"""The gRPC side: who may speak, what is well formed, and the promise that an answer means "stored"."""

import asyncio
import hmac
import logging
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any, AsyncIterator, List, NamedTuple, Optional, Tuple

import grpc
import grpc.aio

from arc_common.wire.v1 import telemetry_pb2 as wire
from arc_common.wire.v1 import telemetry_pb2_grpc as service
from arc_runtime.collector.store import EventStore, Received
from arc_runtime.errors import ConfigError

log = logging.getLogger(__name__)

MAX_EVENTS = 1_000
"""In one batch, as the protocol says."""
MAX_BATCH_BYTES = 8 * 1024 * 1024
MAX_MESSAGE_BYTES = 2 * MAX_BATCH_BYTES
"""Larger messages end the stream inside gRPC, before we see them."""
_GROUP = 64
"""Batches stored in one transaction at most."""
_ID = re.compile(r"[0-9a-f]{32}")


class Refused(NamedTuple):
    """Why a batch is not taken."""

    code: str
    message: str


class Tls(NamedTuple):
    """Certificate chain and private key, PEM."""

    certificate: bytes
    key: bytes


class Writer:
    """Stores batches of all streams in common transactions, in a thread of its own."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._waiting: asyncio.Queue[Tuple[Received, asyncio.Future[None]]] = asyncio.Queue(maxsize=4 * _GROUP)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="arc-store")
        self._loop_task: Optional[asyncio.Task[None]] = None
        self.stored = 0
        """New events since the start."""

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._loop_task = asyncio.get_running_loop().create_task(self._run())

    async def store(self, received: Received) -> None:
        """Return when the batch is on disk. Raises sqlite3.Error when it is not."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._waiting.put((received, done))
        await done

    async def stop(self) -> None:
        """Store what waits, then end."""
        while not self._waiting.empty():
            await asyncio.sleep(0.01)
        if self._loop_task is not None:
            self._loop_task.cancel()
            await asyncio.gather(self._loop_task, return_exceptions=True)
        self._thread.shutdown(wait=True)

    async def _run(self) -> None:
        while True:
            group = [await self._waiting.get()]
            while len(group) < _GROUP and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            await self._store_group(group)

    async def _store_group(self, group: "List[Tuple[Received, asyncio.Future[None]]]") -> None:
        batches = [received for received, _ in group]
        try:
            self.stored += await asyncio.get_running_loop().run_in_executor(self._thread, self._store.add, batches)
        except sqlite3.Error as error:
            log.error("%d batches are not stored: %s", len(batches), error)
            for _, done in group:
                if not done.done():
                    done.set_exception(error)
            return
        for _, done in group:
            if not done.done():
                done.set_result(None)


class TelemetryService(service.TelemetryServicer):
    """Implements ``arc.telemetry.v1.Telemetry``."""

    def __init__(self, writer: Writer, api_key: Optional[str]) -> None:
        self._writer = writer
        self._expected = f"Bearer {api_key}".encode() if api_key else None

    async def Stream(self, requests: Any, context: Any) -> AsyncIterator[wire.StreamResponse]:
        """Answer each batch when it is stored; end the stream for a stranger, or when the disk fails."""
        if not self._is_known(context.invocation_metadata()):
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "the API key is missing or wrong")
        hello: Optional[wire.Hello] = None
        async for request in requests:
            kind = request.WhichOneof("message")
            if hello is None:
                if kind != "hello" or not _ID.fullmatch(request.hello.process_id):
                    await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a stream begins with a hello")
                hello = request.hello
            elif kind == "batch":
                yield await self._answer(hello, request.batch, context)
            else:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "after the hello come batches")

    async def _answer(self, hello: wire.Hello, batch: wire.Batch, context: Any) -> wire.StreamResponse:
        refused = examine(batch)
        if refused is not None:
            log.warning("refused batch %d of %s: %s", batch.sequence, hello.process_id, refused.message)
            return wire.StreamResponse(reject=wire.Reject(sequence=batch.sequence, **refused._asdict()))
        try:
            await self._writer.store(Received(hello, batch))
        except sqlite3.Error as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, f"cannot store: {error}")
        return wire.StreamResponse(ack=wire.Ack(sequence=batch.sequence))

    def _is_known(self, metadata: Any) -> bool:
        if self._expected is None:
            return True
        given = [value for key, value in metadata or () if key == "authorization"]
        return len(given) == 1 and hmac.compare_digest(str(given[0]).encode(), self._expected)


def examine(batch: wire.Batch) -> Optional[Refused]:
    """Return why a batch must be refused, or None."""
    if not 1 <= batch.sequence < 1 << 63:
        return Refused("malformed", "the sequence is not in [1, 2**63)")
    if len(batch.events) > MAX_EVENTS:
        return Refused("too_large", f"{len(batch.events)} events; at most {MAX_EVENTS}")
    if batch.ByteSize() > MAX_BATCH_BYTES:
        return Refused("too_large", f"{batch.ByteSize()} bytes; at most {MAX_BATCH_BYTES}")
    for event in batch.events:
        if not _ID.fullmatch(event.event_id):
            return Refused("malformed", "an event_id is not 32 hex digits")
        if event.outcome.status not in wire.Outcome.Status.values():
            return Refused("malformed", "an outcome has an unknown status")
    return None


class Collector:
    """A server and its store. ``start``, then ``stop``; both in one event loop."""

    def __init__(
        self, store: EventStore, listen: str, api_key: Optional[str] = None, tls: Optional[Tls] = None
    ) -> None:
        self._listen = listen
        self._api_key = api_key
        self._tls = tls
        self._store = store
        self._server: Any = None
        self.writer: Optional[Writer] = None
        self.port = 0
        """Where it listens, once started."""

    async def start(self) -> None:
        """Listen. Raises ConfigError when the address cannot be used."""
        self.writer = Writer(self._store)
        options = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES), ("grpc.so_reuseport", 0)]
        self._server = grpc.aio.server(options=options)
        service.add_TelemetryServicer_to_server(TelemetryService(self.writer, self._api_key), self._server)
        try:
            self.port = self._add_port()
        except RuntimeError:
            self.port = 0
        if not self.port:
            raise ConfigError(
                f"cannot listen on {self._listen}",
                "collector.listen",
                "is the port in use, or not an address of this machine?",
            )
        self.writer.start()
        await self._server.start()

    def _add_port(self) -> int:
        if self._tls is None:
            return int(self._server.add_insecure_port(self._listen))
        credentials = grpc.ssl_server_credentials([(self._tls.key, self._tls.certificate)])
        return int(self._server.add_secure_port(self._listen, credentials))

    async def stop(self, grace_s: float = 1.0) -> None:
        """Take nothing new, finish what is under way within ``grace_s``, close the store."""
        await self._server.stop(grace_s)
        if self.writer is not None:
            await self.writer.stop()
        self._store.close()
