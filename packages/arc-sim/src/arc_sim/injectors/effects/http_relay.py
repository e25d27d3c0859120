"""Relaying HTTP/1.1 and telling HTTP/2 and other protocols apart, so that single exchanges can be changed."""

from collections import deque
from collections.abc import Iterable
from http import HTTPStatus
from typing import Literal, NamedTuple, Protocol

from arc_sim.injectors.effects.http2_relay import Http2Relay
from arc_sim.model import Fault
from arc_sim.sandboxes.edges.delay_line import Ending
from arc_sim.sandboxes.edges.effect import Direction, Effect, PassingShaper, Relay, Step
from arc_sim.sandboxes.edges.http1 import REQUEST_LINE, Head, MessageReader, Part
from arc_sim.sandboxes.edges.http2 import PREFACE

PREFACE_START = PREFACE[:14]


Action = Literal["answer", "cut", "blank"]


class HttpFault(Protocol):
    """What the relays have to know of the fault that is set."""

    action: Action
    fault: Fault

    def hits(self) -> bool:
        """Draw for the next request."""

    @property
    def body(self) -> bytes:
        """The body of an error answer."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of an error answer."""


class _Exchange(NamedTuple):
    """A request that the callee has, and whose answer is awaited."""

    is_head: bool
    is_hit: bool


class HttpShaper(PassingShaper):
    """Shapes one connection. ``is_new``: nothing was passed on yet; else it joins in at the next request line."""

    def __init__(self, effect: HttpFault, is_new: bool) -> None:
        self._effect: HttpFault | None = effect
        self._is_new = is_new
        self._http2: Http2Relay | None = None
        self._requests: MessageReader | None = None
        self._responses = MessageReader("response")
        self._is_raw = False
        self._awaited: deque[_Exchange] = deque()
        self._swallowing = False
        self._is_head_request = False
        self._passed_bytes = 0
        """Of the body of the answer under way."""

    def adopt(self, effect: Effect) -> bool:
        """Apply the next fault; False when it is not about HTTP."""
        if not hasattr(effect, "hits"):
            return False
        self._effect = effect  # type: ignore[assignment]  # effects with ``hits`` are HttpFaults
        if self._http2 is not None:
            self._http2.fault = self._effect
        return True

    def retire(self) -> Relay | None:
        """Go on without a fault; an HTTP/1.1 connection that is between two exchanges needs nothing any more."""
        self._effect = None
        if self._http2 is not None:
            self._http2.fault = None
            return self
        is_idle = self._requests is None or (self._requests.is_between and self._responses.is_between)
        return None if is_idle and not self._awaited and not self._swallowing else self

    def arrived(self, direction: Direction, data: bytes) -> Iterable[Step]:
        """Find out what is spoken, then relay."""
        if self._http2 is not None:
            return self._http2.arrived(direction, data)
        if self._requests is None and not self._is_raw and direction == "request":
            self._begin(data)
            return self.arrived(direction, data) if self._knows else (Step(data),)
        if self._requests is None or self._is_raw:
            return (Step(data),)
        return self._request(data) if direction == "request" else self._response(data)

    @property
    def _knows(self) -> bool:
        """Whether it is known by now what is spoken."""
        return self._http2 is not None or self._requests is not None or self._is_raw

    def _begin(self, data: bytes) -> None:
        first = data.partition(b"\n")[0] + b"\n"
        if self._is_new and data.startswith(PREFACE_START) and self._effect is not None:
            self._http2 = Http2Relay(self._effect)
        elif REQUEST_LINE.match(first) or (self._is_new and data[:1].isalpha() and b"\n" not in data):
            self._requests = MessageReader("request")
        elif self._is_new:
            self._is_raw = True  # TLS, Redis, ...: nothing for us
        self._is_new = False

    def ended(self, direction: Direction, ending: Ending) -> Iterable[Step]:
        """Pass on what was kept back, then the end."""
        reader = self._requests if direction == "request" else self._responses
        kept = reader.give_up() if reader is not None else b""
        return (Step(kept), Step(ending)) if kept else (Step(ending),)

    def _request(self, data: bytes) -> Iterable[Step]:
        assert self._requests is not None
        for part in self._requests.feed(data):
            if part.kind == "head" and self._requests.head is not None:
                yield from self._decide(self._requests.head, part)
            elif part.kind == "end" and self._swallowing:
                self._swallowing = False
                yield from self._answer()
            elif part.data and not self._swallowing:
                yield Step(part.data)

    def _decide(self, head: Head, part: Part) -> Iterable[Step]:
        """Let the request through or keep it; one behind another that is still unanswered is let through."""
        is_hit = self._effect is not None and not self._awaited and self._effect.hits()
        self._is_head_request = head.start.startswith("HEAD ")
        if is_hit and self._effect is not None and self._effect.action == "answer":
            self._swallowing = True
            if "100-continue" in head.fields.get("expect", "").lower():
                yield from self._answer()  # the body will never come
            return
        self._awaited.append(_Exchange(self._is_head_request, is_hit))
        yield Step(part.data)

    def _answer(self) -> Iterable[Step]:
        if self._effect is None:  # taken out while the request was under way: nobody can answer it any more
            yield Step(Ending.RESET)
            return
        body = self._effect.body
        phrase = HTTPStatus(self._effect.fault.status).phrase if _is_known(self._effect.fault.status) else "Error"
        lines = [f"HTTP/1.1 {self._effect.fault.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in self._effect.headers]
        lines += [f"content-length: {len(body)}", "", ""]
        head = "\r\n".join(lines).encode("latin-1")
        yield Step(head if self._is_head_request else head + body, back=True)

    def _response(self, data: bytes) -> Iterable[Step]:
        if self._awaited:
            self._responses.no_body = self._awaited[0].is_head
        for part in self._responses.feed(data):
            if part.kind == "end":
                yield from self._finish()
            elif part.kind == "body" and self._awaited and self._awaited[0].is_hit and self._effect is not None:
                yield from self._shape_body(part.data, self._effect)
            elif part.data:
                yield Step(part.data)

    def _finish(self) -> Iterable[Step]:
        status = self._responses.head.status if self._responses.head else 0
        if status == 101 or 100 <= status < 200:
            return ()  # the answer itself is still to come
        self._passed_bytes = 0
        if self._awaited:
            self._awaited.popleft()
        if self._awaited:
            self._responses.no_body = self._awaited[0].is_head
        return ()

    def _shape_body(self, data: bytes, effect: HttpFault) -> Iterable[Step]:
        left = max(0, self._limit(effect) - self._passed_bytes)
        self._passed_bytes += len(data)
        if len(data) <= left:
            yield Step(data)
        elif effect.action == "cut":
            if left:
                yield Step(data[:left])
            yield Step(Ending.RESET)
        else:
            yield Step(data[:left] + b" " * (len(data) - left))

    def _limit(self, effect: HttpFault) -> int:
        """Return how much of the body stays whole: of a short one at most a half."""
        length = self._responses.head.fields.get("content-length", "") if self._responses.head else ""
        return min(effect.fault.after_bytes, int(length) // 2) if length.isdigit() else effect.fault.after_bytes


def _is_known(status: int) -> bool:
    return any(status == known.value for known in HTTPStatus)
