"""What an intercepted call costs: ours against bare wrapt, the published peer, Sentry and OpenTelemetry, in one run."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import openai
from sdk_coverage.environments import DEFAULT_FOLDER, NotMade, make, with_sources

from bench.report import Report, median

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
"""Less for a try: BENCH_ROUNDS=1 BENCH_BLOCKS=1."""
BLOCKS = {
    kind: int(os.environ.get("BENCH_BLOCKS", count)) for kind, count in {"alone": 6, "sdk": 8, "start": 1}.items()
}
CALLS = {"alone": 2000, "sdk": 100, "start": 1}
BUDGET_S = 330
"""For all rounds: another one begins only where it would end within this, going by the longest so far."""
SLOW_CALLS = 400
"""Calls of a block of the peer with 1,000 patterns, which takes ten times as long as the rest of the run otherwise."""
TIMEOUT_S = 120
CHILD = Path(__file__).with_name("interception_child.py")
PYTHON = "{}.{}".format(*sys.version_info)
SDK = f"openai=={openai.__version__}"
PEERS = {
    "peer": ("arc-runtime==0.1.5", SDK),
    "sentry": ("sentry-sdk==2.75.0", SDK),
    "otel": (
        "opentelemetry-instrumentation-openai-v2==2.4b0", "opentelemetry-util-genai<=1.1b0", "opentelemetry-sdk",
        "httpx", SDK,
    ),
}  # fmt: skip
"""Each in an environment of its own: the peer has our distribution's name, and openai-v2 wants httpx besides httpx2."""


class Row(NamedTuple):
    """One line of the table."""

    title: str
    case: str
    """For the child: ``name:patterns:hit``."""
    kinds: tuple[str, ...] = ("alone", "sdk")
    starts: bool = False
    """Whether import and patch are measured, in processes that do nothing else."""


ROWS = (
    Row("nothing (the noise of this run)", "bare"),
    Row("bare wrapt", "wrapt", starts=True),
    Row("Arc as installed (default packs), no match", "arc-packs", starts=True),
    Row("Arc, no pattern", "arc", starts=True),
    Row("Arc, 1 pattern, no match", "arc:1"),
    Row("Arc, 1 pattern, match and fix", "arc:1:hit"),
    Row("Arc, 1,000 patterns, no match", "arc:1000"),
    Row("Arc, 1,000 patterns, match and fix", "arc:1000:hit", ("alone",)),
    Row("Arc, 1 pattern, no match, events made", "arc-events:1"),
    Row("Arc, 1 pattern, match and fix, events made", "arc-events:1:hit", ("alone",)),
    Row("arc-runtime 0.1.5 (the published peer), no pattern", "peer", ("alone",), starts=True),
    Row("the peer, 1 pattern, no match", "peer:1"),
    Row("the peer, 1 pattern, match and fix", "peer:1:hit", ("alone",)),
    Row("the peer, 1,000 patterns, no match", "peer:1000", ("alone",)),
    Row("Sentry 2.75.0", "sentry", starts=True),
    Row("OpenTelemetry openai-v2 2.4b0", "otel", starts=True),
)

METHOD = f"""openai {openai.__version__}. *Alone*: the SDK's method that gets wrapped is replaced by a constant, so
that only the interception is left. *Real SDK*: `chat.completions.create` on a mock transport, no network. Each case
runs in a process of its own per round, in turns with all the others; inside a process, {BLOCKS["alone"]} blocks
({BLOCKS["sdk"]} with the real SDK) of {CALLS["alone"]:,} ({CALLS["sdk"]}) calls with it alternate with as many without
it, sync and then async. Added p50: median over blocks of the difference; added p99: difference of the p99 over all
blocks; medians over rounds. CPU counts all threads. Import and patch: in fresh processes that do nothing else, from
after openai was imported until before patterns are registered; threads are those there afterwards. Arc, Sentry and
OpenTelemetry had recorded every call at the end of each process. No endpoint (the peer's own default is
localhost:50051, where nothing listens), exporters that count and forget, one Sentry transaction per 400 calls. The
garbage collector is off inside a block."""

COLUMNS = [
    "case", "alone, sync: added p50 / p99 us", "alone, async: added p50 / p99 us", "CPU us added, sync",
    "real SDK, sync: added p50 / p99 us", "real SDK, async: added p50 / p99 us", "import and patch ms", "memory MB",
    "threads",
]  # fmt: skip


STARTS = (("import_ms", ".0f"), ("memory_mb", ".1f"), ("threads", ".0f"))


