"""What every probe promises, and what the HTTP probe promises about servers that misbehave."""

import asyncio
import gc
import signal
import socket
import threading
from dataclasses import replace

import pytest

from arc_sim.errors import ProbeError
from arc_sim.model import Cell, LoadSpec
from arc_sim.probes import PROBES, create_probe, http
from arc_sim.probes.http import HttpProbe, schedule
from arc_sim.sandboxes import create_sandbox

CUT_SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx"
CELL = Cell(0, "head", "calm")
LOAD = LoadSpec("gateway", rate_per_s=50, duration_s=0.4, warm_up_s=0.1, timeout_s=2)


class TestContract:
    @pytest.fixture(params=sorted(PROBES))
    def pair(self, request, chain):
        running, undo = create_sandbox("memory" if request.param == "memory" else "local").up(chain.deployment())
        yield create_probe(request.param), running, undo
        undo()

    def test_an_observation_holds_one_latency_per_request(self, pair):
        probe, running, _ = pair
        first = probe.measure(running, LOAD, CELL)
        second = probe.measure(running, LOAD, CELL)
        assert first.cell == CELL
        assert len(first.latencies_ms) == 20
        assert all(latency > 0 for latency in first.latencies_ms)
        assert first.errors == 0
        assert first.error_kinds == {}
        assert 0 <= first.started_s <= second.started_s

    def test_nothing_can_be_measured_when_all_is_down(self, pair):
        probe, running, undo = pair
        undo()
        with pytest.raises(ProbeError):
            probe.measure(running, LOAD, CELL)


class FakeRunning:
    def __init__(self, address):
        self.entry_address = address


class Answers:
    """A server that gives each connection to ``handle`` in a thread."""

    def __init__(self, handle):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._handle = handle
        self.running = FakeRunning(self._listener.getsockname())
        self._open = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            try:
                self._handle(connection)
            except OSError:
                continue

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._open:
            connection.close()


@pytest.fixture
def serve():
    servers = []

    def start(handle):
        servers.append(Answers(handle))
        return servers[-1].running

    yield start
    for server in servers:
        server.close()


def read_head(connection) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            break
        data += chunk
    return data


def answer(connection, status="200 OK", body=b"ok"):
    read_head(connection)
    connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    connection.close()


class TestHttp:
    def test_the_request_is_the_one_that_was_asked_for(self, serve):
        seen = []

        def handle(connection):
            seen.append(read_head(connection))
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            connection.close()

        load = replace(LOAD, method="POST", path="/checkout?a=1", body='{"item":"lotus"}', headers=(("X-Trace", "7"),))
        HttpProbe().measure(serve(handle), load, CELL)
        assert seen[0].startswith(b"POST /checkout?a=1 HTTP/1.1\r\n")
        assert b"X-Trace: 7\r\n" in seen[0]
        assert seen[0].endswith(b'{"item":"lotus"}') or b"Content-Length: 16" in seen[0]
        assert len(seen) == 25

    @pytest.mark.parametrize(
        ("handle", "kind"),
        [
            (lambda c: answer(c, "503 Service Unavailable"), "http_503"),
            (lambda c: answer(c, "500 Oops"), "http_500"),
            (lambda c: (read_head(c), c.close()), "disconnected"),
            (lambda c: (read_head(c), c.sendall(b"garbage\r\n\r\n"), c.close()), "bad_response"),
            (
                lambda c: (read_head(c), c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx"), c.close()),
                "broken_response",
            ),
        ],
    )
    def test_errors_are_counted_by_kind(self, serve, handle, kind):
        seen = HttpProbe().measure(serve(handle), LOAD, CELL)
        assert seen.error_kinds == {kind: 20}
        assert seen.errors == 20

    @pytest.mark.parametrize("status", ["200 OK", "302 Found", "404 Not Found", "429 Too Many"])
    def test_what_is_below_500_is_no_error(self, serve, status):
        assert HttpProbe().measure(serve(lambda c: answer(c, status)), LOAD, CELL).errors == 0

    def test_it_measures_where_an_event_loop_runs_already(self, serve):
        running = serve(answer)

        async def in_a_notebook():
            return HttpProbe().measure(running, LOAD, CELL)

        assert asyncio.run(in_a_notebook()).errors == 0

    def test_a_timeout_counts_as_an_error_at_its_value(self, serve):
        running = serve(lambda connection: None)
        seen = HttpProbe().measure(running, replace(LOAD, timeout_s=0.2), CELL)
        assert seen.error_kinds == {"timeout": 20}
        assert set(seen.latencies_ms) == {200.0}

    def test_a_server_that_stalls_cannot_hide_it(self, serve):
        """One request at a time, 40 ms each, 50 requests/s offered: the queue grows, and so must the latencies."""
        ready = threading.Event()

        def slow(connection):
            ready.wait(0.04)
            answer(connection)

        seen = HttpProbe().measure(serve(slow), replace(LOAD, duration_s=0.5, warm_up_s=0, timeout_s=10), CELL)
        assert seen.errors == 0
        # The last of 25 is answered after 25 x 40 ms at the earliest and was due at 480 ms.
        assert seen.latencies_ms[-1] >= 25 * 40 - 480
        assert seen.latencies_ms[-1] > 3 * seen.latencies_ms[0]

    def test_an_endless_answer_ends_at_the_timeout(self, serve):
        def endless(connection):
            read_head(connection)
            connection.settimeout(1)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")

        seen = HttpProbe().measure(serve(endless), replace(LOAD, timeout_s=0.3), CELL)
        assert seen.error_kinds == {"timeout": 20}

    def test_more_requests_than_make_sense_are_refused(self):
        with pytest.raises(ProbeError, match="too many"):
            HttpProbe().measure(FakeRunning(("127.0.0.1", 9)), replace(LOAD, rate_per_s=1000, duration_s=200), CELL)

    def test_the_schedule_is_fixed_in_advance(self):
        times_s, warm_up = schedule(replace(LOAD, rate_per_s=10, duration_s=0.5, warm_up_s=0.2))
        assert times_s == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
        assert warm_up == 2


@pytest.fixture
def interrupts():
    """As the command line has it: the handler raises wherever the main thread is (asyncio.run replaces the default)."""

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_in_the_middle_of_a_request_leaves_nothing_to_complain_about(monkeypatch, caplog):
    """A task whose exception nobody asks for would print a traceback when it is collected."""
    before = threading.active_count()

    async def strike():
        signal.raise_signal(signal.SIGINT)

    async def send_all(address, load):
        request = asyncio.ensure_future(strike())
        await asyncio.sleep(30)
        await request

    monkeypatch.setattr(http, "_send_all", send_all)
    with pytest.raises(KeyboardInterrupt):
        HttpProbe().measure(FakeRunning(("127.0.0.1", 9)), LOAD, CELL)
    gc.collect()
    assert threading.active_count() == before
    assert not caplog.records
