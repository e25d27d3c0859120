"""The fault proxy between real sockets: what goes through it, what it holds, and how connections end."""

import asyncio
import hashlib
import os
import random
import socket
import struct
import threading
import time

import pytest

from arc_sim.injectors.effects.latency import LatencyEffect
from arc_sim.model import Fault
from arc_sim.sandboxes.edges.loop_thread import LoopThread
from arc_sim.sandboxes.edges.proxy import EdgeProxy

RESET = struct.pack("ii", 1, 0)


class Server:
    """Gives each connection to ``handle`` in a thread of its own."""

    def __init__(self, handle):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = self._listener.getsockname()
        self._handle = handle
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._one, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _one(self, connection):
        with connection:
            try:
                self._handle(connection)
            except OSError:
                return

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


class Bench:
    """A proxy in front of a server, and callers."""

    def __init__(self):
        self.loop = LoopThread("test-proxy")
        self.loop.start()
        self._closers = []

    def proxy(self, upstream):
        proxy = self.loop.call(lambda: EdgeProxy(("a", "b"), upstream))
        self.loop.run(proxy.start())
        self._closers.append(lambda: self.loop.call(proxy.close))
        return proxy

    def proxied(self, handle):
        server = Server(handle)
        self._closers.append(server.close)
        return self.proxy(server.address)

    def set_delay(self, proxy, delay_ms, jitter_ms=0.0):
        effect = LatencyEffect(Fault("latency", delay_ms, jitter_ms), random.Random(1)) if delay_ms else None
        self.loop.call(lambda: proxy.set_effect(effect))

    def close(self):
        for closer in reversed(self._closers):
            closer()
        tasks = self.loop.call(lambda: len(asyncio.all_tasks()))
        assert self.loop.stop()
        assert tasks <= 1  # the one that asked


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.close()


def connect(proxy) -> socket.socket:
    caller = socket.create_connection(proxy.address, timeout=20)
    caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return caller


def echo(connection):
    while data := connection.recv(65536):
        connection.sendall(data)


def read_all(connection) -> bytes:
    parts = []
    while data := connection.recv(65536):
        parts.append(data)
    return b"".join(parts)


def read_exactly(connection, size) -> bytes:
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        assert chunk, "the connection ended early"
        data += chunk
    return data


def round_trip_s(caller, data=b"ping") -> float:
    started_s = time.monotonic()
    caller.sendall(data)
    assert read_exactly(caller, len(data)) == data
    return time.monotonic() - started_s


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("delay_ms", [0, 30])
def test_every_byte_arrives_in_order_both_ways(bench, delay_ms):
    proxy = bench.proxied(echo)
    bench.set_delay(proxy, delay_ms, jitter_ms=delay_ms)
    sent = os.urandom(24 * 1024 * 1024)
    with connect(proxy) as caller:

        def send():
            for start in range(0, len(sent), 999_983):
                caller.sendall(sent[start : start + 999_983])
            caller.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        got = read_all(caller)
        sender.join()
    assert hashlib.sha256(got).digest() == hashlib.sha256(sent).digest()
    until(lambda: proxy.open_connections == 0)


def test_half_close_answers_after_the_end_of_the_request(bench):
    def handle(connection):
        request = read_all(connection)
        connection.sendall(b"got %d" % len(request))

    proxy = bench.proxied(handle)
    bench.set_delay(proxy, 20)
    with connect(proxy) as caller:
        caller.sendall(b"x" * 100_000)
        caller.shutdown(socket.SHUT_WR)
        assert read_all(caller) == b"got 100000"
    until(lambda: proxy.open_connections == 0)


def test_a_callee_that_ends_first_can_still_be_written_to(bench):
    got = []

    def handle(connection):
        connection.sendall(b"goodbye")
        connection.shutdown(socket.SHUT_WR)
        got.append(read_all(connection))

    proxy = bench.proxied(handle)
    with connect(proxy) as caller:
        assert read_all(caller) == b"goodbye"
        caller.sendall(b"one more thing")
    until(lambda: got == [b"one more thing"])
    until(lambda: proxy.open_connections == 0)


def test_a_refused_callee_resets_the_caller_at_once(bench):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: it refuses
        proxy = bench.proxy(bound.getsockname())
        with pytest.raises(ConnectionResetError), connect(proxy) as caller:  # it may come before connect returns
            caller.recv(1)
        until(lambda: proxy.open_connections == 0)


