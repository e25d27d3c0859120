"""Every transport keeps the contract of transports/base.py; the gRPC one against a real collector in this process."""

import asyncio
import threading
from pathlib import Path
from typing import Any, Callable, Iterator, List, NamedTuple

import pytest

from arc_common.wire.v1 import telemetry_pb2 as wire
from arc_runtime.collector.server import Collector
from arc_runtime.collector.store import EventStore
from arc_runtime.config import TelemetryConfig
from arc_runtime.errors import Rejected, Unavailable
from arc_runtime.telemetry.transports import TRANSPORTS, create
from arc_runtime.telemetry.transports.base import Transport
from arc_runtime.telemetry.transports.grpc_stream import GrpcStream
from arc_runtime.telemetry.transports.memory import MemoryTransport

HELLO = wire.Hello(process_id="a" * 32, service="contract")
LONG_S = 30.0


class Case(NamedTuple):
    """A transport, and a look at what the other side has."""

    transport: Transport
    stored: Callable[[], List[str]]
    stop_server: Callable[[], None]


class InProcess:
    """A collector in a thread with an event loop of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.collector = Collector(EventStore(path), "127.0.0.1:0")
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.thread.start()
        assert self.ready.wait(LONG_S)

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.stopped = asyncio.Event()
        await self.collector.start()
        self.ready.set()
        await self.stopped.wait()
        await self.collector.stop(0.0)

    def stop(self) -> None:
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.stopped.set)
            self.thread.join(LONG_S)

    def stored(self) -> List[str]:
        store = EventStore(self.path, read_only=True)
        found = [event["event_id"] for event in store.events()]
        store.close()
        return sorted(found)


@pytest.fixture(params=sorted(TRANSPORTS))
def case(request: Any, tmp_path: Path) -> Iterator[Case]:
    if request.param == "memory":
        memory = MemoryTransport()

        def stop() -> None:
            memory.failures = [Unavailable("gone")] * 1_000

        yield Case(memory, lambda: sorted(memory.events), stop)
        return
    server = InProcess(tmp_path / "events.db")
    transport = create(request.param, TelemetryConfig(f"grpc://127.0.0.1:{server.collector.port}"))
    yield Case(transport, server.stored, server.stop)
    transport.close()
    server.stop()


def batch(sequence: int, *numbers: int) -> wire.Batch:
    events = [wire.Event(event_id=f"{number:032x}", outcome=wire.Outcome(status=1)) for number in numbers]
    return wire.Batch(sequence=sequence, events=events)


def test_acknowledged_means_stored(case: Case) -> None:
    case.transport.connect(HELLO)
    assert case.transport.connected
    for sequence in range(1, 6):
        assert case.transport.send(batch(sequence, sequence)) >= sequence
        assert case.stored() == [f"{number:032x}" for number in range(1, sequence + 1)]


def test_same_batch_again_is_acknowledged_and_stored_once(case: Case) -> None:
    case.transport.connect(HELLO)
    case.transport.send(batch(1, 1, 2))
    case.transport.connect(HELLO)
    assert case.transport.send(batch(1, 1, 2)) >= 1
    assert len(case.stored()) == 2


def test_send_without_connect_is_unavailable(case: Case) -> None:
    assert not case.transport.connected
    with pytest.raises(Unavailable):
        case.transport.send(batch(1, 1))


def test_close_may_come_twice_and_connect_opens_again(case: Case) -> None:
    case.transport.close()
    case.transport.connect(HELLO)
    case.transport.close()
    case.transport.close()
    assert not case.transport.connected
    case.transport.interrupt()
    case.transport.connect(HELLO)
    assert case.transport.send(batch(1, 1)) >= 1


def test_server_that_went_away_is_unavailable(case: Case) -> None:
    case.transport.connect(HELLO)
    case.transport.send(batch(1, 1))
    case.stop_server()
    with pytest.raises(Unavailable):
        case.transport.send(batch(2, 2))
    assert not case.transport.connected


def test_empty_batch_is_acknowledged(case: Case) -> None:
    case.transport.connect(HELLO)
    assert case.transport.send(wire.Batch(sequence=3)) >= 3


@pytest.fixture
def server(tmp_path: Path) -> Iterator[InProcess]:
    running = InProcess(tmp_path / "events.db")
    yield running
    running.stop()


def grpc_to(server: InProcess) -> GrpcStream:
    return GrpcStream(TelemetryConfig(f"grpc://127.0.0.1:{server.collector.port}"), ack_timeout_s=LONG_S)


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (wire.Batch(sequence=2, events=[wire.Event(event_id="short")]), "malformed"),
        (wire.Batch(sequence=2, events=[wire.Event(event_id="A" * 32)]), "malformed"),
        (wire.Batch(sequence=2, events=[wire.Event(event_id="a" * 32)] * 1_001), "too_large"),
        (wire.Batch(sequence=2, events=[wire.Event(event_id="a" * 32, request_json=b" " * (9 << 20))]), "too_large"),
    ],
)
def test_refused_batch_is_rejected_and_the_stream_goes_on(refused: wire.Batch, code: str, server: InProcess) -> None:
    transport = grpc_to(server)
    transport.connect(HELLO)
    transport.send(batch(1, 1))
    with pytest.raises(Rejected, match=code):
        transport.send(refused)
    assert transport.connected
    assert transport.send(batch(3, 3)) == 3
    assert len(server.stored()) == 2
    transport.close()


def test_message_larger_than_grpc_takes_is_rejected_for_good(server: InProcess) -> None:
    transport = grpc_to(server)
    transport.connect(HELLO)
    with pytest.raises(Rejected):
        transport.send(wire.Batch(sequence=1, events=[wire.Event(event_id="a" * 32, request_json=b" " * (17 << 20))]))
    transport.connect(HELLO)
    assert transport.send(batch(2, 2)) == 2
    transport.close()


def test_stream_without_a_proper_hello_is_ended(server: InProcess) -> None:
    transport = grpc_to(server)
    transport.connect(wire.Hello(process_id="x"))
    with pytest.raises(Rejected, match="hello"):
        transport.send(batch(1, 1))
    assert server.stored() == []


def test_interrupt_ends_a_waiting_send() -> None:
    import socket

    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(4)
        transport = GrpcStream(TelemetryConfig(f"grpc://127.0.0.1:{hole.getsockname()[1]}"), ack_timeout_s=3600)
        transport.connect(HELLO)
        threading.Timer(0.05, transport.interrupt).start()
        with pytest.raises(Unavailable):
            transport.send(batch(1, 1))
        transport.close()


def test_missing_authorities_are_named(tmp_path: Path) -> None:
    transport = GrpcStream(TelemetryConfig("grpcs://127.0.0.1:1", tls_roots=str(tmp_path / "none.pem")))
    with pytest.raises(Unavailable, match=r"none\.pem"):
        transport.connect(HELLO)
    assert not transport.connected
