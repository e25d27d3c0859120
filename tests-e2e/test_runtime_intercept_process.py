"""arc-runtime in a fresh interpreter: what an import costs, what the order of imports changes, the switch off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

HEAVY = ("anthropic", "asyncio", "google.protobuf", "grpc", "openai", "prometheus_client", "pydantic", "wrapt", "yaml")
CALL = """
client = openai.OpenAI(base_url=URL, api_key="sk-local", max_retries=0)
client.chat.completions.create(model="gpt-4", messages=[{"role": "user", "content": "x"}], temperature=0.95)
"""
ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.temperatures.append(body.get("temperature"))  # type: ignore[attr-defined]
        content = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    made: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.temperatures = []
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def run(code: str, server: Any = None, **variables: str) -> str:
    url = f"http://127.0.0.1:{server.server_address[1]}/v1" if server else ""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ARC_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"URL = {url!r}\n{code}"],
        env={**environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() + done.stderr


def loaded(code: str, **variables: str) -> str:
    return run(f"{code}\nimport sys\nprint(*[n for n in {HEAVY!r} if n in sys.modules])", **variables).strip()


def test_importing_loads_nothing_heavy() -> None:
    assert loaded("import arc_runtime") == ""


def test_switched_off_nothing_heavy_is_loaded_even_by_arc() -> None:
    code = "from arc_runtime import Arc\narc = Arc(endpoint='grpc://localhost:1')\narc.register_pattern({}, {})"
    assert loaded(f"{code}\narc.flush(); arc.health(); arc.close()", ARC_DISABLE="1") == ""


def test_an_arc_loads_no_sdk_and_starts_no_thread() -> None:
    code = "import threading\nfrom arc_runtime import Arc\narc = Arc()\nassert threading.active_count() == 1"
    assert not {"openai", "anthropic", "grpc", "prometheus_client"} & set(loaded(code).split())


@pytest.mark.parametrize(
    ("order", "sent"),
    [
        ("import openai\nfrom arc_runtime import Arc\nArc()", 0.7),
        ("from arc_runtime import Arc\nArc()\nimport openai", 0.7),
        ("from openai import OpenAI\nimport arc_runtime.auto\nimport openai", 0.7),
        ("import arc_runtime.auto\nfrom openai import OpenAI\nimport openai", 0.7),
        ("import openai\nimport arc_runtime", 0.95),
        ("from arc_runtime import Arc\nArc().close()\nimport openai", 0.95),
    ],
)
def test_the_order_of_imports_changes_nothing(server: Any, order: str, sent: float) -> None:
    assert run(order + CALL, server) == ""
    assert server.temperatures == [sent]


def test_the_switch_off(server: Any) -> None:
    run("from arc_runtime import Arc\nimport openai\nArc().wrap(openai)" + CALL, server, ARC_DISABLE="1")
    assert server.temperatures == [0.95]


def test_an_unknown_variable_is_a_warning(server: Any) -> None:
    said = run(
        "import openai\nfrom arc_runtime import Arc\nimport logging\nlogging.basicConfig()\nArc()" + CALL,
        server,
        ARC_X="1",
    )
    assert "ARC_X is not a setting" in said
    assert server.temperatures == [0.7]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_child_is_protected_and_names_its_calls_anew(server: Any) -> None:
    code = (
        "import openai, os\nfrom arc_runtime import Arc\nfrom arc_runtime.testing import MemorySink\n"
        "sink = MemorySink()\narc = Arc(sink=sink)\npid = os.fork()"
        + CALL
        # one write: unbuffered, print writes the line and its end apart, and two processes would mix them
        + "os.write(1, sink.events[0].event_id.encode() + b'\\n')\n"
        "if pid:\n    os.waitpid(pid, 0)\nelse:\n    os._exit(0)\n"
    )
    names = run(code, server).split()
    assert len(names) == len(set(names)) == 2
    assert server.temperatures == [0.7, 0.7]


def test_a_stream_that_is_left_open_at_the_end_of_the_program_is_no_trouble(server: Any) -> None:
    code = (
        "import openai\nfrom arc_runtime import Arc\nfrom arc_runtime.testing import MemorySink\nArc(sink=MemorySink())"
        + CALL
    )
    assert run(code + "kept = client.chat.completions.create(model='m', messages=[], stream=True)\n", server) == ""


def test_importing_the_sink_imports_neither_grpc_nor_protobuf() -> None:
    code = (
        "import sys, arc_runtime.telemetry.worker; print([m for m in ('grpc', 'google.protobuf') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork on this system")
def test_a_forked_child_serves_no_metrics_and_can_close() -> None:
    code = """
import os, signal, socket, urllib.request, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12, about threads and fork
from arc_runtime import Arc
arc = Arc(intercept=False, metrics_port=0)
port = arc.metrics_port
child = os.fork()
if child == 0:
    signal.alarm(20)  # ends a child that waits for a thread that it does not have
    assert arc.metrics_port is None
    arc.close()
    os._exit(7)
print(os.WEXITSTATUS(os.waitpid(child, 0)[1]))
print("arc_requests" in urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode())
ready, wait = os.pipe()
child = os.fork()
if child == 0:
    os.close(wait)
    os.read(ready, 1)
    os._exit(0)
arc.close()
socket.create_server(("127.0.0.1", port)).close()  # the child holds nothing of it
os.write(wait, b"x")
os.waitpid(child, 0)
"""
    assert run(code) == "7\nTrue"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork on this system")
def test_a_child_forked_while_another_thread_changes_the_arc_can_use_it() -> None:
    code = """
import os, signal, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12, about threads and fork
from arc_runtime import Arc
from arc_runtime import arc as facade
arc = Arc()
locks = [facade._lock, arc._parts._lock, arc._parts.installer._lock]
held, done = threading.Event(), threading.Event()
def change():
    with locks[0], locks[1], locks[2]:
        held.set()
        done.wait()
thread = threading.Thread(target=change)
thread.start()
held.wait()
child = os.fork()
if child == 0:
    signal.alarm(20)  # ends a child that waits for a thread that it does not have
    import openai
    assert Arc() is arc
    arc.register_pattern({"model": "m"}, {"x": 1})
    patched = arc.health()["interceptors"]["openai"] == "patched"
    arc.close()
    os._exit(7 if patched else 8)
done.set()
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(code) == "7"
