"""Sends a mail for every order: takes notifications out of the queue and counts them."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "libs"))

from lotus.errors import Unavailable
from lotus.log import get_logger
from lotus.resp import Store
from lotus.server import Request, serve

QUEUE = "notifications"

store = Store(os.environ["STORE_ADDR"], timeout_s=2.0)


class Worker(threading.Thread):
    """Takes one notification after the other out of the queue."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.sent = 0
        self._log = get_logger("notifier.worker")

    def run(self) -> None:
        """Work until the process ends; wait a little while the store is away."""
        while True:
            try:
                text = store.pop(QUEUE, wait_s=1)
            except Unavailable as error:
                self._log.warning("%s", error)
                time.sleep(0.5)
                continue
            if text is not None:
                self.send(json.loads(text))

    def send(self, notification: dict) -> None:
        """Send one notification."""
        self._log.debug("mail for order %s", notification["order_id"])
        self.sent += 1


worker = Worker()


def show_sent(_: Request) -> tuple[int, Any]:
    """Show how many mails were sent."""
    return 200, {"sent": worker.sent}


if __name__ == "__main__":
    serve("notifier", {("GET", "/sent"): show_sent}, start=worker.start)
