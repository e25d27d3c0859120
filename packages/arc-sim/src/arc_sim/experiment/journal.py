"""What was done when: one JSON object per line, flushed at once, so that an interrupted run is told up to its end."""

import json
import logging
from pathlib import Path
from types import TracebackType
from typing import Any

from arc_common.clock import Clock

logger = logging.getLogger(__name__)


class Journal:
    """Appends to a file; ``path`` None keeps nothing."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self._clock = clock
        self._born_s = clock.monotonic()
        self._file = path.open("a", encoding="utf-8") if path else None

    def write(self, action: str, **fields: Any) -> None:
        """Append one action with its wall time ``at`` (UTC) and ``monotonic_s`` since the journal was opened."""
        logger.debug("%s %s", action, {name: value for name, value in fields.items() if name != "latencies_ms"})
        if self._file is None:
            return
        entry = {
            "at": self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "monotonic_s": round(self._clock.monotonic() - self._born_s, 4),
            "action": action,
            **fields,
        }
        self._file.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; later writes are dropped."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
