"""A worker process: reads jobs from stdin, writes answers to stdout, ends when stdin does.

One frame is eight bytes of length and that many bytes of msgpack. A job names a function of ``JOBS``; nothing else can
be called. Started by ``workers.py`` with ``-c``, so that no module of the caller's or of the examined repository is
imported.
"""

import gc
import signal
import sys
import traceback
from importlib import import_module
from typing import BinaryIO

import msgspec

JOBS = {
    "lower": "arc_sim.causal.code.library:lower_files",
    "scan": "arc_sim.causal.code.scan:scan_services",
}
"""Name of a job -> function from bytes to bytes."""

LENGTH = 8


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer jobs until there are no more; a job that fails is answered with ``[False, traceback]``."""
    while (frame := read_frame(stdin)) is not None:
        name, payload = msgspec.msgpack.decode(frame, type=tuple[str, bytes])
        module, _, attribute = JOBS[name].partition(":")
        try:
            answer = (True, getattr(import_module(module), attribute)(payload))
        except Exception:  # noqa: BLE001 - a worker's loop: the parent decides what a failed job means
            answer = (False, traceback.format_exc().encode())
        write_frame(stdout, msgspec.msgpack.encode(answer))


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next frame, None at the end."""
    head = stream.read(LENGTH)
    if len(head) < LENGTH:
        return None
    size = int.from_bytes(head, "big")
    content = stream.read(size)
    return content if len(content) == size else None


def write_frame(stream: BinaryIO, content: bytes) -> None:
    """Write one frame."""
    stream.write(len(content).to_bytes(LENGTH, "big"))
    stream.write(content)
    stream.flush()


def run() -> None:
    """Serve the process's own stdin and stdout. Ctrl-C is the parent's to handle: it closes stdin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(200_000, 20, 20)  # syntax trees and programs are many objects without cycles
    serve(sys.stdin.buffer, sys.stdout.buffer)
