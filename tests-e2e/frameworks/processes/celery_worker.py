"""A Celery worker with two forked processes, over a broker of files."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from harness import Step

HERE = Path(__file__).parent
TASKS = 12


@contextlib.contextmanager
def worker():
    for name in ("queue", "results", "control"):
        (Path(os.environ["SCRATCH"]) / name).mkdir(exist_ok=True)
    command = [sys.executable, "-m", "celery", "-A", "celery_tasks:APP", "worker", "-c", "2", "--loglevel", "ERROR"]
    with (Path(os.environ["SCRATCH"]) / "worker.log").open("w") as log:
        process = subprocess.Popen([*command, "--without-gossip", "--without-mingle"], cwd=HERE, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def use():
    sys.path.insert(0, str(HERE))
    with_arc, os.environ["WITH_ARC"] = os.environ["WITH_ARC"], ""  # this process only sends
    from celery_tasks import ask

    os.environ["WITH_ARC"] = with_arc
    with worker():
        waiting = [ask.delay(f"r{number}") for number in range(TASKS)]
        return [result.get(timeout=90)["said"] for result in waiting]


def in_workers(events):
    pids = {event["pid"] for event in events}
    ours = os.getpid() in pids
    return "" if len(events) == TASKS and not ours else f"{len(events)} events from {len(pids)} processes"


def steps(url):
    return [Step("worker, prefork of 2", use, check=in_workers)]
