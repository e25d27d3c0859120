"""The fault proxy of one edge: TCP from the caller to the callee, with an effect in between.

Data leaves in the order in which it came; delays are pipelined (see delay_line.py). Closing is passed on as it
happens: a refused or reset connection is reset on the other side, a half-close stays a half-close. Accepting is not
delayed, unlike with netem, where a new connection pays for its handshake too.
Everything here runs in the thread of the event loop.
"""

import asyncio
import socket

from arc_sim.sandboxes.edges.connection import Connection
from arc_sim.sandboxes.edges.effect import Effect
from arc_sim.sandboxes.processes.ports import HOST, SharedPort


class EdgeProxy:
    """Listens for the caller of one edge and forwards to the callee."""

    def __init__(self, edge: tuple[str, str], upstream: tuple[str, int]) -> None:
        self.edge = edge
        self.upstream = upstream
        self.effect: Effect | None = None
        self._port, listener = SharedPort.listening()
        self._listener: socket.socket | None = listener
        self.address: tuple[str, int] = (HOST, self._port.number)
        self._server: asyncio.Server | None = None
        self._opening: asyncio.Task[None] | None = None
        self._connections: set[Connection] = set()

    async def start(self) -> None:
        """Accept connections from now on."""
        loop = asyncio.get_running_loop()
        if self._listener is not None:
            self._server = await loop.create_server(lambda: Connection(self, loop).caller, sock=self._listener)

    def set_effect(self, effect: Effect | None) -> None:
        """Change the fault for all that arrives from now on; without one, what is still held leaves at once."""
        self.effect = effect
        self._set_refusing(effect is not None and effect.refuses)
        for connection in tuple(self._connections):
            if effect is None:
                connection.release()
            else:
                connection.take(effect)

    def _set_refusing(self, on: bool) -> None:
        if on and self._listener is not None:
            self._stop_listening()
            for connection in tuple(self._connections):
                connection.abort()
        elif not on and self._listener is None:
            self._listener = self._port.listen()
            self._opening = asyncio.get_running_loop().create_task(self.start())

    def _stop_listening(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if self._server is not None:
            self._server.close()
        if self._listener is not None:
            self._listener.close()
        self._server, self._listener = None, None

    @property
    def open_connections(self) -> int:
        """How many callers are connected."""
        return len(self._connections)

    def close(self) -> None:
        """Stop listening and reset what is open."""
        self._stop_listening()
        self._port.release()
        for connection in tuple(self._connections):
            connection.abort()

    def close_socket(self) -> None:
        """Stop listening when no loop is left to do it properly; safe from any thread, also after ``close``."""
        if self._listener is not None:
            self._listener.close()
        self._port.release()

    def attach(self, connection: Connection) -> None:
        """Count a connection in."""
        self._connections.add(connection)

    def detach(self, connection: Connection) -> None:
        """Count it out."""
        self._connections.discard(connection)
