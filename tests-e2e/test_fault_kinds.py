"""Every kind of fault between real clients and real servers: each does what it says, and nothing once it is out."""

import http.client
import json
import random
import socket
import threading
import time
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest

from arc_sim.injectors.effects import EFFECTS, create_effect
from arc_sim.model import Fault
from arc_sim.sandboxes.edges.loop_thread import LoopThread
from arc_sim.sandboxes.edges.proxy import EdgeProxy

BODY = json.dumps({"items": ["lotus"] * 20}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment for each answer, or Nagle's algorithm adds 40 ms
    seen = 0

    def do_GET(self):
        Handler.seen += 1
        if self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in (b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.send_header("X-CaSe", "Kept")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(BODY)

    do_HEAD = do_GET

    def do_POST(self):
        Handler.seen += 1
        size = int(self.headers["Content-Length"])
        got = self.rfile.read(size)
        self.send_response(200)
        self.send_header("Content-Length", str(len(got)))
        self.end_headers()
        self.wfile.write(got)

    def log_message(self, *args):
        pass


class Edge:
    """A proxy in a loop of its own."""

    def __init__(self, upstream):
        self.loop = LoopThread("test-edge")
        self.loop.start()
        self.proxy = self.loop.call(lambda: EdgeProxy(("a", "b"), upstream))
        self.loop.run(self.proxy.start())
        self.address = self.proxy.address

    def put(self, kind, seed=1, **amounts):
        effect = create_effect(Fault(kind, **amounts), random.Random(seed))
        self.loop.call(lambda: self.proxy.set_effect(effect))

    def take_out(self):
        self.loop.call(lambda: self.proxy.set_effect(None))

    def close(self):
        self.loop.call(self.proxy.close)
        assert self.loop.stop()


class Web(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # resets are what these tests are about


@pytest.fixture
def web():
    server = Web(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    edge = Edge(server.server_address)
    yield edge
    edge.close()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def caller(web):
    made = http.client.HTTPConnection(*web.address, timeout=5)
    yield made
    made.close()


def get(caller, path="/", method="GET", body=None):
    caller.request(method, path, body=body)
    response = caller.getresponse()
    return response, response.read()


def is_whole(caller):
    response, body = get(caller)
    return (response.status, body, response.headers["X-CaSe"]) == (200, BODY, "Kept")


def test_a_status_takes_the_place_of_the_answer_on_an_open_connection_and_goes_with_the_fault(web, caller):
    assert is_whole(caller)
    web.put("http_status", status=429, retry_after_s=2, body='{"error":{"type":"rate_limit_error"}}')
    before = Handler.seen
    for method, sent in (("GET", None), ("POST", b"x" * 100_000)):
        response, body = get(caller, method=method, body=sent)
        assert (response.status, response.headers["Retry-After"]) == (429, "2")
        assert json.loads(body) == {"error": {"type": "rate_limit_error"}}
    response, body = get(caller, method="HEAD")
    assert (response.status, body) == (429, b"")
    assert Handler.seen == before
    web.take_out()
    assert is_whole(caller)


def test_a_share_hits_that_share_of_the_requests_and_the_seed_repeats_it(web):
    def statuses():
        connection = http.client.HTTPConnection(*web.address, timeout=5)
        web.put("http_status", seed=7, status=529, share=0.3)
        found = [get(connection)[0].status for _ in range(200)]
        web.take_out()
        connection.close()
        return found

    first = statuses()
    assert 35 <= first.count(529) <= 85
    assert set(first) == {200, 529}
    assert statuses() == first


@pytest.mark.parametrize("path", ["/", "/chunked"])
def test_a_cut_answer_ends_in_a_reset_after_its_first_bytes(web, caller, path):
    web.put("cut", after_bytes=12)
    caller.request("GET", path)
    response = caller.getresponse()
    assert response.status == 200
    assert response.read(12) == (BODY[:12] if path == "/" else b"data: one\n\nd")
    with pytest.raises((ConnectionError, http.client.IncompleteRead)):
        response.read()


@pytest.mark.parametrize("path", ["/", "/chunked"])
def test_a_broken_body_has_the_promised_length_and_is_no_json(web, caller, path):
    web.put("broken_body", after_bytes=9)
    response, body = get(caller, path)
    whole = BODY if path == "/" else b"data: one\n\ndata: two\n\ndata: three\n\n"
    assert (response.status, len(body)) == (200, len(whole))
    assert body == whole[:9] + b" " * (len(whole) - 9)
    web.take_out()
    assert is_whole(caller)


def test_what_is_no_http_passes_untouched_under_a_fault_of_http(web):
    listener = socket.create_server(("127.0.0.1", 0))
    edge = Edge(listener.getsockname())
    edge.put("http_status", status=503)
    with socket.create_connection(edge.address, timeout=5) as caller:
        server, _ = listener.accept()
        with server:
            for data in (b"\x16\x03\x01\x02\x00", b"*1\r\n$4\r\nPING\r\n", b"GET without being one\r\n\r\n"):
                caller.sendall(data)
                assert server.recv(100) == data
                server.sendall(data)
                assert caller.recv(100) == data
    listener.close()
    edge.close()


def test_refused_connections_are_refused_by_the_kernel_until_the_fault_is_out(web, caller):
    assert is_whole(caller)
    web.put("refuse")
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        is_whole(caller)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(web.address, timeout=5)
    web.take_out()
    caller.close()
    assert is_whole(caller)


def test_resets_hit_their_share(web):
    web.put("reset", share=0.5, seed=3)
    results = []
    for _ in range(60):
        connection = http.client.HTTPConnection(*web.address, timeout=5)
        try:
            results.append(is_whole(connection))
        except ConnectionError:
            results.append(False)
        connection.close()
    assert 15 <= results.count(True) <= 45


def test_a_black_hole_lets_the_request_arrive_and_keeps_the_answer(web, caller):
    web.put("black_hole")
    before = Handler.seen
    caller.request("GET", "/")
    caller.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        caller.sock.recv(1, socket.MSG_PEEK)
    assert Handler.seen == before + 1
    caller.sock.settimeout(5)
    web.take_out()
    assert caller.getresponse().read() == BODY


def test_nothing_passes_a_partition_and_all_goes_on_after_it(web, caller):
    assert is_whole(caller)
    web.put("partition")
    before = Handler.seen
    caller.request("GET", "/")
    other = http.client.HTTPConnection(*web.address, timeout=5)
    other.request("GET", "/")
    for connection in (caller, other):
        connection.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.sock.recv(1, socket.MSG_PEEK)
        connection.sock.settimeout(5)
    assert Handler.seen == before
    web.take_out()
    assert caller.getresponse().read() == BODY
    assert other.getresponse().read() == BODY
    other.close()


def test_a_narrow_link_takes_the_time_that_its_rate_says(web, caller):
    sent = b"x" * 40_000
    web.put("bandwidth", rate_kbit_per_s=1600)  # 200 kB/s: 0.2 s there and 0.2 s back
    started_s = time.monotonic()
    assert get(caller, method="POST", body=sent)[1] == sent
    assert time.monotonic() - started_s >= 0.38


def test_loss_comes_as_retransmission_timeouts(web, caller):
    web.put("loss", share=0.999999)
    started_s = time.monotonic()
    caller.request("GET", "/")
    caller.sock.settimeout(0.5)
    with pytest.raises(TimeoutError):
        caller.sock.recv(1, socket.MSG_PEEK)
    caller.sock.settimeout(5)
    web.take_out()
    assert caller.getresponse().read() == BODY
    assert time.monotonic() - started_s >= 0.5


def test_corruption_flips_single_bits_of_answers(web, caller):
    web.put("corrupt", seed=5)
    raw = socket.create_connection(web.address, timeout=5)
    raw.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\nConnection: close\r\n\r\n" + b"\0" * 4000)
    got = b""
    while data := raw.recv(65536):
        got += data
    raw.close()
    web.take_out()
    wrong = [byte for byte in got.partition(b"\r\n\r\n")[2][-3000:] if byte]
    assert all(bin(byte).count("1") == 1 for byte in wrong)
    direct = http.client.HTTPConnection(*web.proxy.upstream, timeout=5)
    assert get(direct, method="POST", body=b"\0" * 4000)[1] == b"\0" * 4000
    direct.close()


def test_a_slow_close_delays_the_end_and_no_byte_before_it(web):
    web.put("slow_close", delay_ms=400)
    raw = socket.create_connection(web.address, timeout=5)
    started_s = time.monotonic()
    raw.sendall(b"GET / HTTP/1.0\r\nConnection: close\r\n\r\n")
    got = b""
    while BODY not in got:
        got += raw.recv(65536)
    early_s = time.monotonic() - started_s
    assert raw.recv(1) == b""
    assert time.monotonic() - started_s >= 0.4 > early_s
    raw.close()


def _identity(data):
    return data


class Echo(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method == "/t.Echo/Many":
            return grpc.unary_stream_rpc_method_handler(
                lambda request, context: (request for _ in range(5)), _identity, _identity
            )
        return grpc.unary_unary_rpc_method_handler(lambda request, context: request, _identity, _identity)


@pytest.fixture
def rpc():
    server = grpc.server(futures.ThreadPoolExecutor(8), handlers=[Echo()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    edge = Edge(("127.0.0.1", port))
    channel = grpc.insecure_channel(f"{edge.address[0]}:{edge.address[1]}")
    yield edge, channel
    channel.close()
    server.stop(0).wait()
    edge.close()


def call(channel, size=100):
    return channel.unary_unary("/t.Echo/One", _identity, _identity)(b"x" * size, timeout=10, metadata=(("k", "v"),))


def first_error(channel, size):
    """The channel reconnects when it is asked to; a call that is on its way may still pass."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            call(channel, size)
        except grpc.RpcError as error:
            return error.code()
    return None


def test_grpc_calls_get_the_status_also_on_a_channel_that_was_open_before(rpc):
    edge, channel = rpc
    assert call(channel) == b"x" * 100
    edge.put("http_status", status=503, grpc_status=8)
    for size in (10, 200_000):
        assert first_error(channel, size) is grpc.StatusCode.RESOURCE_EXHAUSTED
    edge.take_out()
    for _ in range(20):
        assert call(channel, 300_000) == b"x" * 300_000


def test_a_share_of_concurrent_grpc_calls_fails_and_the_others_are_whole(rpc):
    edge, channel = rpc
    edge.put("http_status", status=503, share=0.4)
    pool = futures.ThreadPoolExecutor(16)

    def one(number):
        try:
            return call(channel, number * 500) == b"x" * (number * 500)
        except grpc.RpcError as error:
            return error.code()

    results = list(pool.map(one, range(200)))
    pool.shutdown()
    failed = results.count(grpc.StatusCode.UNAVAILABLE)
    assert 45 <= failed <= 115
    assert results.count(True) == 200 - failed


def test_grpc_streams_are_cut_one_by_one(rpc):
    edge, channel = rpc
    edge.put("cut", after_bytes=30)
    stream = channel.unary_stream("/t.Echo/Many", _identity, _identity)
    for _ in range(3):
        answers = stream(b"y" * 20, timeout=10)
        with pytest.raises(grpc.RpcError) as failure:
            assert len(list(answers)) <= 1
        assert failure.value.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE)
    edge.take_out()
    assert list(stream(b"y" * 20, timeout=10)) == [b"y" * 20] * 5


def test_faults_of_the_connection_work_on_grpc_too(rpc):
    edge, channel = rpc
    assert call(channel) == b"x" * 100
    edge.put("latency", delay_ms=200)
    started_s = time.monotonic()
    assert call(channel) == b"x" * 100
    assert time.monotonic() - started_s >= 0.2
    edge.take_out()
    edge.put("http_status", status=503)
    edge.take_out()
    edge.put("latency", delay_ms=200)
    started_s = time.monotonic()
    assert call(channel, 50_000) == b"x" * 50_000
    assert time.monotonic() - started_s >= 0.2


def test_every_kind_can_be_made():
    for kind in EFFECTS:
        effect = create_effect(Fault(kind, rate_kbit_per_s=8, status=500), random.Random(1))
        assert effect.shaper(is_new=True) is not None
