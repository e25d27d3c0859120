"""RESP, the protocol of the store (and of Redis): a reader, a writer, and a client with a pool."""

from __future__ import annotations

import socket
from typing import Any, BinaryIO

from lotus.errors import Unavailable

MAX_BULK_BYTES = 1024 * 1024
MAX_ITEMS = 1024


class ProtocolError(Exception):
    """The bytes are no RESP."""


class StoreError(Exception):
    """The store answered with an error."""


def encode_command(*words: Any) -> bytes:
    """Return a command as an array of bulk strings."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def read_value(stream: BinaryIO) -> Any:
    """Read one value: str, int, None, a list of values, or a StoreError (returned, not raised)."""
    line = _read_line(stream)
    kind, rest = line[:1], line[1:]
    if kind == b"+":
        return rest.decode()
    if kind == b"-":
        return StoreError(rest.decode())
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return _read_bulk(stream, int(rest))
    if kind == b"*":
        count = int(rest)
        if count > MAX_ITEMS:
            raise ProtocolError("invalid multibulk length")
        return None if count < 0 else [read_value(stream) for _ in range(count)]
    raise ProtocolError(f"unknown type {kind!r}")


def _read_bulk(stream: BinaryIO, length: int) -> str | None:
    if length < 0:
        return None
    if length > MAX_BULK_BYTES:
        raise ProtocolError("invalid bulk length")
    raw = stream.read(length + 2)
    if len(raw) != length + 2:
        raise EOFError("the connection ended inside a value")
    return raw[:-2].decode("utf-8", "surrogateescape")


def _read_line(stream: BinaryIO) -> bytes:
    line = stream.readline(65536)
    if not line.endswith(b"\n"):
        raise EOFError("the connection ended")
    return line.rstrip(b"\r\n")


class Store:
    """The store at `address` (host:port); connections are kept and used again."""

    def __init__(self, address: str, timeout_s: float = 1.0) -> None:
        host, _, port = address.rpartition(":")
        self._address = (host, int(port))
        self._timeout_s = timeout_s
        self._idle: list[Connection] = []

    def get(self, key: str) -> str | None:
        """Return the value of a key."""
        return self._call("GET", key)

    def mget(self, *keys: str) -> list[str | None]:
        """Return the values of several keys."""
        return self._call("MGET", *keys)

    def set(self, key: str, value: str) -> None:
        """Set a key."""
        self._call("SET", key, value)

    def add(self, key: str, value: str) -> bool:
        """Set a key unless it is there already; say whether it was set."""
        return self._call("SET", key, value, "NX") is not None

    def incrby(self, key: str, amount: int) -> int:
        """Add to a number and return the sum."""
        return self._call("INCRBY", key, amount)

    def push(self, queue: str, value: str) -> None:
        """Put a value into a queue."""
        self._call("LPUSH", queue, value)

    def pop(self, queue: str, wait_s: int) -> str | None:
        """Take the oldest value out of a queue, waiting for one; None after `wait_s`."""
        found = self._call("BRPOP", queue, wait_s, wait_s=wait_s)
        return None if found is None else found[1]

    def _call(self, *words: Any, wait_s: float = 0.0) -> Any:
        kept = bool(self._idle)
        connection = self._take()
        try:
            answer = connection.call(words, self._timeout_s + wait_s)
        except EOFError as error:  # the store was restarted since this connection was used
            connection.close()
            if kept:
                self._idle.clear()
                return self._call(*words, wait_s=wait_s)
            raise Unavailable(f"store {words[0]}: {error}") from error
        except OSError as error:
            connection.close()
            raise Unavailable(f"store {words[0]}: {error}") from error
        self._idle.append(connection)
        if isinstance(answer, StoreError):
            raise answer
        return answer

    def _take(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            return Connection(self._address, self._timeout_s)
        except OSError as error:
            raise Unavailable(f"store {self._address[0]}:{self._address[1]}: {error}") from error


class Connection:
    """One connection to the store."""

    def __init__(self, address: tuple[str, int], timeout_s: float) -> None:
        self._socket = socket.create_connection(address, timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")

    def call(self, words: tuple[Any, ...], timeout_s: float) -> Any:
        """Send one command and return its answer."""
        self._socket.settimeout(timeout_s)
        self._socket.sendall(encode_command(*words))
        return read_value(self._stream)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._socket.close()
