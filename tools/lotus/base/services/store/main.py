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

GREETINGS = {"COMMAND": [], "CLIENT": "OK", "SELECT": "OK", "INFO": "", "QUIT": "OK"}


class Session(socketserver.StreamRequestHandler):
    """One client."""

    disable_nagle_algorithm = True
    server: StoreServer

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
        self.wfile.write(encode(value))


def encode(value: Any) -> bytes:
    """Return an answer in RESP."""
    if value is None:
        return b"$-1\r\n"
    if value in ("OK", "PONG"):
        return b"+%b\r\n" % value.encode()
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(encode(item) for item in value)
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
    log = get_logger("store")
    server = StoreServer((os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "6379"))))
    run_until_signal(server, lambda: log.info("listening on port %d", server.server_address[1]))
