"""Runs the services of one lotus-demo commit on loopback, with one edge slowed down if wished.

For tests of the demo itself; it shares no code with what is tested on the demo.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import yaml

DELAY_S = 0.25


def wait_until(condition: Callable[[], bool], deadline_s: float = 20.0) -> None:
    """Wait until a condition holds; AssertionError when it does not in time."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


class Shop:
    """The services of one commit as processes on loopback, wired as compose.yaml says."""

    def __init__(self, tree: Path, slow_edge: tuple[str, str] | None = None, only: tuple[str, ...] = ()) -> None:
        services = yaml.safe_load((tree / "compose.yaml").read_text())["services"]
        self.services = {name: service for name, service in services.items() if not only or name in only}
        self._tree = tree
        self._slow_edge = slow_edge
        self._held = {name: hold_port() for name in self.services}
        self._ports = {name: held.getsockname()[1] for name, held in self._held.items()}
        self._processes: dict[str, subprocess.Popen] = {}
        self._closing = contextlib.ExitStack()
        self._proxy: DelayProxy | None = None

    @property
    def slow_connections(self) -> int:
        """Return how many connections the slow edge has seen."""
        return self._proxy.connections if self._proxy else 0

    def __enter__(self) -> Shop:
        if self._slow_edge is not None:
            self._proxy = self._closing.enter_context(DelayProxy(self.address(self._slow_edge[1])))
        try:
            for name in self.services:
                self._start(name)
            for name in self.services:
                wait_until(lambda name=name: self._accepts(name))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._processes):
            self.stop(name)
        self._closing.close()
        for held in self._held.values():
            held.close()

    def address(self, name: str) -> tuple[str, int]:
        """Return where a service listens."""
        return "127.0.0.1", self._ports[name]

    def stop(self, name: str) -> int:
        """Terminate one service and return its exit code."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def checkout(self) -> tuple[int, dict, float]:
        """Buy one lotus."""
        return self.call("gateway", "POST", "/checkout", b'{"item":"lotus"}')

    def call(self, name: str, method: str, path: str, body: bytes | None = None) -> tuple[int, dict, float]:
        """Send one request to a service and return status, JSON and the seconds it took."""
        began = time.monotonic()
        connection = http.client.HTTPConnection(*self.address(name), timeout=20)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read()), time.monotonic() - began
        finally:
            connection.close()

    def _start(self, name: str) -> None:
        env = {key: self._rewrite(name, str(value)) for key, value in self.services[name]["environment"].items()}
        self._processes[name] = subprocess.Popen(
            [sys.executable, f"services/{name}/main.py"],
            cwd=self._tree,
            env={
                **os.environ,
                "PYTHONDONTWRITEBYTECODE": "1",
                "LOG_LEVEL": "error",
                **env,
                "PORT": str(self._ports[name]),
            },
        )

    def _rewrite(self, caller: str, value: str) -> str:
        host, _, _port = (urlsplit(value).netloc or value).partition(":")
        if host not in self._ports:
            return value
        slow = self._proxy is not None and (caller, host) == self._slow_edge
        port = self._proxy.port if slow else self._ports[host]
        return f"{'http://' if value.startswith('http') else ''}127.0.0.1:{port}"

    def _accepts(self, name: str) -> bool:
        assert self._processes[name].poll() is None, f"{name} ended"
        try:
            socket.create_connection(self.address(name), 1).close()
        except OSError:
            return False
        return True


def hold_port() -> socket.socket:
    """Return a socket that keeps its port for one service until it is closed.

    It is bound and does not listen: connections are refused until the service listens, which may bind the same port
    because both allow it (SO_REUSEADDR), while nobody who asks for any free port is given this one.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


class DelayProxy:
    """Forwards TCP and holds every answer back for DELAY_S."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.connections = 0

    def __enter__(self) -> DelayProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self._target, 10) as server:
            back = threading.Thread(target=pump, args=(server, client, DELAY_S), daemon=True)
            back.start()
            pump(client, server, 0.0)
            back.join()


def pump(source: socket.socket, sink: socket.socket, delay_s: float) -> None:
    """Copy bytes until the end, each piece `delay_s` late."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            time.sleep(delay_s)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
