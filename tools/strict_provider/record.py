"""What the provider received: in memory for `GET /_received`, and as JSON lines in a file."""

from __future__ import annotations

import json
import threading
from collections import deque
from pathlib import Path
from typing import Any

MAX_KEPT = 10_000


class Record:
    """The last 10,000 requests as {path, body, status}; headers are never kept, for keys travel in them."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=MAX_KEPT)
        self._file = None if file is None else file.open("a", encoding="utf-8")

    def add(self, path: str, body: Any, status: int) -> None:
        """Keep one request; it is in the file when this returns."""
        entry = {"path": path, "body": body, "status": status}
        with self._lock:
            self._entries.append(entry)
            if self._file is not None:
                self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
                self._file.flush()

    def entries(self) -> list[dict[str, Any]]:
        """Return what was received, oldest first."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget what is in memory; the file stays."""
        with self._lock:
            self._entries.clear()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
