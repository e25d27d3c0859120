"""HTTP/2 frames (RFC 9113): following them, and relaying them so that single streams can be answered or cut.

Header blocks are coded with a table that both ends of a direction share (RFC 7541). Whoever takes one stream out has
to code the others anew; the relay does, with tables of size zero towards both sides.
"""

from collections.abc import Iterable
from typing import NamedTuple

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 7, 8, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x4, 0x8, 0x20
NO_ERROR, INTERNAL_ERROR, CANCEL = 0, 2, 8
SMALLEST_MAX_FRAME = 16_384
"""What every receiver accepts: RFC 9113 section 4.2."""

Headers = list[tuple[bytes, bytes]]


class Frame(NamedTuple):
    """One frame."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    def encode(self) -> bytes:
        """Return its bytes."""
        head = len(self.payload).to_bytes(3, "big") + bytes((self.kind, self.flags))
        return head + self.stream.to_bytes(4, "big") + self.payload


class FrameReader:
    """Splits a stream of bytes into frames; without the preface."""

    def __init__(self) -> None:
        self._buffer = b""

    @property
    def is_between(self) -> bool:
        """Whether no frame is under way."""
        return not self._buffer

    def feed(self, data: bytes) -> Iterable[Frame]:
        """Yield the frames that are complete now."""
        self._buffer += data
        while len(self._buffer) >= 9:
            length = int.from_bytes(self._buffer[:3], "big")
            if len(self._buffer) < 9 + length:
                return
            kind, flags = self._buffer[3], self._buffer[4]
            stream = int.from_bytes(self._buffer[5:9], "big") & 0x7FFFFFFF
            payload = self._buffer[9 : 9 + length]
            self._buffer = self._buffer[9 + length :]
            yield Frame(kind, flags, stream, payload)


class Boundary:
    """Follows one direction by its frames' lengths alone, to know where something can be put in between."""

    def __init__(self, skip: int = 0) -> None:
        self._left = skip
        self._head = b""

    @property
    def is_between(self) -> bool:
        """Whether a frame may be put in here."""
        return self._left == 0 and not self._head

    def feed(self, data: bytes) -> int:
        """Return how many of the bytes belong to frames that end in them."""
        position, whole = 0, 0
        while position < len(data):
            if self._left:
                step = min(self._left, len(data) - position)
                self._left -= step
                position += step
            else:
                step = min(9 - len(self._head), len(data) - position)
                self._head += data[position : position + step]
                position += step
                if len(self._head) == 9:
                    self._left = int.from_bytes(self._head[:3], "big")
                    self._head = b""
            if self.is_between:
                whole = position
        return whole


class HeaderCoder:
    """Decodes the header blocks of one sender, and codes headers for the receiver without a table."""

    def __init__(self) -> None:
        self._decoder = hpack.Decoder()
        # The receiver may have allowed any size; what it allowed the sender keeps to.
        self._decoder.max_allowed_table_size = 2**31 - 1
        self._encoder = hpack.Encoder()
        self._encoder.header_table_size = 0

    def decode(self, block: bytes) -> Headers:
        """Return the headers; raises hpack.HPACKError."""
        return list(self._decoder.decode(block, raw=True))

    def encode(self, stream: int, headers: Headers, flags: int) -> list[Frame]:
        """Return HEADERS, and CONTINUATION as far as needed. flags: END_STREAM or nothing."""
        block = self._encoder.encode(headers)
        pieces = [block[i : i + SMALLEST_MAX_FRAME] for i in range(0, len(block), SMALLEST_MAX_FRAME)] or [b""]
        frames = [Frame(HEADERS if i == 0 else CONTINUATION, 0, stream, piece) for i, piece in enumerate(pieces)]
        frames[0] = frames[0]._replace(flags=flags & END_STREAM)
        frames[-1] = frames[-1]._replace(flags=frames[-1].flags | END_HEADERS)
        return frames


class HeaderAssembly:
    """Puts HEADERS and their CONTINUATIONs together."""

    def __init__(self) -> None:
        self._first: Frame | None = None
        self._block = b""

    def feed(self, frame: Frame) -> tuple[Frame, bytes] | None:
        """Return the first frame and the whole block once it is complete."""
        if frame.kind == CONTINUATION and self._first is not None:
            self._block += frame.payload
        else:
            self._first, self._block = frame, _block_of(frame)
        if not frame.flags & END_HEADERS:
            return None
        done = (self._first, self._block)
        self._first, self._block = None, b""
        return done


def goaway() -> bytes:
    """Return the frame with which a server asks for a new connection and goes on answering on this one."""
    return Frame(GOAWAY, 0, 0, (2**31 - 1).to_bytes(4, "big") + NO_ERROR.to_bytes(4, "big")).encode()


def reset(stream: int, code: int) -> Frame:
    """Return RST_STREAM."""
    return Frame(RST_STREAM, 0, stream, code.to_bytes(4, "big"))


def window(stream: int, size: int) -> Frame:
    """Return WINDOW_UPDATE: the receiver of so many bytes has room for as many more."""
    return Frame(WINDOW_UPDATE, 0, stream, size.to_bytes(4, "big"))


def _block_of(frame: Frame) -> bytes:
    payload, padding = frame.payload, 0
    if frame.flags & PADDED and payload:
        padding, payload = payload[0], payload[1:]
    if frame.kind == HEADERS and frame.flags & PRIORITY:
        payload = payload[5:]
    return payload[: len(payload) - padding] if padding else payload
