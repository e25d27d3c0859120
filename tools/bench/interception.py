"""What an intercepted call costs: ours against bare wrapt, the published peer, Sentry and OpenTelemetry, in one run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import openai
from sdk_coverage.environments import DEFAULT_FOLDER, NotMade, make, with_sources

from bench.report import Report, median

ROUNDS = 3
BLOCKS = {"alone": 6, "sdk": 8}
CALLS = {"alone": 2000, "sdk": 100}
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


ROWS = (
    Row("nothing (the noise of this run)", "bare"),
    Row("bare wrapt", "wrapt"),
    Row("Arc, no pattern", "arc"),
    Row("Arc, 1 pattern, no match", "arc:1"),
    Row("Arc, 1 pattern, match and fix", "arc:1:hit"),
    Row("Arc, 1,000 patterns, no match", "arc:1000"),
    Row("Arc, 1,000 patterns, match and fix", "arc:1000:hit", ("alone",)),
    Row("Arc, 1 pattern, no match, events made", "arc-events:1"),
    Row("Arc, 1 pattern, match and fix, events made", "arc-events:1:hit", ("alone",)),
    Row("arc-runtime 0.1.5 (the published peer), no pattern", "peer", ("alone",)),
    Row("the peer, 1 pattern, no match", "peer:1"),
    Row("the peer, 1 pattern, match and fix", "peer:1:hit", ("alone",)),
    Row("the peer, 1,000 patterns, no match", "peer:1000", ("alone",)),
    Row("Sentry 2.75.0", "sentry"),
    Row("OpenTelemetry openai-v2 2.4b0", "otel"),
)

METHOD = f"""openai {openai.__version__}. *Alone*: the SDK's method that gets wrapped is replaced by a constant, so
that only the interception is left. *Real SDK*: `chat.completions.create` on a mock transport, no network. Each case
runs in {ROUNDS} processes of its own, in turns with all the others; inside a process, {BLOCKS["alone"]} blocks
({BLOCKS["sdk"]} with the real SDK) of {CALLS["alone"]:,} ({CALLS["sdk"]}) calls with it alternate with as many without
it, sync and then async. Added p50: median over blocks of the difference; added p99: difference of the p99 over all
blocks; medians over processes. CPU counts all threads. Import and patch begin after openai was imported and end before
patterns are registered; threads are those there afterwards. No endpoint (the peer's own default is localhost:50051,
where nothing listens), exporters that forget, one Sentry transaction per 400 calls. The garbage collector is off inside
a block."""

COLUMNS = [
    "case", "alone, sync: added p50 / p99 us", "alone, async: added p50 / p99 us", "CPU us added, sync",
    "real SDK, sync: added p50 / p99 us", "real SDK, async: added p50 / p99 us", "import and patch ms", "memory MB",
    "threads",
]  # fmt: skip


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
    for _ in range(ROUNDS):
        for row in ROWS:
            key = row.case.partition(":")[0]
            for kind in row.kinds if key not in missing else ():
                try:
                    found.setdefault((row.case, kind), []).append(
                        _one(pythons.get(key, sys.executable), row.case, kind)
                    )
                except NotMade as error:
                    missing[key] = str(error)
    rows = [_line(row, found, missing) for row in ROWS]
    return Report("Interception", METHOD, COLUMNS, rows, _reading(found))


def _one(python: str, case: str, kind: str) -> dict[str, Any]:
    calls = SLOW_CALLS if (case, kind) == ("peer:1000", "alone") else CALLS[kind]
    command = [python, str(CHILD), case, kind, str(BLOCKS[kind]), str(calls)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, env=with_sources())
    if done.returncode or not done.stdout:
        raise NotMade(" ".join(done.stderr.split())[-200:])
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _line(row: Row, found: dict[tuple[str, str], list[Any]], missing: dict[str, str]) -> list[str]:
    key = row.case.partition(":")[0]
    if key in missing:
        return [row.title, f"not run: {missing[key]}", *["–"] * (len(COLUMNS) - 2)]
    alone, sdk = found[row.case, "alone"], found.get((row.case, "sdk"), [])
    return [
        row.title,
        _added(alone, "sync"),
        _added(alone, "async"),
        f"{_median(alone, 'sync', 'added_cpu'):.1f}",
        _added(sdk, "sync", "{:.0f}") if sdk else "–",
        _added(sdk, "async", "{:.0f}") if sdk else "–",
        f"{median([one['import_ms'] for one in alone + sdk]):.0f}",
        f"{median([one['memory_mb'] for one in alone + sdk]):.1f}",
        f"{median([one['threads'] for one in alone + sdk]):.0f}",
    ]


def _median(figures: list[Any], mode: str, name: str) -> float:
    return median([one[mode][name] for one in figures])


def _added(figures: list[Any], mode: str, form: str = "{:.1f}") -> str:
    return " / ".join(form.format(_median(figures, mode, name)) for name in ("added_p50", "added_p99"))


def _reading(found: dict[tuple[str, str], list[Any]]) -> str:
    one, floor = found["arc:1", "alone"], found["bare", "sdk"]
    everything = one + found["arc:1", "sdk"]
    return (
        f"With one pattern Arc adds {_median(one, 'sync', 'added_p50'):.1f} us p50 and "
        f"{_median(one, 'sync', 'added_p99'):.1f} us p99 (wanted: below 5 and 15), after "
        f"{median([figures['import_ms'] for figures in everything]):.0f} ms (wanted: below 40) and "
        f"{median([figures['memory_mb'] for figures in everything]):.1f} MB (wanted: below 10). "
        f"A call of the real SDK takes {_median(floor, 'sync', 'floor_p50'):.0f} us here (async "
        f"{_median(floor, 'async', 'floor_p50'):.0f}); the first line there is what the machine itself varies by."
    )
