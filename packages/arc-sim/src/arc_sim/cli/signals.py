"""Ctrl-C, SIGTERM and the timeout: one KeyboardInterrupt, never between a start and its way back."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM")
"""SIGALRM is the timeout. Those that a platform lacks are left out."""


class Interrupts:
    """Turns the first signal into KeyboardInterrupt in the main thread; ignores all that follow.

    While ``hold`` is open the first signal is kept, and raised when it closes. An exception that is lost, because it
    struck in a finaliser, leaves ``reason`` behind for those who ask.
    """

    def __init__(self) -> None:
        self.reason = ""
        """What ended the run, empty while nothing did."""
        self._held = 0
        self._raised = False
        self._before: dict[int, Any] = {}
        self._unraisable = sys.unraisablehook

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name, None) for name in _NAMES):
                if number is not None:
                    self._before[number] = signal.signal(number, self._receive)
            self._unraisable, sys.unraisablehook = sys.unraisablehook, self._on_unraisable
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.alarm(0)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._before:
            sys.unraisablehook = self._unraisable
        self._before.clear()

    def alarm(self, timeout_s: float) -> None:
        """Interrupt after ``timeout_s`` from now on; 0 takes it back. The net below the deadline's own checks."""
        if self._before and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, timeout_s)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let nothing interrupt what is inside."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        self._raise_if_due()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.reason:
            return
        self.reason = "the timeout passed" if number == getattr(signal, "SIGALRM", 0) else signal.Signals(number).name
        if self._held:
            os.write(2, b"stopping, as soon as this step can be taken back ...\n")  # safe in a signal handler
        self._raise_if_due()

    def _on_unraisable(self, unraisable: "sys.UnraisableHookArgs") -> None:
        """Stay silent about our own exception where it strikes in a finaliser; ``reason`` still ends the run."""
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            self._unraisable(unraisable)

    def _raise_if_due(self) -> None:
        if self.reason and not self._held and not self._raised:
            self._raised = True
            raise KeyboardInterrupt(self.reason)
