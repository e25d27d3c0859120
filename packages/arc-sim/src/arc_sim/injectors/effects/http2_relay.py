"""Relaying one HTTP/2 connection frame by frame, so that single streams can be answered, cut or blanked."""

from collections.abc import Iterable
from typing import Any

import hpack

from arc_sim.sandboxes.edges.delay_line import Ending
from arc_sim.sandboxes.edges.effect import Direction, Step
from arc_sim.sandboxes.edges.http2 import (
    CANCEL,
    CONTINUATION,
    DATA,
    END_STREAM,
    HEADERS,
    INTERNAL_ERROR,
    NO_ERROR,
    PADDED,
    PREFACE,
    PUSH_PROMISE,
    Frame,
    FrameReader,
    HeaderAssembly,
    HeaderCoder,
    Headers,
    reset,
    window,
)


class _Way:
    """One direction: its frames, its header table."""

    def __init__(self) -> None:
        self.frames = FrameReader()
        self.assembly = HeaderAssembly()
        self.coder = HeaderCoder()


class Http2Relay:
    """Sees the connection from its first byte. ``fault``: an HttpFault, None while none is set."""

    def __init__(self, fault: Any) -> None:
        self.fault = fault
        self._ways: dict[Direction, _Way] = {"request": _Way(), "response": _Way()}
        self._preface_left = len(PREFACE)
        self._hit: dict[int, int] = {}
        """Streams whose answer is to be cut or blanked, with the bytes of the body that have passed."""
        self._gone: set[int] = set()
        """Streams that one side no longer hears of."""
        self._newest = 0

    def arrived(self, direction: Direction, data: bytes) -> Iterable[Step]:
        """Relay what is complete."""
        if direction == "request" and self._preface_left:
            head, data = data[: self._preface_left], data[self._preface_left :]
            self._preface_left -= len(head)
            yield Step(head)
        try:
            for frame in self._ways[direction].frames.feed(data):
                yield from self._frame(direction, frame)
        except hpack.HPACKError:
            yield Step(Ending.RESET)

    def _frame(self, direction: Direction, frame: Frame) -> Iterable[Step]:
        if frame.kind in (HEADERS, CONTINUATION):
            way = self._ways[direction]
            whole = way.assembly.feed(frame)
            if whole is not None:
                first, block = whole
                yield from self._headers(direction, first, way.coder.decode(block))
        elif frame.kind == PUSH_PROMISE:
            yield Step(Ending.RESET)  # no client of today asks for pushes, and its table would be lost
        elif frame.kind == DATA:
            yield from self._data(direction, frame)
        elif frame.stream not in self._gone:
            yield Step(frame.encode())

    def _headers(self, direction: Direction, first: Frame, headers: Headers) -> Iterable[Step]:
        stream = first.stream
        if direction == "request" and stream > self._newest:
            self._newest = stream
            if self.fault is not None and self.fault.hits():
                if self.fault.action == "answer":
                    yield from self._answer(first, headers)
                    return
                self._hit[stream] = 0
        if stream in self._gone:
            return
        for frame in self._ways[direction].coder.encode(stream, headers, first.flags):
            yield Step(frame.encode())

    def _answer(self, first: Frame, headers: Headers) -> Iterable[Step]:
        """Answer in place of the callee; the coder of the other direction keeps no table, so nothing gets mixed up."""
        stream = first.stream
        self._gone.add(stream)
        is_grpc = dict(headers).get(b"content-type", b"").startswith(b"application/grpc")
        coder = self._ways["response"].coder
        if is_grpc:
            answer = [(b":status", b"200"), (b"content-type", b"application/grpc")]
            answer += [
                (b"grpc-status", b"%d" % self.fault.fault.grpc_status),
                (b"grpc-message", b"injected by arc sim"),
            ]
            frames = coder.encode(stream, answer, END_STREAM)
        else:
            body = self.fault.body
            answer = [(b":status", b"%d" % self.fault.fault.status)]
            answer += [(name.encode(), value.encode()) for name, value in self.fault.headers]
            answer.append((b"content-length", b"%d" % len(body)))
            frames = [*coder.encode(stream, answer, 0), Frame(DATA, END_STREAM, stream, body)]
        if not first.flags & END_STREAM:
            frames.append(reset(stream, NO_ERROR))  # RFC 9113 section 8.1: the rest of the request is not wanted
        for frame in frames:
            yield Step(frame.encode(), back=True)

    def _data(self, direction: Direction, frame: Frame) -> Iterable[Step]:
        if frame.stream in self._gone:
            if frame.payload:  # the receiver that never sees it cannot open the window again
                yield Step(window(0, len(frame.payload)).encode(), back=True)
            return
        if direction == "response" and frame.stream in self._hit and self.fault is not None:
            yield from self._shape(frame)
        else:
            yield Step(frame.encode())

    def _shape(self, frame: Frame) -> Iterable[Step]:
        """Let the first bytes of the body pass, then cut the stream or blank the rest."""
        padding = frame.payload[0] if frame.flags & PADDED and frame.payload else 0
        data = frame.payload[1 : len(frame.payload) - padding] if frame.flags & PADDED else frame.payload
        left = max(0, self.fault.fault.after_bytes - self._hit[frame.stream])
        self._hit[frame.stream] += len(data)
        if len(data) <= left:
            yield Step(frame.encode())
        elif self.fault.action == "cut":
            self._gone.add(frame.stream)
            if left:
                yield Step(Frame(DATA, 0, frame.stream, data[:left]).encode())
            yield Step(reset(frame.stream, INTERNAL_ERROR).encode())
            yield Step(window(0, len(frame.payload)).encode(), back=True)
            yield Step(reset(frame.stream, CANCEL).encode(), back=True)
        else:
            blank = data[:left] + b" " * (len(data) - left)
            yield Step(Frame(DATA, frame.flags & END_STREAM, frame.stream, blank).encode())
            if len(frame.payload) > len(data):  # flow control counts the padding that is left out
                yield Step(window(0, len(frame.payload) - len(data)).encode(), back=True)
