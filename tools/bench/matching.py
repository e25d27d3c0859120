"""What a match costs, from a thousand patterns to a million: time, memory, build, and updates while others match.

Every case runs in a process of its own (`bench.matching_case`), so that its memory is its own.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.report import Report

TOOLS = Path(__file__).resolve().parent.parent
SIZES = (1_000, 100_000, 1_000_000)
ONLY_SMALLER = ("many_models", "expired")
"""At a million they differ from `models` in nothing that is looked up, and would add minutes."""
DISTRIBUTIONS = {
    "models": "1,000 models x thresholds",
    "many_models": "N/10 models x 10 thresholds, 4 operators",
    "one_model": "one model, N intervals (adversarial)",
    "mixed": "16 signatures, nested paths",
    "exact": "N request hashes",
    "boxes": "one model, N boxes in two numbers",
    "expired": "1,000 models x thresholds, all expired",
}
FEWER = {"text": "texts of 3-6 words, in requests of 20 KB", "similar": "prompts of 100 words, 3 words edited"}
PEER = "arc-runtime==0.1.5"
"""The published package of this name on the index, import name `runtime`."""
PEER_SIZES = (1_000, 100_000, 1_000_000)
ONLY_SMALLER = ("many_models", "expired")
"""At a million they differ from `models` in nothing that is looked up, and would add minutes."""
TIMEOUT_S = 900

METHOD = """Patterns go in through `PatternStore.register`, as `Arc.register_patterns` does it, from a generator; the
index then answers 20,000 requests that were made before (the middle of three rounds; garbage collection off inside a
round). Anonymous memory is what the process has after registering beyond what it had before; the file is mapped,
without a name, and shared by forked workers. "Floor" is `json.loads` of a list of two values, in the same process, in
the same round. Misses and hits are mixed as the distribution makes them. Linear: the same patterns, each tried in turn.
Peer: the published package of the same name, in its own environment, asked for the same models and thresholds."""


def run() -> Report:
    """Measure every case and give one table."""
    rows = []
    for name, title in DISTRIBUTIONS.items():
        sizes = SIZES[:2] if name in ONLY_SMALLER else SIZES
        rows += [_row(title, size, _case(name, size)) for size in sizes]
    for name, title in FEWER.items():
        rows += [_row(title, size, _case(name, size)) for size in SIZES[:2]]
    rows.append(_row("all stages in one process", 1_000_000, _case("all", 1_000_000)))
    rows += [_row("linear scan of 1,000 models", size, _case("linear", size)) for size in SIZES[:2]]
    rows += _peer_rows()
    return Report(
        title="Matching",
        method=METHOD,
        columns=[
            "patterns",
            "N",
            "p50 us",
            "p99 us",
            "p99.9 us",
            "x floor (p50)",
            "matched",
            "stopped",
            "anonymous MB",
            "mapped MB",
            "register s",
            "child build s",
            "child peak MB",
        ],
        rows=rows,
        reading=_updates(),
    )


def _case(name: str, size: int, *more: str) -> dict[str, Any]:
    print(f"  {name} {size:,}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "bench.matching_case", name, str(size), *more]
    done = subprocess.run(command, cwd=TOOLS, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        return {"failed": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no output"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _row(title: str, size: int, found: dict[str, Any]) -> list[str]:
    if "failed" in found:
        return [title, f"{size:,}", f"failed: {found['failed']}", *[""] * 10]
    numbers = [f"{found[key]:.1f}" if found.get(key) is not None else "" for key in ("p50", "p99", "p999", "floors")]
    rest = [f"{found[key]:.0f}" if found.get(key) is not None else "" for key in ("anonymous_mb", "mapped_mb")]
    times = [f"{found[key]:.1f}" if found.get(key) is not None else "" for key in ("register_s", "build_s")]
    peak = f"{found['child_mb']:.0f}" if found.get("child_mb") else ""
    matched = f"{found['matched']:.0%}" if found.get("matched") is not None else ""
    return [title, f"{size:,}", *numbers, matched, str(found.get("stopped", "")), *rest, *times, peak]


def _updates() -> str:
    """Say what updates cost while 64 threads match, beside the same threads without updates."""
    found = _case("updates", 200_000)
    if "failed" in found:
        return f"Updates while 64 threads match: failed: {found['failed']}"
    rate = f"{found['adds']:,} additions and {found['merges']} merges in {found['seconds']:.0f} s"
    return "\n".join(
        [
            f"Updates while 64 threads match (200,000 patterns, each thread matching every 5 ms; {rate}): an addition",
            f"takes {found['add_p50']:.0f} us (p50), {found['add_p99']:.0f} us (p99) and is seen by the next match.",
            f"Longest time in which no thread finished a match: {found['pause_ms']:.1f} ms, without updates",
            f"{found['quiet_pause_ms']:.1f} ms. A match takes {found['p50']:.1f} / {found['p99']:.1f} us,",
            f"without updates {found['quiet_p50']:.1f} / {found['quiet_p99']:.1f} us: one thread runs at a time.",
            "",
            _fuzzy(),
        ]
    )


def _fuzzy() -> str:
    """Say how often edited prompts are found, and others with them."""
    found = _case("recall", 2000)
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


def _peer_rows() -> list[list[str]]:
    with tempfile.TemporaryDirectory(prefix="arc-peer-") as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        made = [sys.executable, "-m", "venv", str(python.parent.parent)]
        install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", PEER]
        for command in (made, install):
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
            if done.returncode != 0:
                return [[f"peer ({PEER})", "", "not installed here", *[""] * 10]]
        rows = []
        for size in PEER_SIZES:
            print(f"  peer {size:,}", file=sys.stderr, flush=True)
            script = str(TOOLS / "bench" / "matching_peer.py")
            done = subprocess.run([str(python), script, str(size)], capture_output=True, text=True, check=False)
            found = json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr.strip()[-200:]}
            rows.append(_row(f"peer ({PEER})", size, found))
        return rows
