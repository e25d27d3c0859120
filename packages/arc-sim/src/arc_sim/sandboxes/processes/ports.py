"""Loopback ports: reserved until the service that will listen on them is started."""

import random
import socket
import sys

from arc_sim.errors import SandboxError

HOST = "127.0.0.1"
_RANGE = (20_000, 32_000)
"""Below Linux' default range for outgoing connections (32768-60999), which could otherwise take a reserved port."""
_ATTEMPTS = 200
_BACKLOG = 512


class ReservedPort:
    """A port that nobody else can bind until ``release``; connecting to it is refused."""

    def __init__(self) -> None:
        self._socket, self.number = _bind_free()

    def release(self) -> None:
        """Give it free; the service should bind it now."""
        self._socket.close()


class SharedPort:
    """A port that stays ours while the listening socket on it comes and goes.

    While none listens, the kernel refuses connections: that is what a stopped service looks like.
    """

    def __init__(self) -> None:
        self._anchor, self.number = _bind_free(is_shared=True)

    @classmethod
    def listening(cls) -> "tuple[SharedPort, socket.socket]":
        """Return a port and its first listening socket: another process may have bound the same port to share it."""
        for _ in range(_ATTEMPTS):
            port = cls()
            try:
                return port, port.listen()
            except OSError:
                port.release()
        raise SandboxError(f"no port on {HOST} can be listened on", code="sandbox.no_port")

    def listen(self) -> socket.socket:
        """Return a new listening socket."""
        listener = _shared_socket()
        try:
            listener.bind((HOST, self.number))
            listener.listen(_BACKLOG)
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
        return listener

    def release(self) -> None:
        """Give it free."""
        self._anchor.close()


def _tcp_socket() -> socket.socket:
    # asyncio switches Nagle's algorithm off only for sockets that name their protocol; with it on, an answer in two
    # writes takes 40 ms.
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)


def _shared_socket() -> socket.socket:
    made = _tcp_socket()
    # On Linux two sockets may be bound to one port while at most one listens; BSD wants the other option for that.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if sys.platform == "linux" else socket.SO_REUSEPORT, 1)
    return made


def _bind_free(is_shared: bool = False) -> tuple[socket.socket, int]:
    for _ in range(_ATTEMPTS):
        number = random.SystemRandom().randrange(*_RANGE)
        candidate = _shared_socket() if is_shared else _tcp_socket()
        try:
            candidate.bind((HOST, number))
        except OSError:
            candidate.close()
        else:
            return candidate, number
    raise SandboxError(f"no free port on {HOST} between {_RANGE[0]} and {_RANGE[1]}", code="sandbox.no_port")


def listening_socket() -> socket.socket:
    """Return a listening loopback socket on any free port."""
    listener = _tcp_socket()
    try:
        listener.bind((HOST, 0))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
