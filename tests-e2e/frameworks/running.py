"""Runs a framework's program three times, without Arc, with Arc first and last, and judges what arrived."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tools"), str(HERE)]

from catalog import Framework  # noqa: E402 - found beside this file
from sdk_coverage.environments import DEFAULT_FOLDER, NotMade, installed, make, with_sources  # noqa: E402
from sdk_coverage.server import serving  # noqa: E402

__all__ = ["DEFAULT_FOLDER", "NotMade", "Verdict", "judge", "run"]

PYTHON = "{}.{}".format(*sys.version_info)
TIMEOUT_S = 280
IDENTIFIERS = re.compile(r"[a-z]+_\d{12}")
"""As the local provider numbers its answers."""
ORDERS = ("first", "last")


class Verdict(NamedTuple):
    """What became of one step."""

    step: str
    problem: str
    """Empty when all is as it should be."""
    caught: bool
    requests: int


def run(
    framework: Framework, folder: Path = DEFAULT_FOLDER, limit_s: float = 3 * TIMEOUT_S
) -> tuple[dict[str, str], list[Verdict]]:
    """Return the versions that ran and a verdict per step. Raises NotMade when the environment cannot be made.

    limit_s: for all three runs of the program; TimeoutExpired when one of them takes longer than what is left.
    """
    ends_at_s = time.monotonic() + limit_s
    python = make(folder, PYTHON, framework.requirements)
    names = [re.split(r"[\[=<]", name)[0] for name in framework.requirements]
    versions = installed(python, *names, "openai", "anthropic")
    bare = {row["step"]: row for row in lines(python, framework, "without", ends_at_s)}
    runs = {order: {row["step"]: row for row in lines(python, framework, order, ends_at_s)} for order in ORDERS}
    verdicts = []
    for step, row in bare.items():
        problems = [judge(row, runs[order].get(step), order) for order in ORDERS]
        verdicts.append(Verdict(step, "; ".join(filter(None, problems)), row["caught"], len(row["bodies"])))
    return versions, verdicts


def lines(python: Path, framework: Framework, order: str, ends_at_s: float) -> list[dict[str, Any]]:
    """Return what the harness printed."""
    with serving() as provider, TemporaryDirectory() as scratch:
        env = with_sources(**QUIET, EVENTS_FILE=f"{scratch}/events", PROVIDER_URL=provider.url, SCRATCH=scratch)
        env["PYTHONPATH"] = os.pathsep.join((env["PYTHONPATH"], str(HERE)))
        env["PATH"] = os.pathsep.join((str(python.parent), env["PATH"]))
        command = [str(python), str(HERE / "harness.py"), str(HERE / framework.program), provider.url, order]
        code, said, complaints = attended(command, env, min(TIMEOUT_S, ends_at_s - time.monotonic()))
    assert code == 0, f"{framework.name}, {order}: {complaints[-1500:]}"
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def attended(command: list[str], env: dict[str, str], limit_s: float) -> tuple[int, str, str]:
    """Run a command to its end, and end whatever it started with it: servers and workers would hold its pipes."""
    pipe = subprocess.PIPE
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe, "text": True, "cwd": HERE}
    with subprocess.Popen(command, env=env, start_new_session=True, **options) as child:
        try:
            said, complaints = child.communicate(timeout=max(limit_s, 0.1))
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
    return child.returncode, said, complaints


QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "OPENAI_API_KEY": "local",
    "ANTHROPIC_API_KEY": "local",
    "LANGCHAIN_TRACING_V2": "false",
    "NO_PROXY": "127.0.0.1",
    "DO_NOT_TRACK": "1",
}
"""Keeps the frameworks from asking anybody but the local provider."""


def judge(bare: dict[str, Any], seen: dict[str, Any] | None, order: str) -> str:
    """Return what is wrong with a step under Arc, empty when nothing is."""
    if bare["error"] or not bare["bodies"] or set(bare["statuses"]) != {200}:
        return f"without Arc: {bare['error'] or bare['statuses']}"
    if seen is None:
        return f"Arc {order}: did not run"
    fixed = seen["fixed"] if seen["caught"] else {key: bare["bodies"][0][key] for key in seen["fixed"]}
    checks = {
        seen["error"]: bool(seen["error"]),
        "another number of requests": len(seen["bodies"]) != len(bare["bodies"]),
        seen["problem"]: bool(seen["problem"]),
        "a request was refused": set(seen["statuses"]) != {200},
        f"arrived as {[{key: body.get(key) for key in fixed} for body in seen['bodies']]}": any(
            body.get(key) != value for body in seen["bodies"] for key, value in fixed.items()
        ),
        "nothing to fix was sent": any(
            body.get(key) == value for body in bare["bodies"] for key, value in seen["fixed"].items()
        ),
        f"events {[event[1:] for event in seen['events']]}": _events_wrong(seen),
        f"answered {seen['answer'][:80]} instead of {bare['answer'][:80]}": _said(seen) != _said(bare),
    }
    found = [problem for problem, wrong in checks.items() if wrong]
    return f"Arc {order}: {', '.join(found)}" if found else ""


def _said(row: dict[str, Any]) -> str:
    return IDENTIFIERS.sub("id", row["answer"])


def _events_wrong(seen: dict[str, Any]) -> bool:
    if not seen["caught"]:
        return bool(seen["events"])
    ids = {event[0] for event in seen["events"]}
    statuses = {event[1] for event in seen["events"]}
    fixes = {event[2] for event in seen["events"]}
    return not (
        len(ids) == len(seen["events"]) == len(seen["bodies"]) and statuses == {"ok"} and fixes == {bool(seen["fixed"])}
    )
