"""Stands between arc-sim and a service: ``python launcher.py PARENT_PID PROGRAM ARGUMENT...`` becomes the program.

It asks the kernel to kill the service when the thread that started it ends (Linux, PR_SET_PDEATHSIG), which not even a
SIGKILL of arc-sim can prevent. It is a program of its own because code between fork and exec is unsafe in a process
with threads. It imports nothing of Arc, so that it starts fast.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent: int) -> None:
    """Arrange to be killed together with the parent; does nothing where the platform cannot."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def main(argv: list[str]) -> None:
    """Become the program that the arguments name."""
    die_with_parent(int(argv[0]))
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # Python ignores the first two, and exec would keep that
    try:
        os.execv(argv[1], argv[1:])
    except OSError as error:
        print(f"cannot run {argv[1]}: {error.strerror}", file=sys.stderr)
        raise SystemExit(127) from None


if __name__ == "__main__":
    main(sys.argv[1:])
