"""HTTP: reads a request, asks the rules, writes the reply or the refusal."""

from __future__ import annotations

import json
import socketserver
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .endpoints import Endpoint, find_endpoint
from .record import Record
from .rejection import Rejection, first_rejection

MAX_BODY_BYTES = 32 * 1024 * 1024  # Anthropic's documented limit of a request

OPENAI_NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY)."
)
OPENAI_NO_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
)


class Provider(ThreadingHTTPServer):
    """The server; `record` holds what arrived."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, record: Record) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.record = record

    @property
    def url(self) -> str:
        """Return the address without a path."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet when a client hangs up in the middle of a reply; show our own errors."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the host's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    disable_nagle_algorithm = True
    timeout = 60
    server: Provider

    def do_GET(self) -> None:
        """Answer `/_received` and nothing else."""
        if self._path() == "/_received":
            self._send_json(200, self.server.record.entries())
        else:
            self._refuse(find_endpoint(self._path()), Rejection(f"Invalid URL (GET {self._path()})", status=404))

    def do_DELETE(self) -> None:
        """Forget what was received."""
        self.server.record.clear()
        self._send_json(200, [])

    def do_POST(self) -> None:
        """Check a request by the rules of its endpoint and answer it."""
        endpoint = find_endpoint(self._path())
        body, found = self._read(endpoint)
        if found is None and endpoint is not None:
            found = first_rejection(endpoint.rules, body)
        self.server.record.add(self._path(), body, 200 if found is None else found.status)
        if found is not None or endpoint is None:
            self._refuse(endpoint, found or self._no_such_url())
        elif endpoint.events is not None and body.get("stream"):
            self._send_events(endpoint.events(body))
        else:
            self._send_json(200, endpoint.reply(body))

    def _read(self, endpoint: Endpoint | None) -> tuple[Any, Rejection | None]:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            if length.isdigit():
                return None, Rejection("Request exceeds the maximum size", status=413, type="request_too_large")
            return None, Rejection("Content-Length is required", status=411)
        raw = self.rfile.read(int(length))
        body, broken = _parse(raw)
        if endpoint is None:
            return body, self._no_such_url()
        found = self._missing_key(endpoint)
        if found is None and (broken or not isinstance(body, dict)):
            openai = endpoint.provider == "openai"
            found = Rejection(OPENAI_NO_JSON if openai else "The request body is not valid JSON")
        return body, found

    def _missing_key(self, endpoint: Endpoint) -> Rejection | None:
        bearer = self.headers.get("Authorization", "").partition(" ")[2].strip()
        if endpoint.provider == "openai":
            if bearer or self.headers.get("api-key"):
                return None
            return Rejection(OPENAI_NO_KEY, status=401)
        if not bearer and not self.headers.get("x-api-key"):
            return Rejection("x-api-key header is required", status=401, type="authentication_error")
        if not self.headers.get("anthropic-version"):
            return Rejection("anthropic-version: header is required")
        return None

    def _no_such_url(self) -> Rejection:
        return Rejection(f"Invalid URL ({self.command} {self._path()})", status=404)

    def _refuse(self, endpoint: Endpoint | None, found: Rejection) -> None:
        anthropic = endpoint is not None and endpoint.provider == "anthropic"
        self._send_json(found.status, found.as_anthropic() if anthropic else found.as_openai())

    def _send_json(self, status: int, body: Any) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)
        self.wfile.flush()

    def _send_events(self, events: Iterator[tuple]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for name, data in events:
            text = data if isinstance(data, str) else json.dumps(data)
            raw = (f"event: {name}\n" if name else "") + f"data: {text}\n\n"
            chunk = raw.encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _path(self) -> str:
        return self.path.partition("?")[0]

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: stdout holds the address alone."""


def _parse(raw: bytes) -> tuple[Any, bool]:
    try:
        return json.loads(raw), False
    except ValueError:
        return raw.decode("utf-8", "replace"), True
