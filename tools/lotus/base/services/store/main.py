"""A key-value store and queue that speaks RESP, so that Redis clients can talk to it."""

from __future__ import annotations

import os
import socketserver
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "libs"))

from data import CommandError, Data
from lotus.log import get_logger
from lotus.resp import ProtocolError, read_value
from lotus.server import run_until_signal

NULL_2 = b"$-1\r\n"
NULL_3 = b"_\r\n"
GREETINGS = {"COMMAND": [], "SELECT": "OK", "INFO": "", "QUIT": "OK"}


class Session(socketserver.StreamRequestHandler):
    """One client."""

    disable_nagle_algorithm = True
    server: StoreServer
    null = NULL_2

    def handle(self) -> None:
        """Answer commands until the client leaves or sends something else than RESP."""
        try:
            while self._answer():
                pass
        except (EOFError, OSError):
            return
        except (ProtocolError, ValueError) as error:
            self.wfile.write(b"-ERR Protocol error: %b\r\n" % str(error).encode())

    def _answer(self) -> bool:
        words = self._read()
        if not words:
            return True
        name, arguments = words[0], words[1:]
        try:
            self._send(self._run(name.upper(), name, arguments))
        except CommandError as error:
            self.wfile.write(b"-%b\r\n" % str(error).encode("utf-8", "surrogateescape"))
        return name.upper() != "QUIT"

    def _run(self, upper: str, name: str, arguments: list[str]) -> Any:
        if upper == "PING":
            return arguments[0] if arguments else "PONG"
        if upper == "ECHO" and arguments:
            return arguments[0]
        if upper == "HELLO":
            about = greet(arguments[0] if arguments else "2")
            self.null = NULL_3 if isinstance(about, dict) else NULL_2
            return about
        if upper == "CLIENT" and arguments and arguments[0].upper() in ("SETINFO", "SETNAME"):
            return "OK"
        return GREETINGS[upper] if upper in GREETINGS else self.server.data.run(name, arguments)

    def _read(self) -> list[str]:
        first = self.rfile.peek(1)[:1]  # type: ignore[attr-defined]
        if first == b"":
            raise EOFError
        if first != b"*":  # typed by hand, as in `nc store 6379`
            return self.rfile.readline(65536).decode("utf-8", "replace").split()
        words = read_value(self.rfile)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ProtocolError("expected an array of bulk strings")
        return words

    def _send(self, value: Any) -> None:
        self.wfile.write(encode(value, self.null))


def greet(version: str) -> Any:
    """Return what HELLO answers: a map in RESP3, a flat list in RESP2."""
    if version not in ("2", "3"):
        raise CommandError("NOPROTO unsupported protocol version")
    about = {"server": "lotus", "version": "1.0.0", "proto": int(version), "mode": "standalone", "role": "master"}
    return about if version == "3" else [part for pair in about.items() for part in pair]


def encode(value: Any, null: bytes) -> bytes:
    """Return an answer in RESP."""
    if value is None:
        return null
    if value in ("OK", "PONG"):
        return b"+%b\r\n" % value.encode()
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, dict):
        return b"%%%d\r\n" % len(value) + b"".join(
            encode(key, null) + encode(item, null) for key, item in value.items()
        )
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(encode(item, null) for item in value)
    raw = value.encode("utf-8", "surrogateescape")
    return b"$%d\r\n%b\r\n" % (len(raw), raw)


class StoreServer(socketserver.ThreadingTCPServer):
    """A thread per client over one set of data."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Session)
        self.data = Data()


if __name__ == "__main__":
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "6379")))
    run_until_signal(lambda: StoreServer(address), get_logger("store"))
