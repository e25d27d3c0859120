"""Serves JSON over HTTP until SIGTERM."""

from __future__ import annotations

import json
import logging
import os
import signal
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lotus.errors import Rejected, Unavailable
from lotus.log import get_logger

MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True)
class Request:
    """What a route gets: the JSON of the body ({} without one) and the query."""

    body: dict
    query: dict


def serve(
    service: str,
    routes: dict[tuple[str, str], Callable[[Request], tuple[int, Any]]],
    start: Callable[[], None] = lambda: None,
) -> None:
    """Serve `routes`, {(method, path): route}, on HOST:PORT until SIGTERM or SIGINT; `start` starts other threads."""
    log = get_logger(service)
    all_routes = {("GET", "/healthz"): lambda _: (200, {"ok": True}), **routes}
    handler = type("Handler", (JsonHandler,), {"routes": all_routes, "log": log})
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080")))
    run_until_signal(lambda: HttpServer(address, handler), log, start)


def run_until_signal(
    make_server: Callable[[], socketserver.BaseServer], log: logging.Logger, start: Callable[[], None] = lambda: None
) -> None:
    """Run a server in a thread of its own and stop it at once on SIGTERM or SIGINT.

    The signals are blocked and waited for: a handler could run while this thread holds the lock it needs. Threads
    inherit what is blocked, so all of them start after that: one that did not would be killed by the signal.
    """
    endings = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, endings)
    start()
    server = make_server()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    log.info("listening on port %d", server.server_address[1])
    signal.sigwait(endings)
    server.shutdown()
    server.server_close()


class HttpServer(ThreadingHTTPServer):
    """A thread per connection; threads do not outlive the process."""

    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the host's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


class JsonHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = 16384
    disable_nagle_algorithm = True
    timeout = 30
    routes: dict[tuple[str, str], Callable[[Request], tuple[int, Any]]]
    log: Any

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer("POST")

    def _answer(self, method: str) -> None:
        parts = urlsplit(self.path)
        route = self.routes.get((method, parts.path))
        try:
            body = self._read_body()
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            status, answer = (404, {"error": "not found"}) if route is None else route(Request(body, query))
        except Rejected as error:
            status, answer = error.status, {"error": str(error)}
        except Unavailable as error:
            self.log.warning("%s %s: %s", method, parts.path, error)
            status, answer = 503, {"error": str(error)}
        self._send(status, answer)

    def _read_body(self) -> dict:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise Rejected(413, "the body is too large")
        raw = self.rfile.read(int(length))
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            raise Rejected(400, "the body is not JSON") from None
        if not isinstance(body, dict):
            raise Rejected(400, "the body is not a JSON object")
        return body

    def _send(self, status: int, answer: Any) -> None:
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Write one line per request, at debug."""
        self.log.debug(format, *args)
