"""A chain of tiny real services, gateway -> orders -> payments, that a test can make misbehave."""

from pathlib import Path

import pytest

from arc_sim.model import Edge, Graph, Service
from arc_sim.sandboxes.base import Deployment, StartSpec

SERVICE = """
import http.client, http.server, os, signal, subprocess, sys, threading, time, urllib.parse

name, mode, port = os.environ["NAME"], os.environ.get("MODE", ""), int(os.environ["PORT"])
print("hello from", name, flush=True)

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.do_POST()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status = 200
        if self.path == "/crash":
            print("about to crash", flush=True)
            os._exit(7)
        if self.path == "/slow":
            time.sleep(30)
        if "DOWNSTREAM_URL" in os.environ and self.path != "/healthz":
            url = urllib.parse.urlsplit(os.environ["DOWNSTREAM_URL"])
            try:
                connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
                connection.request("GET", self.path)
                status = connection.getresponse().status
                connection.close()
            except OSError as error:
                print("downstream failed:", error, flush=True)
                status = 503
        body = name.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

if "ignore_sigterm" in mode:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "forks" in mode:
    subprocess.Popen(["sleep", "321"])
if "leaves_session" in mode:
    subprocess.Popen(["sleep", "321"], start_new_session=True)
if "prints" in mode:
    sys.stdout.write("x" * 8_000_000 + "\\nlast words\\n")
    sys.stdout.flush()
if "dies" in mode:
    sys.exit("cannot find my secret")
if "never_ready" in mode:
    print("waiting for godot", flush=True)
    time.sleep(600)
if "other_port" in mode:
    port = 0
if "worker" in mode:
    time.sleep(600)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""

GRAPH = Graph(
    services=(Service("gateway"), Service("orders", aliases=("orders-svc",)), Service("payments")),
    edges=(Edge("gateway", "orders", "http"), Edge("orders", "payments", "http")),
)


class Chain:
    """Makes deployments of the chain."""

    def __init__(self, worktree: Path) -> None:
        self.worktree = worktree
        (worktree / "service.py").write_text(SERVICE)
        self.downstream = {"gateway": "http://orders-svc:8080", "orders": "http://payments:80/"}

    def start(self, service: str, mode: str = "", **options: object) -> StartSpec:
        env = {"NAME": service, "MODE": mode}
        if service in self.downstream:
            env["DOWNSTREAM_URL"] = self.downstream[service]
        defaults = {"port_env": "PORT", "ready_path": "/healthz", "ready_timeout_s": 20.0}
        return StartSpec(service, ("python3", "service.py"), ".", tuple(sorted(env.items())), **{**defaults, **options})

    def deployment(self, *starts: StartSpec, graph: Graph = GRAPH, scope: tuple[str, ...] = ()) -> Deployment:
        names = scope or tuple(service.name for service in graph.services)
        return Deployment("head", "0" * 40, self.worktree, graph, tuple(starts), names, "gateway")

    def real(self, **modes: str) -> Deployment:
        return self.deployment(*(self.start(name, modes.get(name, "")) for name in ("gateway", "orders", "payments")))


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path)
