"""Where HTTP/1.1 messages begin and end in a stream of bytes, without changing one of them (RFC 9112).

Made for a proxy that has to know the boundaries and otherwise passes on what it got, byte for byte: header names keep
their case and order, bodies their chunks.
"""

import re
from typing import Literal, NamedTuple

MAX_HEAD_BYTES = 256 * 1024
"""A decision: a longer head is no HTTP that we touch. Servers accept 8 to 64 KiB by default."""

REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} [^ \r\n]+ HTTP/1\.[01]\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r\n]")
_HEAD_END = re.compile(rb"\r?\n\r?\n")

Kind = Literal["head", "body", "framing", "end", "raw"]


_State = Literal["head", "counted", "chunk size", "chunk", "chunk end", "trailer", "to the end", "raw"]


class Part(NamedTuple):
    """A piece of the stream."""

    kind: Kind
    """``body`` is payload, ``framing`` what stands around chunks of it, ``end`` holds no bytes; ``raw`` is what comes
    when the stream is not, or no longer, HTTP/1.1 messages."""
    data: bytes = b""


class Head(NamedTuple):
    """What the head of a message says."""

    start: str
    """The request line or status line."""
    fields: dict[str, str]
    """Lower-case names; of a repeated field the values joined by commas."""

    @property
    def status(self) -> int:
        """The status of a response, 0 for a request."""
        match = _STATUS_LINE.match(self.start.encode("latin-1") + b"\n")
        return int(match.group(1)) if match else 0

    @property
    def upgrades(self) -> bool:
        """Whether the connection asks to speak something else from here on, WebSocket for example."""
        return "upgrade" in self.fields.get("connection", "").lower() or self.start.startswith("CONNECT ")


class MessageReader:
    """Splits one direction of a connection into messages.

    Feed it what arrives; it returns parts whose bytes, put together, are what was fed. Whoever reads responses says
    with ``no_body`` that the next message has none (it answers HEAD).
    """

    def __init__(self, of: Literal["request", "response"]) -> None:
        self._of = of
        self._buffer = b""
        self._state: _State = "head"
        self._left = 0
        self.head: Head | None = None
        """Of the message that is being read, or was read last."""
        self.no_body = False

    @property
    def is_between(self) -> bool:
        """Whether no message is under way."""
        return self._state == "head" and not self._buffer

    def feed(self, data: bytes) -> list[Part]:
        """Return the parts that are complete now; an unfinished head or chunk size is kept until it is."""
        self._buffer += data
        parts: list[Part] = []
        while self._buffer:
            before = (len(self._buffer), self._state)
            parts += self._step()
            if (len(self._buffer), self._state) == before:
                break
        return parts

    def give_up(self) -> bytes:
        """Treat the rest as raw bytes; return those that were kept back."""
        self._state = "raw"
        kept, self._buffer = self._buffer, b""
        return kept

    def _step(self) -> list[Part]:
        if self._state == "head":
            return self._read_head()
        if self._state in ("counted", "chunk"):
            return self._read_counted()
        if self._state in ("chunk size", "chunk end", "trailer"):
            return self._read_line()
        kind: Kind = "raw" if self._state == "raw" else "body"
        data, self._buffer = self._buffer, b""
        return [Part(kind, data)]

    def _read_head(self) -> list[Part]:
        line = REQUEST_LINE if self._of == "request" else _STATUS_LINE
        end = _HEAD_END.search(self._buffer)
        first, found, _ = self._buffer.partition(b"\n")
        is_other = bool(found) and line.match(first + b"\n") is None
        if is_other or (end is None and len(self._buffer) > MAX_HEAD_BYTES):
            return [Part("raw", self.give_up())]
        if end is None:
            return []
        raw, self._buffer = self._buffer[: end.end()], self._buffer[end.end() :]
        self.head = parse_head(raw)
        return [Part("head", raw), *self._begin_body(self.head)]

    def _begin_body(self, head: Head) -> list[Part]:
        """Decide how long the body is: RFC 9112 section 6.3."""
        is_response = self._of == "response"
        if is_response and head.status == 101:
            self._state = "raw"
            return []
        bodiless = is_response and (self.no_body or head.status < 200 or head.status in (204, 304))
        length = head.fields.get("content-length", "").split(",")[0].strip()
        if bodiless:
            return [Part("end")]
        if "chunked" in head.fields.get("transfer-encoding", "").lower():
            self._state = "chunk size"
            return []
        if length.isdigit():
            self._left = int(length)
            self._state = "counted" if self._left else "head"
            return [] if self._left else [Part("end")]
        if is_response:
            self._state = "to the end"
            return []
        return [Part("end")]

    def _read_counted(self) -> list[Part]:
        data, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
        self._left -= len(data)
        parts = [Part("body", data)]
        if self._left:
            return parts
        if self._state == "chunk":
            self._state = "chunk end"
            return parts
        self._state = "head"
        return [*parts, Part("end")]

    def _read_line(self) -> list[Part]:
        line, found, rest = self._buffer.partition(b"\n")
        if not found:
            return [Part("raw", self.give_up())] if len(line) > MAX_HEAD_BYTES else []
        self._buffer = rest
        raw = line + found
        if self._state == "chunk size":
            return self._begin_chunk(raw)
        if self._state == "chunk end":
            self._state = "chunk size"
        elif not line.strip():
            self._state = "head"
            return [Part("framing", raw), Part("end")]
        return [Part("framing", raw)]

    def _begin_chunk(self, raw: bytes) -> list[Part]:
        size = raw.split(b";")[0].strip()
        if re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size) is None:
            return [Part("raw", raw + self.give_up())]
        self._left = int(size, 16)
        self._state = "chunk" if self._left else "trailer"
        return [Part("framing", raw)]


def parse_head(raw: bytes) -> Head:
    """Return what a head says; lines without a colon are left out."""
    lines = raw.decode("latin-1").replace("\r\n", "\n").rstrip("\n").split("\n")
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            fields[key] = f"{fields[key]}, {value.strip()}" if key in fields else value.strip()
    return Head(lines[0], fields)
