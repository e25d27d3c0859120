"""Calls another service over HTTP, with a timeout and retries."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from lotus.errors import Rejected, Unavailable


class Client:
    """A service at `base_url`; every attempt may take `timeout_s`, and `retries` more follow a failed one.

    Before retry n the client waits `backoff_s * 2**n`.
    """

    def __init__(self, base_url: str, timeout_s: float, retries: int = 0, backoff_s: float = 0.05) -> None:
        parts = urlsplit(base_url)
        self.base_url = base_url
        self.timeout_s = timeout_s
        self.retries = retries
        self.backoff_s = backoff_s
        self._host = parts.hostname or "localhost"
        self._port = parts.port or 80

    def get(self, path: str) -> Any:
        """Return the JSON at a path."""
        return self._call("GET", path, None)

    def post(self, path: str, payload: Any) -> Any:
        """Send JSON to a path and return the JSON it answers."""
        return self._call("POST", path, json.dumps(payload).encode())

    def _call(self, method: str, path: str, body: bytes | None) -> Any:
        for attempt in range(self.retries + 1):
            try:
                return self._attempt(method, path, body)
            except Unavailable:
                if attempt == self.retries:
                    raise
                time.sleep(self.backoff_s * 2**attempt)
        raise AssertionError("not reached")

    def _attempt(self, method: str, path: str, body: bytes | None) -> Any:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self.timeout_s)
        try:
            connection.request(method, path, body, self._headers())
            response = connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"{method} {self.base_url}{path}: {error or type(error).__name__}") from error
        finally:
            connection.close()
        if response.status >= 500:
            raise Unavailable(f"{method} {self.base_url}{path}: status {response.status}")
        if response.status >= 400:
            raise Rejected(response.status, raw.decode("utf-8", "replace"))
        return json.loads(raw)

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Connection": "close"}


class LastGood:
    """Remembers the last good answer of a call and gives it again while the call fails."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._answer: Any = None

    def get(self) -> Any:
        """Return a fresh answer, or the last good one; raise Unavailable if there never was one."""
        try:
            self._answer = self._call()
        except Unavailable:
            if self._answer is None:
                raise
        return self._answer
