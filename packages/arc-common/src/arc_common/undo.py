"""Whatever we put in, we can take out: one way back for every ``install``, ``inject`` and ``up``."""

import threading
from types import TracebackType
from typing import Callable, List, Optional, Tuple, Type


class Undo:
    """One way back. Calling it twice, or from two threads at once, runs the action once."""

    def __init__(self, action: Callable[[], None], what: str = "") -> None:
        self.what = what
        self._action: Optional[Callable[[], None]] = action
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """Take it back. Raises what the action raises, the first time only."""
        with self._lock:
            action, self._action = self._action, None
        if action is not None:
            action()

    @property
    def done(self) -> bool:
        """Whether it was called."""
        return self._action is None


class UndoStack:
    """Ways back, run in reverse order; each one is tried, whatever the others raise."""

    def __init__(self) -> None:
        self._undos: List[Undo] = []
        self._lock = threading.Lock()

    def push(self, action: Callable[[], None], what: str = "") -> Undo:
        """Add a way back and return it, so that it can also be taken alone."""
        undo = action if isinstance(action, Undo) else Undo(action, what)
        with self._lock:
            self._undos.append(undo)
        return undo

    def close(self) -> List[Tuple[str, Exception]]:
        """Run all that is left, newest first, and return what failed as ``(what, error)``."""
        failures: List[Tuple[str, Exception]] = []
        while True:
            with self._lock:
                if not self._undos:
                    return failures
                undo = self._undos.pop()
            try:
                undo()
            except Exception as error:  # noqa: BLE001 - the rest must still be undone
                failures.append((undo.what, error))

    def __enter__(self) -> "UndoStack":
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()
