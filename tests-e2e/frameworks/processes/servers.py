"""gunicorn (each worker imports the application; and `--preload`: Arc before the fork) and uvicorn with two workers."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import Step

HERE = Path(__file__).parent
REQUESTS = 24
STARTED_S = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(address, number):
    request = urllib.request.Request(address, headers={"x-request-id": f"r{number}", "connection": "close"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.loads(reply.read())


@contextlib.contextmanager
def running(command, address):
    with (Path(os.environ["SCRATCH"]) / "server.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=HERE, stdout=log, stderr=log)
        try:
            wait_for(process, address)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def wait_for(process, address):
    until_s = time.monotonic() + STARTED_S
    host, _, port = address.removeprefix("http://").partition(":")
    while time.monotonic() < until_s and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError((Path(os.environ["SCRATCH"]) / "server.log").read_text()[-800:])


def use(command):
    """Serve, ask from many threads, and return what was said; more than one process has to have answered."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running([word.replace("PORT", str(port)) for word in command], address), ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: ask(address, number), range(REQUESTS)))
    return [answer["said"] for answer in answers]


def in_workers(events):
    """Return what is wrong: every request one event, and in workers, never in the process that forked them."""
    pids = {event["pid"] for event in events}
    return "" if len(events) == REQUESTS and 1 <= len(pids) <= 2 else f"{len(events)} events from {len(pids)} processes"


GUNICORN = ["gunicorn", "served:wsgi", "--bind", "127.0.0.1:PORT", "--workers", "2", "--log-level", "error"]
UVICORN = ["uvicorn", "served:asgi", "--port", "PORT", "--workers", "2", "--log-level", "error"]


def steps(url):
    return [
        Step("gunicorn, 2 workers", lambda: use(GUNICORN), check=in_workers),
        Step("gunicorn --preload", lambda: use([*GUNICORN, "--preload"]), check=in_workers),
        Step("gunicorn, threads", lambda: use([*GUNICORN, "--threads", "4"]), check=in_workers),
        Step("uvicorn, 2 workers", lambda: use(UVICORN), check=in_workers),
    ]
