"""Runs one program of this folder inside its own environment, and prints what each of its steps did, as JSON lines.

usage: python harness.py PROGRAM URL ORDER

ORDER: `without` Arc; Arc `first`, before the framework is imported; Arc `last`, after it was imported and its models
were made. A program has `steps(url)`, which imports the framework and returns what can be done with it.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import json
import os
import sys
import urllib.request
import warnings
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

COOLED = {"temperature": 0.7}
CLAMPED = {"max_tokens": 64}
HOT = 0.95
LONG = 640
PATTERNS = [
    {"id": "hot", "pattern": {"provider": "openai", "temperature": {">": 0.9}}, "fix": COOLED},
    {"id": "long", "pattern": {"provider": "anthropic", "max_tokens": {"==": LONG}}, "fix": CLAMPED},
]


_LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(_LOOP)


def wait(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return what a coroutine gives; all of them share one loop, for clients keep connections in theirs."""
    return _LOOP.run_until_complete(coroutine)


class Step(NamedTuple):
    """One thing that users of a framework do."""

    name: str
    do: Callable[[], Any]
    """Returns the text of the answer."""
    fixed: dict[str, Any] = COOLED
    """What every request of it has to arrive with."""
    caught: bool = True
    """False for a way that is known to go past the SDKs: it has to arrive untouched."""
    prepare: Callable[[Any], None] | None = None
    """Is given the Arc before the step, where there is one."""
    check: Callable[[list[dict[str, Any]]], str] = lambda events: ""
    """Is given the events after the step, where there is an Arc; returns what is wrong with them."""


class FileSink:
    """Appends each event to a file as one line, so that the processes of a program share it."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def emit(self, event: Any) -> None:
        """Append one event."""
        call = event.call
        seen = {"id": call.call_id, "status": event.outcome.status, "fixed": bool(event.decision.fixes)}
        seen.update(
            tags=dict(call.tags), pid=os.getpid(), thread=call.thread, body=call.body, parent=call.parent_call_id
        )
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, json.dumps(seen, default=str).encode() + b"\n")
        os.close(file)

    def flush(self, timeout_s: float) -> bool:
        """Return True: nothing ever waits."""
        return True

    def close(self, timeout_s: float) -> None:
        """Keep the file."""

    def stats(self) -> dict[str, Any]:
        """Return nothing to tell."""
        return {}

    def take(self) -> list[dict[str, Any]]:
        """Return the events since the last time."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines()
        self.path.unlink()
        return [json.loads(line) for line in lines]


class Server:
    """The local provider."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str = "/") -> Any:
        """Return what it answers."""
        with urllib.request.urlopen(urllib.request.Request(self.url + path, method=method), timeout=20) as reply:
            return json.load(reply)

    def received(self) -> list[dict[str, Any]]:
        """Return the requests since the last `clear`."""
        return [entry for entry in self.ask("GET", "/_received") if entry["body"] is not None]

    def clear(self) -> None:
        """Forget them."""
        self.ask("DELETE")


def start() -> tuple[Any, Any]:
    """Return an Arc and its sink."""
    from arc_runtime import Arc, guard

    guard.reraise(True)
    sink = FileSink(os.environ["EVENTS_FILE"])
    arc = Arc(sink=sink, packs=())
    arc.register_patterns(PATTERNS)
    return arc, sink


def load(path: Path) -> Any:
    """Return the program as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def go(step: Step, server: Server, sink: Any) -> dict[str, Any]:
    """Do one step; what arrived and what was seen is judged by whoever started us."""
    server.clear()
    if sink is not None:
        sink.take()
    try:
        answer, error = str(step.do()), ""
    except Exception as caught:  # noqa: BLE001 - a row of the table, whatever it is
        answer, error = "", f"{type(caught).__name__}: {caught}"[:400]
    gc.collect()
    events = [] if sink is None else sink.take()
    return {
        "step": step.name,
        "answer": answer,
        "error": error,
        "caught": step.caught,
        "fixed": step.fixed,
        "bodies": [entry["body"] for entry in server.received()],
        "statuses": [entry["status"] for entry in server.received()],
        "events": [[event["id"], event["status"], event["fixed"]] for event in events],
        "problem": "" if sink is None else step.check(events),
    }


def main(program: str, url: str, order: str) -> None:
    """Print one line per step."""
    arc, sink = start() if order == "first" else (None, None)
    steps = load(Path(program)).steps(url)
    if order == "last":
        arc, sink = start()
    server = Server(url)
    os.environ["WITH_ARC"] = "1" if arc else ""
    for step in steps:
        if step.prepare and arc:
            step.prepare(arc)
        print(json.dumps(go(step, server, sink)), flush=True)
    if arc is not None:
        arc.close()
    wait(_LOOP.shutdown_asyncgens())
    _LOOP.close()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.modules["harness"] = sys.modules["__main__"]
    main(*sys.argv[1:])
