"""Reads what we report from the bytes of an answer, as they pass: JSON or server-sent events, compressed or not."""

import json
import zlib
from typing import Any, Callable, Mapping, Optional, Tuple

from arc_runtime.interceptors.answers import MAX_ERROR_CHARS, NO_FACTS, AnswerFacts, read_facts
from arc_runtime.interceptors.journey import StreamEnd
from arc_runtime.interceptors.streams import StreamWatch
from arc_runtime.model import STATUS_CANCELLED, STATUS_ERROR, STATUS_OK
from arc_runtime.snapshot import keep

MAX_JSON_BYTES = 1024 * 1024
"""Of a longer answer nothing is read but its end: decoding it costs the application 10 ms and more."""
_LAST = (b"data: [DONE]", b"data:[DONE]", b"event: message_stop", b"event:message_stop")
"""How the last event of a stream begins, at OpenAI and at Anthropic."""
MAX_LINE_BYTES = 256 * 1024
"""A longer line of an event stream is skipped."""

_TELLING = (b'"usage"', b'"finish_reason"', b'"stop_reason"', b'"error"', b'"status"')
"""An event without any of these says nothing that we report, and is not decoded."""


class JsonBody:
    """An answer that comes as one JSON document."""

    def __init__(self) -> None:
        self._pieces = bytearray()
        self.facts: AnswerFacts = NO_FACTS
        self.response: Any = None
        self.problem = ""
        self.is_complete = False
        """Whether its last byte is known to have come: never, for JSON."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if len(self._pieces) <= MAX_JSON_BYTES:
            self._pieces += data

    def finish(self) -> None:
        """Read the document; one that is too long or no JSON says nothing."""
        if not 0 < len(self._pieces) <= MAX_JSON_BYTES:
            return
        try:
            answer = json.loads(self._pieces)
        except ValueError:
            return
        if isinstance(answer, dict):
            self.facts, self.problem, self.response = read_facts(answer), read_problem(answer), keep(answer)


class EventBody:
    """An answer that comes as server-sent events; lines may be cut anywhere between two pieces."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skipping = False
        self.facts: AnswerFacts = NO_FACTS
        self.response: Any = None
        self.problem = ""
        self.is_complete = False
        """Whether the last event has come; who stops reading there, or never closes, has the whole answer."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        *lines, rest = (bytes(self._rest) + data).split(b"\n")
        for line in lines:
            if not self._skipping:
                self._line(line)
            self._skipping = False
        if len(rest) > MAX_LINE_BYTES:
            rest, self._skipping = b"", True
        self._rest = bytearray(rest)

    def finish(self) -> None:
        """Read what stands behind the last line end."""
        if not self._skipping:
            self._line(bytes(self._rest))

    def _line(self, line: bytes) -> None:
        if line.startswith(_LAST):
            self.is_complete = True
        if not line.startswith(b"data:") or not any(word in line for word in _TELLING):
            return
        try:
            event = json.loads(line[len(b"data:") :])
        except ValueError:
            return
        if isinstance(event, dict):
            self.facts = self.facts.merged(read_facts(event))
            self.problem = read_problem(event) or self.problem
            if event.get("type") == "message_delta" and self.facts.finish_reason:
                self.is_complete = True  # usage is in it, and some readers (LiteLLM) stop here and never close


class BodyWatch(StreamWatch):
    """Watches the bytes of one answer."""

    __slots__ = ("_body", "_inflate", "_refused")

    def __init__(self, on_end: Callable[[StreamEnd], None], headers: Mapping[str, str], http_status: int) -> None:
        super().__init__(on_end)
        events = headers.get("content-type", "").startswith("text/event-stream")
        self._body: Any = EventBody() if events else JsonBody()
        coding = headers.get("content-encoding", "").strip().lower()
        self._inflate = _decoder(coding)
        self._refused = http_status >= 400
        if self._inflate is None:  # br, zstd: what it says stays unknown, its end does not
            self._body = None

    def _read(self, chunk: Any) -> None:
        body = self._body
        if body is not None and self._inflate is not None:
            body.feed(self._inflate(bytes(chunk)))
            self._facts = body.facts
            if body.is_complete:
                self.end(STATUS_OK)

    def _tell(self, on_end: Callable[[StreamEnd], None], status: str, error: Optional[BaseException]) -> None:
        body = self._body
        if body is None:
            on_end(StreamEnd(self._status(status, ""), self._last_at_s, self._first_at_s, NO_FACTS, error))
            return
        if status != STATUS_CANCELLED or isinstance(body, EventBody):
            body.finish()
        on_end(
            StreamEnd(
                self._status(status, body.problem),
                self._last_at_s,
                self._first_at_s,
                body.facts,
                error,
                body.response,
                body.problem,
            )
        )

    def _status(self, status: str, problem: str) -> str:
        return STATUS_ERROR if self._refused or problem else status


def read_answer(response: Any) -> Tuple[AnswerFacts, Any]:
    """Return what the body of an HTTP response says, which its library has read already."""
    kind = response.headers.get("content-type", "")
    body: Any = EventBody() if kind.startswith("text/event-stream") else JsonBody()
    if "json" in kind or isinstance(body, EventBody):
        body.feed(response.content)
        body.finish()
    return body.facts, body.response


def read_problem(answer: Mapping[str, Any]) -> str:
    """Return what a JSON answer says went wrong, cut; empty where nothing did."""
    error = answer.get("error")
    message = error.get("message") if isinstance(error, dict) else error
    return message[:MAX_ERROR_CHARS] if isinstance(message, str) else ""


def _decoder(coding: str) -> Optional[Callable[[bytes], bytes]]:
    if coding in ("", "identity"):
        return bytes
    if coding == "gzip":
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress
    return zlib.decompressobj().decompress if coding == "deflate" else None
