"""The fault proxy of one edge: TCP from the caller to the callee, with an effect in between.

Data leaves in the order in which it came; delays are pipelined (see delay_line.py). Closing is passed on as it
happens: a refused or reset connection is reset on the other side, a half-close stays a half-close. Accepting is not
delayed, unlike with netem, where a new connection pays for its handshake too.
Everything here runs in the thread of the event loop.
"""

import asyncio
import contextlib
import socket
import struct
from typing import Literal, Protocol, cast

from arc_sim.sandboxes.edges.delay_line import DelayLine, Ending, Item
from arc_sim.sandboxes.processes.ports import listening_socket

Direction = Literal["request", "response"]
"""From the caller to the callee, and back."""

CONNECT_TIMEOUT_S = 10.0
"""A decision: a callee whose backlog is full for longer counts as one that refuses."""
_LINGER_ZERO = struct.pack("ii", 1, 0)  # SO_LINGER on with zero seconds: close() sends RST, see socket(7)


class Effect(Protocol):
    """What a fault does to the traffic of an edge."""

    def hold_s(self, direction: Direction) -> float:
        """Return for how long the chunk that has just arrived is held."""


class EdgeProxy:
    """Listens for the caller of one edge and forwards to the callee."""

    def __init__(self, edge: tuple[str, str], upstream: tuple[str, int]) -> None:
        self.edge = edge
        self.upstream = upstream
        self.effect: Effect | None = None
        self._listener = listening_socket()
        host, port = self._listener.getsockname()
        self.address: tuple[str, int] = (host, port)
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    async def start(self) -> None:
        """Accept connections from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self, loop).caller, sock=self._listener)

    def set_effect(self, effect: Effect | None) -> None:
        """Change the fault for all that arrives from now on; without one, what is still held leaves at once."""
        self.effect = effect
        if effect is None:
            for connection in tuple(self._connections):
                connection.release()

    @property
    def open_connections(self) -> int:
        """How many callers are connected."""
        return len(self._connections)

    def close(self) -> None:
        """Stop listening and reset what is open."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.abort()

    def close_socket(self) -> None:
        """Stop listening when no loop is left to do it properly; safe from any thread, also after ``close``."""
        self._listener.close()

    def attach(self, connection: "_Connection") -> None:
        """Count a connection in."""
        self._connections.add(connection)

    def detach(self, connection: "_Connection") -> None:
        """Count it out."""
        self._connections.discard(connection)


class _Connection:
    """One caller's connection and the matching one to the callee."""

    def __init__(self, proxy: EdgeProxy, loop: asyncio.AbstractEventLoop) -> None:
        self.proxy = proxy
        self.is_aborted = False
        self.caller = _Side(self, "request", loop)
        self.callee = _Side(self, "response", loop)
        self._loop = loop
        self._connecting: asyncio.Task[None] | None = None

    def peer(self, side: "_Side") -> "_Side":
        return self.callee if side is self.caller else self.caller

    def opened(self, side: "_Side") -> None:
        if self.is_aborted:
            side.reset()
        elif side is self.caller:
            self.proxy.attach(self)
            self.caller.line.stop()  # nobody is there to receive yet
            self._connecting = self._loop.create_task(self._connect())
        else:
            self.caller.line.go()

    async def _connect(self) -> None:
        host, port = self.proxy.upstream
        try:
            await asyncio.wait_for(self._loop.create_connection(lambda: self.callee, host, port), CONNECT_TIMEOUT_S)
        except (OSError, asyncio.TimeoutError):
            self.abort()

    def hold_s(self, direction: Direction) -> float:
        effect = self.proxy.effect
        return effect.hold_s(direction) if effect is not None else 0.0

    def ended(self) -> None:
        """Close both sides once both directions have ended."""
        if self.caller.has_ended and self.callee.has_ended:
            self.caller.close()
            self.callee.close()
            self.proxy.detach(self)

    def release(self) -> None:
        self.caller.line.release()
        self.callee.line.release()

    def abort(self) -> None:
        """Reset both sides."""
        self.is_aborted = True
        if self._connecting is not None:
            self._connecting.cancel()
        for side in (self.caller, self.callee):
            side.line.clear()
            side.reset()
        self.proxy.detach(self)


class _Side(asyncio.Protocol):
    """One end of a connection: what arrives here goes through ``line`` to the other end."""

    def __init__(self, connection: _Connection, direction: Direction, loop: asyncio.AbstractEventLoop) -> None:
        self.line = DelayLine(loop, self._pass_on, lambda on: self.set_reading("line full", on))
        self.has_ended = False
        """Whether the end of what this side sends has been passed on."""
        self._connection = connection
        self._direction: Direction = direction
        self._transport: asyncio.Transport | None = None
        self._pauses: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connection.opened(self)

    def data_received(self, data: bytes) -> None:
        self.line.push(data, self._connection.hold_s(self._direction))

    def eof_received(self) -> bool:
        self.line.push(Ending.END, self._connection.hold_s(self._direction))
        return True  # the other direction stays open

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and not self._connection.is_aborted:
            self.line.push(Ending.RESET, self._connection.hold_s(self._direction))

    def pause_writing(self) -> None:
        peer = self._connection.peer(self)
        peer.set_reading("receiver full", False)
        peer.line.stop()

    def resume_writing(self) -> None:
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
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def write_end(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError):  # the other end is gone already; connection_lost follows
                self._transport.write_eof()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        if self._transport is None:
            return
        sock = self._transport.get_extra_info("socket")
        if sock is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._transport.abort()
