"""Runs the matrix and writes what was seen as a document."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from bench.report import machine

from .environments import NotMade, installed, make, with_sources
from .matrix import EXTRAS, SDKS, Tier
from .server import serving

CHILD = Path(__file__).with_name("child.py")
CHILD_TIMEOUT_S = 600
OK, ABSENT, UNUSABLE = "ok", "absent", "fails without Arc: "

HEAD = """# What is caught

Every way to make a call, on the oldest, two middle and the newest releases of the SDKs, through clients made before and
after `Arc()`, synchronously and not, on each Python: real SDKs in environments of their own against the
[local provider](../../tools/strict_provider.py), which keeps every request as it arrived.

A cell counts combinations of (client made before or after `Arc()`) x (synchronous or not). `4/4` says that in all four:

- a request that a pattern matches **arrived fixed, once**: one request at the server, whose body is what the same call
  sends without Arc plus the fix and nothing else, in the same order, under the same headers;
- a request that none matches **arrived as the same bytes under the same headers** as without Arc;
- each of the two was **one event with one call id**, and its outcome was `ok`;
- the **answer was the one without Arc**, of the same type (identifiers and times aside, and the fixed parameter
  itself where the provider repeats it).

`–`: this release has no such way, or it fails there without Arc, too (then named below). After each
run `close()` was called and a call left as it was.
Not compared are `authorization`, dates and digests of a signature, and idempotency keys: no two requests share them.
"""

LIMITS = """## What this does not cover

- Websockets (`responses.connect`, `realtime`): they have no request body. Multipart uploads (files, audio, images):
  they pass through; their fields are no JSON.
- `GET` and `DELETE` requests (lists, retrievals) carry nothing to fix: they pass through without an event.
- The SDKs' own retries, errors, cancelled and broken streams: other tests look at them.
- The local provider is ours. It answers in the shapes that the SDKs parse; that the real one accepts what arrives
  follows from the rules it enforces, not from having asked it.
- Releases between those named here were not run.
"""


class Result(NamedTuple):
    """What one SDK did in one environment."""

    tier: str
    python: str
    sdk: str
    version: str
    rows: list[dict[str, str]]
    problem: str = ""
    """Why there are no rows."""


def run(folder: Path, tier: Tier, python: str, sdks: Iterable[str] = SDKS) -> list[Result]:
    """Make one environment and go every way in it, one process per SDK."""
    try:
        executable = make(folder, python, (*tier.requirements, *EXTRAS))
    except NotMade as error:
        return [Result(tier.name, python, sdk, "", [], str(error)) for sdk in sdks]
    versions = installed(executable, *sdks)
    return [_one(executable, tier.name, python, sdk, versions[sdk]) for sdk in sdks]


def _one(executable: Path, tier: str, python: str, sdk: str, version: str) -> Result:
    found, problem = go(executable, sdk)
    return Result(tier, python, sdk, version, found.get("rows", []), problem)


def go(executable: Path, sdk: str) -> tuple[dict[str, Any], str]:
    """Return what the child saw with this Python, and what went wrong with the child as a whole."""
    with serving() as provider:
        command = [str(executable), str(CHILD), provider.url, sdk]
        run = subprocess.run(command, capture_output=True, text=True, timeout=CHILD_TIMEOUT_S, env=with_sources())
    if run.returncode:
        return {}, " ".join(run.stderr.split())[-300:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found, "" if found["after_close"] == OK else found["after_close"]


def document(results: list[Result], took_s: float, command: str) -> str:
    """Return the tables as Markdown."""
    lines = [HEAD]
    for sdk in SDKS:
        for tier in dict.fromkeys(result.tier for result in results):
            lines += _table([result for result in results if (result.sdk, result.tier) == (sdk, tier)])
    lines += _not_run(results)
    lines += _unusable(results)
    bad = wrong(results)
    lines += ["## What was not as it should be", "", *(bad or ["Nothing: every combination that ran is `ok`."]), ""]
    lines.append(LIMITS)
    total = sum(row["verdict"] == OK for result in results for row in result.rows)
    lines.append(f"{total:,} combinations were `ok`, {len(bad)} were not. Run on {date.today().isoformat()}, ")
    lines[-1] += f"{took_s / 60:.0f} min: {machine()}. Repeat with `{command}`."
    return "\n".join(lines) + "\n"


def _table(results: list[Result]) -> list[str]:
    ran = [result for result in results if result.rows]
    if not ran:
        return []
    first = ran[0]
    forms = list(dict.fromkeys(row["form"] for result in ran for row in result.rows))
    heads = [f"{result.python}: {result.version}" for result in ran]
    lines = [f"## {first.sdk}, {first.tier}", "", "| Python: release | " + " | ".join(heads) + " |"]
    lines.append("|---" * (len(ran) + 1) + "|")
    lines += [f"| {form} | " + " | ".join(cell(result, form) for result in ran) + " |" for form in forms]
    return [*lines, ""]


def cell(result: Result, form: str) -> str:
    """Return ``4/4``, or ``–`` where the release has no such way."""
    verdicts = [row["verdict"] for row in result.rows if row["form"] == form]
    there = [verdict for verdict in verdicts if verdict == OK or not is_fine(verdict)]
    if not there:
        return "–"
    good = sum(verdict == OK for verdict in there)
    return f"{good}/{len(there)}" if good == len(there) else f"**{good}/{len(there)}**"


def _not_run(results: list[Result]) -> list[str]:
    missing = [result for result in results if result.problem and not result.rows]
    if not missing:
        return []
    lines = [f"- {result.sdk} ({result.tier}), Python {result.python}: {result.problem}" for result in missing]
    return ["## What could not be run", "", *lines, ""]


def _unusable(results: list[Result]) -> list[str]:
    seen = [
        f"- {result.sdk} {result.version}, Python {result.python}, {row['form']}: {row['verdict'][len(UNUSABLE) :]}"
        for result in results
        for row in result.rows
        if row["verdict"].startswith(UNUSABLE)
    ]
    return ["## What fails in these environments without Arc", "", *dict.fromkeys(seen), ""] if seen else []


def is_fine(verdict: str) -> bool:
    """Whether a verdict is nothing that Arc did wrong."""
    return verdict in (OK, ABSENT) or verdict.startswith(UNUSABLE)


def wrong(results: list[Result]) -> list[str]:
    """Return one line per combination that was not as it should be."""
    return list(_wrong(results))


def _wrong(results: list[Result]) -> Iterable[str]:
    for result in results:
        for row in result.rows:
            if not is_fine(row["verdict"]):
                yield (
                    f"- {result.sdk} {result.version}, Python {result.python}, {row['form']}, {row['mode']}, "
                    f"client made {row['made']}: {row['verdict']}"
                )
        if result.rows and result.problem:
            yield f"- {result.sdk} {result.version}, Python {result.python}: {result.problem}"


def timed(folder: Path, tiers: Iterable[Tier], pythons: Iterable[str], say: Any) -> tuple[list[Result], float]:
    """Run the matrix, one environment after the other; `say` gets a line per environment."""
    started = time.monotonic()
    results: list[Result] = []
    for tier in tiers:
        for python in pythons:
            found = run(folder, tier, python)
            results += found
            for one in found:
                bad = sum(not is_fine(row["verdict"]) for row in one.rows)
                say(f"{one.tier} {one.sdk} {one.version} on {python}: {len(one.rows)} rows, {bad} wrong {one.problem}")
    return results, time.monotonic() - started
