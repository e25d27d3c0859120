"""One caller's connection through a fault proxy, and the matching one to the callee."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterable
from typing import Protocol, cast

from arc_sim.sandboxes.edges.delay_line import DelayLine, Ending, Item
from arc_sim.sandboxes.edges.effect import Direction, Effect, Opening, Relay, Shaper, Step
from arc_sim.sandboxes.edges.http2 import PREFACE, Boundary, goaway

CONNECT_TIMEOUT_S = 10.0
"""A decision: a callee whose backlog is full for longer counts as one that refuses."""
_LINGER_ZERO = struct.pack("ii", 1, 0)  # SO_LINGER on with zero seconds: close() sends RST, see socket(7)


class Owner(Protocol):
    """What a connection has to know of its proxy."""

    upstream: tuple[str, int]
    effect: Effect | None

    def attach(self, connection: "Connection") -> None:
        """Count a connection in."""

    def detach(self, connection: "Connection") -> None:
        """Count it out."""


class Connection:
    """Two sides, a line of waiting bytes for each direction, and the shaper of the fault that is set."""

    def __init__(self, owner: Owner, loop: asyncio.AbstractEventLoop) -> None:
        self.owner = owner
        self.is_aborted = False
        self.caller = Side(self, "request", loop)
        self.callee = Side(self, "response", loop)
        self._loop = loop
        self._connecting: asyncio.Task[None] | None = None
        self._shaper: Shaper | None = None
        self._relay: Relay | None = None
        """What an earlier fault left behind that has to go on."""
        self._is_held = False
        self._has_begun = False
        self._responses: Boundary | None = None
        """Set for HTTP/2: where a frame of ours may stand."""
        self._owes_goaway = False

    def peer(self, side: "Side") -> "Side":
        """Return the other side."""
        return self.callee if side is self.caller else self.caller

    def opened(self, side: "Side") -> None:
        """Go on after one side is connected."""
        if self.is_aborted:
            side.reset()
        elif side is self.callee:
            self.caller.line.go()
        else:
            self.owner.attach(self)
            self.caller.line.stop()  # nobody is there to receive yet
            effect = self.owner.effect
            self._shaper = effect.shaper(is_new=True) if effect is not None else None
            opening = self._shaper.opening if self._shaper is not None else Opening.ADMIT
            if opening is Opening.RESET:
                self.abort()
            elif opening is Opening.HOLD:
                self._is_held = True
            else:
                self._connecting = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        host, port = self.owner.upstream
        try:
            await asyncio.wait_for(self._loop.create_connection(lambda: self.callee, host, port), CONNECT_TIMEOUT_S)
        except (OSError, asyncio.TimeoutError):
            self.abort()

    def arrived(self, side: "Side", data: bytes) -> None:
        """Shape a chunk and line it up."""
        if not self._has_begun and side is self.caller:
            self._has_begun = True
            if data.startswith(PREFACE[:14]) and self._shaper is None:
                self._responses = Boundary()
        if self._relay is not None:
            self._line_up(side, self._relay.arrived(side.direction, data), self._shaper)
        elif self._shaper is not None:
            self._line_up(side, self._shaper.arrived(side.direction, data))
        elif self._responses is not None and side is self.callee:
            self._pass_frames(data)
        else:
            side.line.push(data, 0.0)

    def ending(self, side: "Side", ending: Ending) -> None:
        """Shape the end of what a side sends."""
        if self._relay is not None:
            self._line_up(side, self._relay.ended(side.direction, ending), self._shaper)
        elif self._shaper is not None:
            self._line_up(side, self._shaper.ended(side.direction, ending))
        else:
            side.line.push(ending, 0.0)

    def _line_up(self, side: "Side", steps: Iterable[Step], shaper: Shaper | None = None) -> None:
        """Push the steps; those of a relay go through the shaper of the fault that is set."""
        for step in steps:
            if shaper is not None and not step.back:
                again = shaper.arrived if isinstance(step.item, bytes) else shaper.ended
                self._line_up(side, again(side.direction, step.item))  # type: ignore[arg-type]  # told apart above
            else:
                line = self.peer(side).line if step.back else side.line
                line.push(step.item, step.hold_s)

    def _pass_frames(self, data: bytes) -> None:
        assert self._responses is not None
        whole = self._responses.feed(data)
        if self._owes_goaway and (whole or self._responses.is_between):
            self._owes_goaway = False
            self.callee.line.push(data[:whole], 0.0)
            self.callee.line.push(goaway(), 0.0)
            data = data[whole:]
        if data:
            self.callee.line.push(data, 0.0)

    def take(self, effect: Effect) -> None:
        """Put a fault on a connection that is open already."""
        if self._relay is not None and self._relay.adopt(effect):
            return
        if self._responses is None or not effect.understands_http2:
            self._shaper = effect.shaper(is_new=not self._has_begun)
        elif self._responses.is_between:
            self.callee.line.push(goaway(), 0.0)
        else:
            self._owes_goaway = True

    def release(self) -> None:
        """Take the fault out: what was held leaves now, who was held is connected."""
        self._owes_goaway = False
        left = [shaper.retire() for shaper in (self._relay, self._shaper) if shaper is not None]
        self._relay = next(filter(None, left), None)
        self._shaper = None
        self.caller.line.release()
        self.callee.line.release()
        if self._is_held:
            self._is_held = False
            self._connecting = self._loop.create_task(self._connect())

    def ended(self) -> None:
        """Close both sides once both directions have ended."""
        if self.caller.has_ended and self.callee.has_ended:
            self.caller.close()
            self.callee.close()
            self.owner.detach(self)

    def abort(self) -> None:
        """Reset both sides."""
        self.is_aborted = True
        if self._connecting is not None:
            self._connecting.cancel()
        for side in (self.caller, self.callee):
            side.line.clear()
            side.reset()
        self.owner.detach(self)


class Side(asyncio.Protocol):
    """One end of a connection: what arrives here goes through ``line`` to the other end."""

    def __init__(self, connection: Connection, direction: Direction, loop: asyncio.AbstractEventLoop) -> None:
        self.line = DelayLine(loop, self._pass_on, lambda on: self.set_reading("line full", on))
        self.direction: Direction = direction
        self.has_ended = False
        """Whether the end of what this side sends has been passed on."""
        self._connection = connection
        self._transport: asyncio.Transport | None = None
        self._pauses: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast(asyncio.Transport, transport)
        self._connection.opened(self)

    def data_received(self, data: bytes) -> None:
        """Hand it to the connection."""
        self._connection.arrived(self, data)

    def eof_received(self) -> bool:
        """Hand on a half-close; the other direction stays open."""
        self._connection.ending(self, Ending.END)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on a reset."""
        if exc is not None and not self._connection.is_aborted:
            self._connection.ending(self, Ending.RESET)

    def pause_writing(self) -> None:
        """Hold the sender back: this side's buffer is full."""
        peer = self._connection.peer(self)
        peer.set_reading("receiver full", False)
        peer.line.stop()

    def resume_writing(self) -> None:
        """Let the sender go on."""
        peer = self._connection.peer(self)
        peer.set_reading("receiver full", True)
        peer.line.go()

    def set_reading(self, why: str, on: bool) -> None:
        """Read or stop reading; it reads when no reason is left to stop."""
        if on:
            self._pauses.discard(why)
        else:
            self._pauses.add(why)
        if self._transport is None or self._transport.is_closing():
            return
        if self._pauses:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _pass_on(self, item: Item) -> None:
        receiver = self._connection.peer(self)
        if isinstance(item, bytes):
            receiver.write(item)
        elif item is Ending.RESET:
            self._connection.abort()
        else:
            self.has_ended = True
            receiver.write_end()
            self._connection.ended()

    def write(self, data: bytes) -> None:
        """Send it, if there is still somebody."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def write_end(self) -> None:
        """Send the end of the stream."""
        if self._transport is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError):  # the other end is gone already; connection_lost follows
                self._transport.write_eof()

    def close(self) -> None:
        """Close in good order."""
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """Close with RST."""
        if self._transport is None:
            return
        sock = self._transport.get_extra_info("socket")
        if sock is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._transport.abort()
