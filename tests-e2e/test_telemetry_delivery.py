"""Events between real processes: a program with a TelemetrySink here, a collector there, and what can go wrong."""

import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arc_runtime.config import TelemetryConfig
from arc_runtime.model import Call, Decision, Event, Outcome
from arc_runtime.telemetry.transports.grpc_stream import GrpcStream
from arc_runtime.telemetry.worker import TelemetrySink

LONG_S = 30.0
"""A limit for what normally takes much less; never an expectation."""


class CollectorProcess:
    """``arc runtime collector`` as its own process."""

    def __init__(self, store: Path, *options: str, port: int = 0) -> None:
        command = [sys.executable, "-m", "arc_runtime", "collector", "--store", str(store), "--json"]
        self.process = subprocess.Popen(
            [*command, "--listen", f"127.0.0.1:{port}", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.told = json.loads(line)
        self.endpoint: str = self.told["endpoint"]
        self.port: int = self.told["port"]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=LONG_S)
        return self.process.returncode


@pytest.fixture
def collect(tmp_path: Path) -> Iterator[Callable[..., CollectorProcess]]:
    started: list[CollectorProcess] = []

    def start(*options: str, port: int = 0) -> CollectorProcess:
        started.append(CollectorProcess(tmp_path / "events.db", *options, port=port))
        return started[-1]

    yield start
    for collector in started:
        collector.end(signal.SIGKILL)


@pytest.fixture
def sink_for() -> Iterator[Callable[..., TelemetrySink]]:
    made: list[TelemetrySink] = []

    def make(endpoint: str, ack_timeout_s: float = 10.0, **settings: Any) -> TelemetrySink:
        config = TelemetryConfig(endpoint, **{"batch_max_age_s": 0.02, **settings})
        made.append(TelemetrySink(config, make_transport=lambda: GrpcStream(config, ack_timeout_s)))
        return made[-1]

    yield make
    for sink in made:
        sink.close(0.0)


def event(content: str = "hello", **body: Any) -> Event:
    request: dict[str, Any] = {"model": "gpt-4", "messages": [{"role": "user", "content": content}], **body}
    call = Call(secrets.token_hex(16), "openai", "chat.completions", request, False, "3", time.time())
    return Event(call.call_id, call, Decision(None), Outcome("ok", 0.1, 0.0001))


def stored_ids(tmp_path: Path) -> list[str]:
    with sqlite3.connect(tmp_path / "events.db") as connection:
        found = [row[0] for row in connection.execute("SELECT event_id FROM events")]
    connection.close()
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_killed_collector_loses_nothing_it_acknowledged_and_stores_nothing_twice(
    collect: Any, sink_for: Any, tmp_path: Path
) -> None:
    collector = collect()
    sink = sink_for(collector.endpoint, batch_max_events=10)
    emitted: list[str] = []
    done = threading.Event()

    def emit_steadily() -> None:
        while not done.is_set() and len(emitted) < 5_000:
            one = event(f"number {len(emitted)}")
            sink.emit(one)
            emitted.append(one.event_id)
            time.sleep(0.0005)

    program = threading.Thread(target=emit_steadily)
    program.start()
    try:
        for _ in range(3):
            reached = sink.stats()["delivered"] + 100
            wait_until(lambda goal=reached: sink.stats()["delivered"] >= goal)
            acknowledged_before = sink.stats()["delivered"]
            collector.end(signal.SIGKILL)
            assert len(stored_ids(tmp_path)) >= acknowledged_before
            collector = collect(port=collector.port)
    finally:
        done.set()
        program.join()
    assert sink.flush(LONG_S)
    found = stored_ids(tmp_path)
    assert len(found) == len(set(found))
    assert sorted(found) == sorted(emitted)
    stats = sink.stats()
    assert stats["delivered"] == len(emitted)
    assert stats["failed_attempts"] >= 3
    assert not any(stats["dropped"].values())


def test_black_hole_neither_blocks_the_program_nor_hangs_the_worker(sink_for: Any) -> None:
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(16)  # the kernel accepts; nobody ever reads
        sink = sink_for(f"grpc://127.0.0.1:{hole.getsockname()[1]}", ack_timeout_s=0.3, queue_max_events=100)
        for number in range(400):
            sink.emit(event(str(number)))
        started_s = time.monotonic()
        assert sink.flush(1.0) is False
        assert time.monotonic() - started_s < LONG_S / 2
        wait_until(lambda: sink.stats()["failed_attempts"] >= 2)
        stats = sink.stats()
        assert stats["delivered"] == 0
        assert stats["accepted"] == stats["queued"] + stats["in_flight"]
        assert stats["accepted"] + stats["dropped"]["queue_full"] == 400
        assert stats["dropped"]["queue_full"] >= 400 - 100 - 200
        assert "acknowledgement" in stats["last_error"]
        sink.close(0.0)
        assert sink.stats()["dropped"]["closed"] == stats["accepted"]


def test_server_that_speaks_grpc_and_never_acknowledges_does_not_hang_the_worker(sink_for: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    import grpc

    from arc_common.wire.v1 import telemetry_pb2_grpc as service

    received: list[Any] = []

    class Mute(service.TelemetryServicer):
        def Stream(self, requests: Any, context: Any) -> Iterator[Any]:
            for request in requests:
                received.append(request)
            return
            yield

    server = grpc.server(ThreadPoolExecutor(8))
    service.add_TelemetryServicer_to_server(Mute(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        sink = sink_for(f"grpc://127.0.0.1:{port}", ack_timeout_s=0.2)
        one = event()
        sink.emit(one)
        assert sink.flush(0.5) is False
        wait_until(lambda: sink.stats()["failed_attempts"] >= 2)
        batches = [request.batch for request in list(received) if request.WhichOneof("message") == "batch"]
        assert {batch.sequence for batch in batches} == {1}
        assert {batch.events[0].event_id for batch in batches} == {one.event_id}
    finally:
        server.stop(0).wait()


def test_endpoint_that_comes_up_late_gets_everything(collect: Any, sink_for: Any, tmp_path: Path) -> None:
    port = free_port()
    sink = sink_for(f"grpc://127.0.0.1:{port}")
    events = [event(str(number)) for number in range(500)]
    for one in events:
        sink.emit(one)
    wait_until(lambda: sink.stats()["failed_attempts"] >= 2)
    collect(port=port)
    assert sink.flush(LONG_S)
    assert sorted(stored_ids(tmp_path)) == sorted(one.event_id for one in events)


SCRIPT = textwrap.dedent(
    """
    import os, secrets, sys, time
    from arc_runtime.config import TelemetryConfig
    from arc_runtime.model import Call, Decision, Event, Outcome
    from arc_runtime.telemetry.worker import TelemetrySink

    def emit(sink, count):
        for number in range(count):
            body = {"model": "gpt-4", "messages": [{"role": "user", "content": str(number)}]}
            call = Call(secrets.token_hex(16), "openai", "chat.completions", body, False, "3", time.time())
            sink.emit(Event(call.call_id, call, Decision(None), Outcome("ok", 0.1, 0.0001)))

    sink = TelemetrySink(TelemetryConfig(sys.argv[1], service=sys.argv[2]))
    """
)


def run_script(endpoint: str, name: str, code: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-c", SCRIPT + textwrap.dedent(code), endpoint, name]
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * LONG_S, check=False)


def counts(tmp_path: Path) -> dict[str, int]:
    with sqlite3.connect(tmp_path / "events.db") as connection:
        found = dict(connection.execute("SELECT service, count(*) FROM events GROUP BY service"))
    connection.close()
    return found


def test_normal_end_of_a_script_delivers_what_waits(collect: Any, tmp_path: Path) -> None:
    ended = run_script(collect().endpoint, "short", "emit(sink, 50)")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert counts(tmp_path) == {"short": 50}


def test_events_of_threads_that_outlive_the_main_thread_arrive(collect: Any, tmp_path: Path) -> None:
    code = """
    import threading
    def later():
        threading.main_thread().join()
        time.sleep(0.3)
        emit(sink, 7)
    threading.Thread(target=later).start()
    emit(sink, 5)
    """
    ended = run_script(collect().endpoint, "threads", code)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert counts(tmp_path) == {"threads": 12}


def test_script_whose_program_raises_still_delivers(collect: Any, tmp_path: Path) -> None:
    ended = run_script(collect().endpoint, "raising", "emit(sink, 9)\nraise SystemExit(4)")
    assert (ended.returncode, ended.stderr) == (4, "")
    assert counts(tmp_path) == {"raising": 9}


def test_script_ends_in_time_when_nobody_listens() -> None:
    started_s = time.monotonic()
    ended = run_script(f"grpc://127.0.0.1:{free_port()}", "alone", "emit(sink, 50)")
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr
    assert time.monotonic() - started_s < LONG_S


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork on this system")
@pytest.mark.parametrize("before", [0, 20], ids=["parent-silent", "parent-connected"])
def test_forked_child_and_its_parent_both_deliver(before: int, collect: Any, tmp_path: Path) -> None:
    # -W error makes Python 3.12's warning about forking a process with threads an exception; it is not ours to hide
    code = f"""
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    emit(sink, {before})
    assert sink.flush(20)
    parent_process = sink.stats()["process_id"]
    pid = os.fork()
    emit(sink, 30 if pid == 0 else 10)
    delivered = sink.flush(20)
    if pid == 0:
        ok = delivered and sink.stats()["process_id"] != parent_process and sink.stats()["accepted"] == 30
        os._exit(0 if ok else 9)
    assert delivered
    assert os.waitpid(pid, 0)[1] == 0, "the child failed"
    """
    ended = run_script(collect().endpoint, "forks", code)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert counts(tmp_path) == {"forks": before + 40}
    with sqlite3.connect(tmp_path / "events.db") as connection:
        sizes = sorted(row[0] for row in connection.execute("SELECT count(*) FROM events GROUP BY process_id"))
    connection.close()
    assert sizes == sorted([before + 10, 30])


@pytest.mark.slow  # a fork beside busy gRPC threads is a risk that gRPC does not exclude (docs/decisions/0006)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork on this system")
def test_forking_again_and_again_under_load_loses_nothing(collect: Any, tmp_path: Path) -> None:
    code = """
    import threading, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    stop = threading.Event()
    sent = [0]
    def load():
        while not stop.is_set():
            emit(sink, 1)
            sent[0] += 1
            time.sleep(0.001)
    worker = threading.Thread(target=load)
    worker.start()
    for _ in range(4):
        time.sleep(0.2)
        pid = os.fork()
        if pid == 0:
            emit(sink, 5)
            os._exit(0 if sink.flush(20) else 9)
        assert os.waitpid(pid, 0)[1] == 0, "the child failed"
    stop.set()
    worker.join()
    assert sink.flush(20)
    print(sent[0])
    """
    ended = run_script(collect().endpoint, "prefork", code)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert counts(tmp_path) == {"prefork": int(ended.stdout) + 20}


def test_subprocesses_start_quietly_while_events_flow(collect: Any, tmp_path: Path) -> None:
    code = """
    import subprocess
    for number in range(60):
        emit(sink, 5)
        subprocess.run([sys.executable, "-c", ""] if number == 0 else ["true"], check=True)
        time.sleep(0.005)
    """
    ended = run_script(collect().endpoint, "subprocesses", code)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert counts(tmp_path) == {"subprocesses": 300}


def test_api_key_is_checked_and_never_stored(collect: Any, sink_for: Any, tmp_path: Path) -> None:
    key = "arc_key_" + secrets.token_hex(12)
    odd_key = "Zebra" + secrets.token_hex(8)
    openai_key = "sk-proj-" + secrets.token_hex(20)
    collector = collect("--api-key", odd_key)
    stranger = sink_for(collector.endpoint, api_key=key)
    stranger.emit(event())
    assert stranger.flush(1.0) is False
    assert "UNAUTHENTICATED" in stranger.stats()["last_error"]
    known = sink_for(collector.endpoint, api_key=odd_key)
    known.emit(event(f"my keys are {key}, {odd_key} and {openai_key}", metadata={"api_key": "plain-words-key"}))
    assert known.flush(LONG_S)
    assert len(stored_ids(tmp_path)) == 1
    assert collector.end() == 0
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        for secret in (key, odd_key, openai_key, "plain-words-key"):
            assert secret.encode() not in content, path


def test_losses_are_told_to_the_collector_once(collect: Any, sink_for: Any, tmp_path: Path) -> None:
    port = free_port()
    sink = sink_for(f"grpc://127.0.0.1:{port}", queue_max_events=20, batch_max_events=10)
    for _ in range(100):
        sink.emit(event())
    wait_until(lambda: sink.stats()["failed_attempts"] >= 1)
    collector = collect(port=port)
    assert sink.flush(LONG_S)
    lost = sink.stats()["dropped"]["queue_full"]
    assert lost >= 100 - 20 - 10
    sink.emit(event())
    assert sink.flush(LONG_S)
    assert collector.end() == 0
    with sqlite3.connect(tmp_path / "events.db") as connection:
        told = connection.execute("SELECT reason, sum(events) FROM drops GROUP BY reason").fetchall()
    connection.close()
    assert told == [("queue_full", lost)]


def test_plain_text_to_another_machine_is_refused_by_using_tls(sink_for: Any) -> None:
    config = TelemetryConfig("grpc://collector.example:50051")
    assert config.tls
    assert not TelemetryConfig("grpc://127.0.0.1:50051").tls
    assert TelemetryConfig("grpcs://127.0.0.1:50051").tls
