"""Goes every way to make a call inside this environment and prints what became of each, as JSON.

usage: python child.py URL SDK      (URL of the local server; openai or anthropic)

Three rounds on the same forms: without Arc (what arrives and what is answered then), with Arc through clients made
before it, with Arc through clients made after it; then `close()`, and one call more. Runs on Python 3.8 and later.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import sys
import urllib.request
import warnings
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sdk_coverage.form import Form, read_async, read_sync

ABSENT = "absent"
UNUSABLE = "fails without Arc: "
OK = "ok"


class Seen(NamedTuple):
    """What one call did."""

    answer: Any
    wire: list
    """What arrived at the server: ``[{path, body, status, bytes, headers}]``."""
    error: str = ""


class Rounds:
    """The forms of one SDK against one server."""

    def __init__(self, url: str, sdk: str) -> None:
        self.url = url
        self.module: Any = importlib.import_module(f"sdk_coverage.forms_{sdk}")
        self.loop = asyncio.new_event_loop()
        self.rows: list = []

    def kits(self) -> dict:
        """Make every client, synchronous and not; one that cannot be made holds the reason."""
        return {
            (name, mode): self._kit(make, mode)
            for name, make in self.module.CLIENTS.items()
            for mode in ("sync", "async")
        }

    def _kit(self, make: Any, mode: str) -> Any:
        try:
            return make(self.url, mode == "async")
        except (AttributeError, ImportError, TypeError) as error:
            return error

    def go(self, form: Form, made: Any, mode: str, parameters: dict) -> Seen:
        """Make one call and tell what it did."""
        self._ask("DELETE", "/")
        if isinstance(made, Exception):
            return Seen(None, [], f"{type(made).__name__}: {made}")
        try:
            given = form.use(made, parameters)
            whole = self.loop.run_until_complete(read_async(form.gives, given)) if mode == "async" else None
            answer = whole if mode == "async" else read_sync(form.gives, given)
        except Exception as error:  # noqa: BLE001 - whatever an old SDK raises is a row of the table
            return Seen(None, self._ask("GET", "/_received"), f"{type(error).__name__}: {error}"[:300])
        return Seen(answer, self._ask("GET", "/_received"))

    def _ask(self, method: str, path: str) -> Any:
        with urllib.request.urlopen(urllib.request.Request(self.url + path, method=method), timeout=20) as reply:
            return json.load(reply)

    def run(self) -> dict:
        """Go all rounds and return the rows."""
        from arc_runtime import Arc
        from arc_runtime.testing import MemorySink

        forms = [(form, mode) for form in self.module.FORMS for mode in form.modes]
        before = self.kits()
        bare = {(f.name, mode, which): self._go(f, before, mode, which) for f, mode in forms for which in (True, False)}
        sink = MemorySink()
        arc = Arc(sink=sink, packs=())
        arc.register_patterns(self.module.PATTERNS)
        for name, kits in (("before", before), ("after", self.kits())):
            for form, mode in forms:
                floor = [bare[form.name, mode, which] for which in (True, False)]
                verdict = self._judge(form, mode, kits, floor, sink)
                self.rows.append({"form": form.name, "mode": mode, "made": name, "verdict": verdict})
        counted = arc.health()["counters"]["requests_intercepted"]
        arc.close()
        left = self._left_alone(before)
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        return {"rows": self.rows, "intercepted": counted, "after_close": left}

    def _go(self, form: Form, kits: dict, mode: str, matching: bool) -> Seen:
        parameters = dict(form.question)
        if not matching:
            parameters.update(form.renamed or self.module.OTHER)
        return self.go(form, kits[form.make, mode], mode, parameters)

    def _judge(self, form: Form, mode: str, kits: dict, floor: list, sink: Any) -> str:
        """Return ``ok``, ``absent``, or what is wrong."""
        bare, bare_other = floor
        if bare.error:
            return f"{UNUSABLE}{bare.error}" if bare.wire else ABSENT
        problems = []
        for matching, expected in ((True, bare), (False, bare_other)):
            del sink.events[:]
            seen = self._go(form, kits, mode, matching)
            if not sink.events:
                gc.collect()
            problems += compare(form, seen, expected, list(sink.events), matching)
        return "; ".join(problems) or OK

    def _left_alone(self, kits: dict) -> str:
        form = self.module.FORMS[0]
        seen = self._go(form, kits, "sync", True)
        key = next(iter(form.fixed))
        return OK if seen.wire and seen.wire[0]["body"][key] == form.question[key] else f"still changed: {seen}"


def compare(form: Form, seen: Seen, bare: Seen, events: list, matching: bool) -> list:
    """Return what is wrong with a call, compared with the same call without Arc."""
    kind = "matching" if matching else "other"
    if seen.error:
        return [f"{kind}: raises {seen.error}"]
    if len(seen.wire) != 1:
        return [f"{kind}: {len(seen.wire)} requests arrived"]
    problems = [*_events(events, matching), *_arrival(form, seen.wire[0], bare.wire[0], matching)]
    if without(seen.answer, form.fixed) != without(bare.answer, form.fixed):
        problems.append("another answer")
    return [f"{kind}: {problem}" for problem in problems]


def _events(events: list, matching: bool) -> list:
    if len(events) != 1:
        return [f"{len(events)} events"]
    outcome, decision = events[0].outcome, events[0].decision
    if outcome.status != "ok" or bool(decision.fixes) != matching:
        return [f"the event says {outcome.status}, {decision.reason}"]
    return [] if events[0].call.call_id else ["a call without an id"]


def _arrival(form: Form, arrived: dict, usual: dict, matching: bool) -> list:
    if not matching:
        same = (arrived["bytes"], arrived["headers"]) == (usual["bytes"], usual["headers"])
        return [] if same else ["not the same bytes and headers"]
    problems = []
    in_order = list(arrived["body"])[: len(usual["body"])] == list(usual["body"])
    if arrived["body"] != {**usual["body"], **form.fixed} or not in_order:
        problems.append(f"arrived as {json.dumps(arrived['body'])[:200]}")
    if _headers(arrived) != _headers(usual):
        problems.append("other headers")
    return problems


def _headers(request: dict) -> list:
    return [header for header in request["headers"] if header[0] != "content-length"]


def without(answer: Any, names: Any) -> Any:
    """Return an answer without the named fields: the provider repeats some parameters of the request there."""
    if isinstance(answer, dict):
        return {key: without(value, names) for key, value in answer.items() if key not in names}
    if isinstance(answer, list):
        return [without(item, names) for item in answer]
    return answer


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps(Rounds(*sys.argv[1:]).run()))
