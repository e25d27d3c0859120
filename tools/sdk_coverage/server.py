"""The local provider of this repository, which here also answers the paths of the clouds and keeps what was sent."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from strict_provider.record import Record
from strict_provider.replies import anthropic as messages
from strict_provider.server import Handler, Provider

CLOUD = re.compile(
    r"^/model/(?P<bedrock>[^/]+)/(?P<way>invoke(?:-with-response-stream)?)$"
    r"|^/(?:v1/)?projects/[^/]+/locations/[^/]+/publishers/anthropic/models/(?P<vertex>[^:/]+):(?P<raw>\w+)$"
)
BATCHES = re.compile(r"^(?:/openai)?(?:/deployments/[^/]+)?/v1/(?:messages/)?batches$")
UNSTABLE_HEADERS = frozenset(("authorization", "idempotency-key", "x-amz-date", "x-amz-content-sha256"))
"""Left out of the comparison: they are other ones in each request, or follow from the body."""

BATCH = {
    "id": "batch_1",
    "object": "batch",
    "endpoint": "/v1/chat/completions",
    "input_file_id": "file_1",
    "completion_window": "24h",
    "status": "validating",
    "created_at": 1,
}
MESSAGE_BATCH = {
    "id": "msgbatch_1",
    "type": "message_batch",
    "processing_status": "in_progress",
    "request_counts": {"processing": 1, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
    "created_at": "2026-01-01T00:00:00Z",
    "expires_at": "2026-01-02T00:00:00Z",
    "ended_at": None,
    "archived_at": None,
    "cancel_initiated_at": None,
    "results_url": None,
}


class _Keeping(Record):
    """Also keeps a digest of the bytes and headers, so that 'unchanged' can be said of both."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = threading.local()

    def add(self, path: str, body: Any, status: int) -> None:
        """Keep one request."""
        super().add(path, body, status)
        with self._lock:
            self._entries[-1].update(getattr(self.seen, "wire", {}))


class _Handler(Handler):
    """Answers batches, and the paths of Bedrock and Vertex, where the model stands in the path."""

    def do_POST(self) -> None:
        """Answer one request."""
        self.rfile = _Tee(self.rfile)
        try:
            cloud = CLOUD.match(self._path())
            if cloud is None and not BATCHES.match(self._path()):
                super().do_POST()
            elif cloud is None:
                self._kept()
                self._send_json(200, MESSAGE_BATCH if "/messages/" in self.path else BATCH)
            else:
                self._answer_cloud(cloud, self._kept())
        finally:
            self.rfile = self.rfile.inner

    def _read(self, endpoint: Any) -> Any:
        found = super()._read(endpoint)
        self._note()
        return found

    def _note(self) -> None:
        headers = sorted((name.lower(), value) for name, value in self.headers.items())
        stable = [pair for pair in headers if pair[0] not in UNSTABLE_HEADERS]
        self.server.record.seen.wire = {"bytes": _digest(self.rfile.kept), "headers": stable}

    def _kept(self) -> Any:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._note()
        self.server.record.add(self._path(), body, 200)
        return body

    def _answer_cloud(self, path: re.Match[str], body: Any) -> None:
        body = {**body, "model": path["bedrock"] or path["vertex"]}
        if path["way"] == "invoke-with-response-stream":
            self._send_frames(messages.events(body))
        elif (path["raw"] or "").startswith("stream"):
            self._send_events(messages.events(body))
        else:
            self._send_json(200, messages.reply(body))

    def _send_frames(self, events: Iterator[tuple]) -> None:
        """Send Amazon's event stream: frames with lengths, headers and two checksums."""
        content = b"".join(_frame(data) for _, data in events)
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


class _Tee:
    """Reads from the connection and keeps what was read as the body."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.kept = b""

    def read(self, size: int) -> bytes:
        """Read, and keep."""
        data = self.inner.read(size)
        self.kept += data
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _frame(data: Any) -> bytes:
    """Return one message of Amazon's event stream, as `vnd.amazon.eventstream` defines it."""
    payload = json.dumps({"bytes": base64.b64encode(json.dumps(data).encode()).decode()}).encode()
    named = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        bytes((len(name),)) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in named.items()
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


@contextmanager
def serving() -> Iterator[Provider]:
    """Serve on a free port of this machine inside the block."""
    provider = Provider(0, _Keeping())
    provider.RequestHandlerClass = _Handler
    thread = threading.Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.shutdown()
        provider.server_close()
        thread.join()
