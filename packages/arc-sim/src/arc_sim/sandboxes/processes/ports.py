"""Loopback ports: reserved until the service that will listen on them is started."""

import random
import socket

from arc_sim.errors import SandboxError

HOST = "127.0.0.1"
_RANGE = (20_000, 32_000)
"""Below Linux' default range for outgoing connections (32768-60999), which could otherwise take a reserved port."""
_ATTEMPTS = 200


class ReservedPort:
    """A port that nobody else can bind until ``release``."""

    def __init__(self) -> None:
        self._socket, self.number = _bind_free()

    def release(self) -> None:
        """Give it free; the service should bind it now."""
        self._socket.close()


def _bind_free() -> tuple[socket.socket, int]:
    for _ in range(_ATTEMPTS):
        number = random.SystemRandom().randrange(*_RANGE)
        candidate = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            candidate.bind((HOST, number))
        except OSError:
            candidate.close()
        else:
            return candidate, number
    raise SandboxError(f"no free port on {HOST} between {_RANGE[0]} and {_RANGE[1]}", code="sandbox.no_port")


def listening_socket() -> socket.socket:
    """Return a listening loopback socket on any free port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind((HOST, 0))
        listener.listen(512)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