def test_a_reset_by_the_callee_reaches_the_caller(bench):
    def handle(connection):
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    proxy = bench.proxied(handle)
    with connect(proxy) as caller:
        caller.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            caller.recv(1)


@pytest.mark.parametrize("delay_ms", [0, 50])
def test_a_reset_by_the_caller_reaches_the_callee(bench, delay_ms):
    seen = []

    def handle(connection):
        connection.recv(4)
        try:
            seen.append(connection.recv(1))
        except ConnectionResetError:
            seen.append("reset")

    proxy = bench.proxied(handle)
    bench.set_delay(proxy, delay_ms)
    with connect(proxy) as caller:
        caller.sendall(b"data")
        time.sleep(0.02)
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    until(lambda: seen == ["reset"])
    until(lambda: proxy.open_connections == 0)


def test_a_caller_that_gives_up_does_not_take_its_request_back(bench):
    """As on a slow network: what was sent arrives, and the callee works for nothing."""
    got = []
    proxy = bench.proxied(lambda connection: got.append(read_all(connection)))
    bench.set_delay(proxy, 150)
    with connect(proxy) as caller:
        caller.sendall(b"work")
    assert got == []
    until(lambda: got == [b"work"])


def test_each_request_of_a_kept_connection_pays_once(bench):
    proxy = bench.proxied(echo)
    with connect(proxy) as caller:
        round_trip_s(caller)
        bench.set_delay(proxy, 120)
        delayed = [round_trip_s(caller) for _ in range(3)]
        bench.set_delay(proxy, 0)
        calm = min(round_trip_s(caller) for _ in range(20))
    assert all(spent >= 0.12 for spent in delayed)
    assert min(delayed) < 0.24
    assert calm < 0.12


def test_delays_of_chunks_in_flight_do_not_add_up(bench):
    proxy = bench.proxied(echo)
    bench.set_delay(proxy, 300)
    with connect(proxy) as caller:
        started_s = time.monotonic()
        for index in range(20):
            caller.sendall(b"%04d" % index)
            time.sleep(0.01)
        got = read_exactly(caller, 80)
        spent_s = time.monotonic() - started_s
    assert got == b"".join(b"%04d" % index for index in range(20))
    assert 0.3 <= spent_s < 20 * 0.3 / 2


def test_taking_the_fault_away_frees_what_is_held(bench):
    proxy = bench.proxied(echo)
    bench.set_delay(proxy, 60_000)
    with connect(proxy) as caller:
        caller.sendall(b"held")
        time.sleep(0.05)
        bench.set_delay(proxy, 0)
        assert read_exactly(caller, 4) == b"held"


def test_a_slow_receiver_holds_the_sender_back(bench):
    """Nobody reads: the sender must come to a stop long before all is sent, in bounded memory."""
    done = threading.Event()
    proxy = bench.proxied(lambda connection: done.wait(20))
    bench.set_delay(proxy, 50)
    sent = 0
    with connect(proxy) as caller:
        caller.settimeout(1.0)
        try:
            while sent < 256 * 1024 * 1024:
                sent += caller.send(b"x" * 262_144)
        except TimeoutError:
            pass
        waiting = bench.loop.call(lambda: [c.caller.line.waiting_bytes for c in proxy._connections])
        done.set()
    assert sent < 64 * 1024 * 1024
    assert waiting[0] <= 9 * 1024 * 1024


def test_closing_the_proxy_ends_everybody(bench):
    proxy = bench.proxied(echo)
    bench.set_delay(proxy, 60_000)
    callers = [connect(proxy) for _ in range(20)]
    for caller in callers:
        caller.sendall(b"held")
    until(lambda: proxy.open_connections == 20)
    bench.loop.call(proxy.close)
    for caller in callers:
        with caller, pytest.raises(ConnectionResetError):
            caller.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    assert proxy.open_connections == 0


def test_a_crowd_that_comes_and_goes_leaves_nothing(bench):
    proxy = bench.proxied(echo)
    bench.set_delay(proxy, 5, jitter_ms=5)

    def visit(seed):
        draw = random.Random(seed)
        for _ in range(5):
            with connect(proxy) as caller:
                if draw.random() < 0.5:
                    round_trip_s(caller, draw.randbytes(draw.randrange(1, 50_000)))
                elif draw.random() < 0.5:
                    caller.sendall(b"and gone")
                    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    threads = [threading.Thread(target=visit, args=(seed,)) for seed in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: proxy.open_connections == 0)
