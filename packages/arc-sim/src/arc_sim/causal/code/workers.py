"""Runs jobs in worker processes: for large repositories only, bounded in number, gone when the work is done."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

import msgspec

from arc_sim.causal.code.worker import read_frame, write_frame

MAX_WORKERS = 8
"""A decision: each takes about 100 MB, and the parent cannot feed more."""

PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from arc_sim.causal.code.worker import run; run()"


def worker_count() -> int:
    """Return how many workers this machine can use."""
    with contextlib.suppress(AttributeError, OSError):
        return min(MAX_WORKERS, len(os.sched_getaffinity(0)))
    return min(MAX_WORKERS, os.cpu_count() or 1)


class Failed(Exception):
    """A worker could not do a job; the message says why."""


def run_jobs(name: str, jobs: Iterable[bytes], workers: int) -> Iterator[bytes]:
    """Yield the answers in any order, while later jobs are still made; raises Failed when a worker ends or fails."""
    waiting: queue.Queue[bytes | None] = queue.Queue(maxsize=workers * 2)
    done: queue.Queue[bytes | Failed] = queue.Queue()
    processes = [_start() for _ in range(workers)]
    threads = [threading.Thread(target=_feed, args=(name, p, waiting, done), daemon=True) for p in processes]
    for thread in threads:
        thread.start()
    try:
        yield from _exchange(jobs, waiting, done)
    finally:
        for process in processes:
            process.kill()
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait()
        for _ in threads:
            waiting.put(None)
        for thread, process in zip(threads, processes, strict=True):
            thread.join()
            process.wait()


def _exchange(
    jobs: Iterable[bytes], waiting: "queue.Queue[bytes | None]", done: "queue.Queue[bytes | Failed]"
) -> Iterator[bytes]:
    """Put jobs in while there is room, give answers out as they come."""
    open_jobs = 0
    for job in jobs:
        while waiting.full():
            yield _answer(done)
            open_jobs -= 1
        waiting.put(job)
        open_jobs += 1
    for _ in range(open_jobs):
        yield _answer(done)


def _answer(done: "queue.Queue[bytes | Failed]") -> bytes:
    found = done.get()
    if isinstance(found, Failed):
        raise found
    return found


def _start() -> "subprocess.Popen[bytes]":
    path = json.dumps([entry for entry in sys.path if entry])
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=os.sep
    )


def _feed(
    name: str,
    process: "subprocess.Popen[bytes]",
    waiting: "queue.Queue[bytes | None]",
    done: "queue.Queue[bytes | Failed]",
) -> None:
    stdin, stdout = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
    with stdin, stdout, contextlib.suppress(BrokenPipeError):
        while (job := waiting.get()) is not None:
            done.put(_one(name, job, stdin, stdout))


def _one(name: str, job: bytes, stdin: BinaryIO, stdout: BinaryIO) -> "bytes | Failed":
    try:
        write_frame(stdin, msgspec.msgpack.encode((name, job)))
        frame = read_frame(stdout)
    except OSError:
        frame = None
    if frame is None:
        return Failed("a worker process ended")
    fine, answer = msgspec.msgpack.decode(frame, type=tuple[bool, bytes])
    return answer if fine else Failed(answer.decode("utf-8", "replace"))
