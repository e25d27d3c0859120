"""What a match costs, from a thousand patterns to a million: time, memory, build, and updates while others match.

Each set of patterns is registered and built once, in a process of its own, and then mapped by another that only
matches, so that its memory is its own. Files of two cases are built at a time; nothing is timed meanwhile but that.

ARC_BENCH_SIZES=1000,10000 measures smaller sets.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.report import Report

TOOLS = Path(__file__).resolve().parent.parent
SIZES = tuple(int(size) for size in os.environ.get("ARC_BENCH_SIZES", "1000,100000,1000000").split(","))
DISTRIBUTIONS = {
    "models": "1,000 models x thresholds",
    "many_models": "N/10 models x 10 thresholds, 4 operators",
    "one_model": "one model, N intervals (adversarial)",
    "mixed": "16 signatures, nested paths",
    "exact": "N request hashes",
    "boxes": "one model, N boxes in two numbers",
    "expired": "1,000 models x thresholds, all expired",
    "text": "texts of 3-6 words, in requests of 20 KB",
    "similar": "prompts of 100 words, 3 words edited",
}
ONLY_SMALLER = ("many_models", "expired", "text", "similar")
"""Not at the largest size: the first two differ from `models` in nothing that is looked up, the others are few."""
PEER = "arc-runtime==0.1.5"
"""The published package of this name on the index, import name `runtime`."""
TIMEOUT_S = 900

METHOD = """Patterns go in through `PatternStore.register`, as `Arc.register_patterns` does it, from a generator; a
child process builds the file ("child"). Two cases are built at a time, so build times are those of a busy machine; CPU
seconds are not. Then a fresh process maps the file and answers up to 20,000 requests made before, hits and misses as
the distribution makes them. p50 and p99 are medians over blocks of 500 requests, p99.9 is of all; garbage collection is
off inside a block. "Floor" is `json.loads` of a list of two values, measured after each block. Anonymous memory is what
the process has beyond what it had before it mapped the file, fixes decoded so far included; mapped pages are shared by
forked workers. Linear: the same patterns, each tried in turn. Peer: the published package of the same name, in its own
environment, asked for the same models and thresholds."""

COLUMNS = (
    *("patterns", "N", "p50 us", "p99 us", "p99.9 us", "x floor (p50)", "matched", "stopped", "gate erred"),
    *("anonymous MB", "mapped MB", "register s", "us CPU each", "child s", "child us CPU each", "child peak MB"),
)


def run() -> Report:
    """Measure every case and give one table."""
    with tempfile.TemporaryDirectory(prefix="arc-matching-") as folder:
        cases = [(name, size) for name in DISTRIBUTIONS for size in _sizes(name)] + [("all", SIZES[-1])]
        with ThreadPoolExecutor(2) as pool:
            built = dict(zip(cases, pool.map(lambda case: _case(*case, folder, "build"), cases), strict=True))
        found = {case: {**built[case], **_case(*case, folder)} for case in cases}
        rows = [
            _row(DISTRIBUTIONS.get(name, "all kinds in one process"), size, figures)
            for (name, size), figures in found.items()
        ]
        rows += [_row("linear scan of 1,000 models", size, _case("linear", size, folder)) for size in SIZES[:2]]
        peers = _peers()
        rows += [_row(f"peer ({PEER})", size, figures) for size, figures in peers.items()]
        reading = [_growth(found, peers), _all_kinds(found["all", SIZES[-1]]), _updates(folder), _fuzzy(folder)]
    return Report("Matching", METHOD, list(COLUMNS), rows, "\n\n".join(reading))


def _sizes(name: str) -> tuple[int, ...]:
    return SIZES[:2] if name in ONLY_SMALLER else SIZES


def _case(name: str, size: int, folder: str, *more: str) -> dict[str, Any]:
    print(f"  {name} {size:,} {' '.join(more)}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "bench.matching_case", name, str(size), folder, *more]
    done = subprocess.run(command, cwd=TOOLS, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        return {"failed": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no output"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _row(title: str, size: int, found: dict[str, Any]) -> list[str]:
    if "failed" in found:
        return [title, f"{size:,}", f"failed: {found['failed']}", *[""] * (len(COLUMNS) - 3)]
    each = {key: found[key] / size * 1e6 for key in ("register_cpu_s", "child_cpu_s") if key in found}
    figures = {**found, **each}
    forms = {
        **dict.fromkeys(("p50", "p99", "p999", "floors"), "{:.1f}"),
        "matched": "{:.0%}",
        **dict.fromkeys(("stopped", "gate_erred"), "{:,}"),
        **dict.fromkeys(("anonymous_mb", "mapped_mb"), "{:.0f}"),
        **{"register_s": "{:.1f}", "register_cpu_s": "{:.0f}", "build_s": "{:.1f}", "child_cpu_s": "{:.0f}"},
        "child_mb": "{:.0f}",
    }
    return [title, f"{size:,}", *(form.format(figures[key]) if key in figures else "" for key, form in forms.items())]


def _growth(found: dict[tuple[str, int], dict[str, Any]], peers: dict[int, dict[str, Any]]) -> str:
    """Say how much longer a match takes among the most patterns than among the fewest."""
    lines = ["Growth of the p50 with N:", "", "| patterns | " + " | ".join(f"{size:,}" for size in SIZES) + " |"]
    lines.append("|" + "---|" * (len(SIZES) + 1))
    for name, title in DISTRIBUTIONS.items():
        lines.append(_growth_line(title, [found.get((name, size), {}) for size in SIZES]))
    lines.append(_growth_line(f"peer ({PEER})", [peers.get(size, {}) for size in SIZES]))
    return "\n".join(lines)


def _growth_line(title: str, figures: list[dict[str, Any]]) -> str:
    first = figures[0].get("p50")
    shown = [f"x{one['p50'] / first:.1f}" if first and "p50" in one else "" for one in figures]
    return f"| {title} | " + " | ".join(shown) + " |"


def _all_kinds(found: dict[str, Any]) -> str:
    """Say what a process with everything in it takes, by kind of request."""
    if "failed" in found:
        return f"All kinds in one process: failed: {found['failed']}"
    lines = [f"All kinds in one process: {found['rss_mb']:.0f} MB resident in all, Python included.", ""]
    lines += ["| request | p50 us | p99 us | p99.9 us | matched |", "|---|---|---|---|---|"]
    for name, one in found["kinds"].items():
        times = " | ".join(f"{one[key]:.1f}" for key in ("p50", "p99", "p999"))
        lines.append(f"| {DISTRIBUTIONS[name]} | {times} | {one['matched']:.0%} |")
    return "\n".join(lines)


def _updates(folder: str) -> str:
    """Say what updates cost while 64 threads match, beside the same threads without updates."""
    size = SIZES[min(1, len(SIZES) - 1)]
    found = _case("updates", size, folder)
    if "failed" in found:
        return f"Updates while 64 threads match: failed: {found['failed']}"
    rate = f"{found['adds']:,} additions and {found['merges']} merges in {found['seconds']:.0f} s"
    return "\n".join(
        [
            f"Updates while 64 threads match ({size:,} patterns, each thread matching every 5 ms; {rate}): an addition",
            f"takes {found['add_p50']:.0f} us (p50), {found['add_p99']:.0f} us (p99) and is seen by the next match.",
            f"Longest time in which no thread finished a match: {found['pause_ms']:.1f} ms, without updates",
            f"{found['quiet_pause_ms']:.1f} ms. A match takes {found['p50']:.1f} / {found['p99']:.1f} us,",
            f"without updates {found['quiet_p50']:.1f} / {found['quiet_p99']:.1f} us: one thread runs at a time.",
        ]
    )


def _fuzzy(folder: str) -> str:
    """Say how often edited prompts are found, and others with them."""
    found = _case("recall", 2000, folder)
    if "failed" in found:
        return f"Likeness: failed: {found['failed']}"
    lines = [
        "Likeness, 2,000 prompts per length, threshold 0.6: share of edited prompts that are found, and of others.",
        "",
    ]
    names = list(next(iter(found.values())))
    lines += ["| words | " + " | ".join(names) + " |", "|" + "---|" * (len(names) + 1)]
    for words, shares in found.items():
        lines.append(f"| {words} | " + " | ".join(f"{shares[name]:.1%}" for name in names) + " |")
    return "\n".join(lines)


def _peers() -> dict[int, dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="arc-peer-") as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        made = [sys.executable, "-m", "venv", str(python.parent.parent)]
        install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", PEER]
        for command in (made, install):
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
            if done.returncode != 0:
                return {SIZES[0]: {"failed": "not installed here"}}
        return {size: _peer(str(python), size) for size in SIZES}


def _peer(python: str, size: int) -> dict[str, Any]:
    print(f"  peer {size:,}", file=sys.stderr, flush=True)
    command = [python, str(TOOLS / "bench" / "matching_peer.py"), str(size)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"took longer than {TIMEOUT_S} s"}
    if done.returncode != 0:
        return {"failed": done.stderr.strip()[-200:]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found
