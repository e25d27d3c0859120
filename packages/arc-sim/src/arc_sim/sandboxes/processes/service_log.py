"""What a service prints: the beginning in a file of bounded size, the end in memory."""

import os
import threading
from pathlib import Path

FILE_BYTES = 4 * 1024 * 1024
"""A decision: enough to see how a service started; a service that prints a gigabyte must not fill the disk."""
TAIL_BYTES = 64 * 1024
"""A decision: enough for the last lines of any message."""


class ServiceLog:
    """Reads a pipe in a thread of its own until its end, so that the service never blocks on printing."""

    def __init__(self, service: str, path: Path) -> None:
        self.path = path
        self._read_fd, self.write_fd = os.pipe()
        """Give ``write_fd`` to the service, then call ``start``."""
        self._tail = bytearray()
        self._total_bytes = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._copy, name=f"arc-sim-log-{service}", daemon=True)

    def start(self) -> None:
        """Close our copy of the writing end and begin to read."""
        os.close(self.write_fd)
        self._thread.start()

    def discard(self) -> None:
        """Close both ends; for a service that could not be started."""
        os.close(self.write_fd)
        os.close(self._read_fd)

    def tail(self, lines: int = 20) -> str:
        """Return the last lines, undecodable bytes replaced."""
        with self._lock:
            text = bytes(self._tail).decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines:]) if lines > 0 else ""

    def wait(self, timeout_s: float) -> bool:
        """Wait until everybody who could write has gone; False when that takes longer."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _copy(self) -> None:
        with os.fdopen(self._read_fd, "rb", buffering=0) as pipe, self.path.open("wb") as file:
            while chunk := pipe.read(65_536):
                room = max(0, FILE_BYTES - self._total_bytes)
                if room:
                    file.write(chunk[:room])
                    file.flush()
                with self._lock:
                    self._total_bytes += len(chunk)
                    self._tail += chunk
                    del self._tail[:-TAIL_BYTES]
            if self._total_bytes > FILE_BYTES:
                file.write(f"\n[{self._total_bytes - FILE_BYTES} bytes more; the last of them:]\n".encode())
                file.write(bytes(self._tail))