def run() -> Report:
    """Measure every case in turns and return the table."""
    pythons = {"": sys.executable}
    missing: dict[str, str] = {}
    for name, requirements in PEERS.items():
        try:
            pythons[name] = str(make(DEFAULT_FOLDER, PYTHON, requirements, with_arc=False))
        except NotMade as error:
            missing[name] = str(error)
    found: dict[tuple[str, str], list[Any]] = {}
    began_s, longest_s, done = time.monotonic(), 0.0, 0
    while done < ROUNDS and (not done or time.monotonic() - began_s + longest_s < BUDGET_S):
        round_began_s = time.monotonic()
        _go_round(pythons, found, missing)
        longest_s, done = max(longest_s, time.monotonic() - round_began_s), done + 1
    rows = [_line(row, found, missing) for row in ROWS]
    note = f"{done} of {ROUNDS} rounds fitted into {BUDGET_S} s. " if done < ROUNDS else f"Rounds: {done}. "
    return Report("Interception", METHOD, COLUMNS, rows, note + _reading(found))


def _go_round(pythons: dict[str, str], found: dict[tuple[str, str], list[Any]], missing: dict[str, str]) -> None:
    """Measure every case once; one that fails is missing from then on."""
    for row in ROWS:
        key = row.case.partition(":")[0]
        for kind in (*row.kinds, *(["start"] if row.starts else [])):
            if key in missing:
                break
            try:
                figures = _one(pythons.get(key, sys.executable), row.case, kind)
            except NotMade as error:
                missing[key] = str(error)
            else:
                found.setdefault((row.case, kind), []).append(figures)


def _one(python: str, case: str, kind: str) -> dict[str, Any]:
    calls = SLOW_CALLS if (case, kind) == ("peer:1000", "alone") else CALLS[kind]
    command = [python, str(CHILD), case, kind, str(BLOCKS[kind]), str(calls)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, env=with_sources())
    except subprocess.TimeoutExpired:
        raise NotMade(f"{case} {kind} did not end within {TIMEOUT_S} s") from None
    if done.returncode or not done.stdout:
        raise NotMade(" ".join(done.stderr.split())[-200:])
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _line(row: Row, found: dict[tuple[str, str], list[Any]], missing: dict[str, str]) -> list[str]:
    key = row.case.partition(":")[0]
    if key in missing:
        return [row.title, f"not run: {missing[key]}", *["–"] * (len(COLUMNS) - 2)]
    alone, sdk, start = (found.get((row.case, kind), []) for kind in ("alone", "sdk", "start"))
    return [
        row.title,
        _added(alone, "sync"),
        _added(alone, "async"),
        f"{_median(alone, 'sync', 'added_cpu'):.1f}",
        _added(sdk, "sync", "{:.0f}") if sdk else "–",
        _added(sdk, "async", "{:.0f}") if sdk else "–",
        *(f"{median([one[name] for one in start]):{form}}" if start else "–" for name, form in STARTS),
    ]


def _median(figures: list[Any], mode: str, name: str) -> float:
    return median([one[mode][name] for one in figures])


def _of(figures: list[Any], name: str) -> float:
    return median([one[name] for one in figures])


def _added(figures: list[Any], mode: str, form: str = "{:.1f}") -> str:
    return " / ".join(form.format(_median(figures, mode, name)) for name in ("added_p50", "added_p99"))


def _reading(found: dict[tuple[str, str], list[Any]]) -> str:
    if not {("arc:1", "alone"), ("bare", "sdk"), ("arc", "start"), ("arc-packs", "start")} <= set(found):
        return "Arc itself could not be measured: see the table."
    one, floor = found["arc:1", "alone"], found["bare", "sdk"]
    bare, packs = found["arc", "start"], found["arc-packs", "start"]
    return (
        f"With one pattern Arc adds {_median(one, 'sync', 'added_p50'):.1f} us p50 and "
        f"{_median(one, 'sync', 'added_p99'):.1f} us p99 (wanted: below 5 and 15). Import and patch "
        f"take {_of(packs, 'import_ms'):.0f} ms and {_of(packs, 'memory_mb'):.1f} MB with the default packs, "
        f"{_of(bare, 'import_ms'):.0f} ms and {_of(bare, 'memory_mb'):.1f} MB without (wanted: below 40 and 10). "
        f"A call of the real SDK takes {_median(floor, 'sync', 'floor_p50'):.0f} us here (async "
        f"{_median(floor, 'async', 'floor_p50'):.0f}); the first line there is what the machine itself varies by."
    )
