"""What is asked of a run, checked before anything is written or started."""

import difflib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from arc_sim.errors import ConfigError, DiffError
from arc_sim.faults.catalog import load_scenario
from arc_sim.model import Diff, Scenario
from arc_sim.plan.draw import DEFAULT_ROUNDS, MAX_ROUNDS, MIN_ROUNDS
from arc_sim.sandboxes import SANDBOXES as REGISTERED

DEFAULT_RANGE = "HEAD~1..HEAD"
DEFAULT_SCENARIO = "network_latency"
DEFAULT_SEVERITY = 50
DEFAULT_TIMEOUT_S = 600
SANDBOXES = ("auto", *(name for name in REGISTERED if name != "memory"))
"""All that are registered but the fake, which measures nothing."""
MAX_SEED = 2**53 - 1
"""The largest integer that JSON numbers keep exact."""

_KEYS = ("diff", "range", "scenario", "severity", "timeout", "seed", "rounds", "service", "sandbox")


@dataclass(frozen=True)
class Request:
    """One run, as asked for."""

    repo: Path
    """Root of the working tree."""
    diff: Diff
    scenarios: tuple[Scenario, ...]
    severity: int = DEFAULT_SEVERITY
    timeout_s: float = DEFAULT_TIMEOUT_S
    seed: int | None = None
    rounds: int = DEFAULT_ROUNDS
    service: str | None = None
    sandbox: str = "auto"


def read_request(payload: dict[str, Any], repo_path: Path) -> Request:
    """Return the checked request.

    payload: ``diff`` (as ``serialize_diff`` gives it) or ``range``, and optionally ``scenario``, ``severity``,
    ``timeout`` (seconds), ``seed``, ``rounds``, ``service``, ``sandbox``. ``scenario`` is a name, the path of a
    YAML file with a scenario of one's own, or a list of them.
    Raises ConfigError for a wrong value, DiffError for a wrong repository or diff; nothing is written.
    """
    _check_keys(payload)
    severity = _whole(payload, "severity", DEFAULT_SEVERITY, (0, 100))
    rounds = _whole(payload, "rounds", DEFAULT_ROUNDS, (MIN_ROUNDS, MAX_ROUNDS))
    seed = None if payload.get("seed") is None else _whole(payload, "seed", 0, (0, MAX_SEED))
    timeout_s = payload.get("timeout", DEFAULT_TIMEOUT_S)
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or not 0 < timeout_s < 1e7:
        raise ConfigError(f"timeout must be a positive number of seconds, not {timeout_s!r}")
    sandbox = payload.get("sandbox", "auto")
    if sandbox not in SANDBOXES:
        raise ConfigError(f"unknown sandbox {sandbox!r}", hint=f"known: {', '.join(SANDBOXES)}")
    scenarios = _scenarios(payload.get("scenario") or DEFAULT_SCENARIO)
    root, diff = _read_diff(payload, repo_path)
    return Request(root, diff, scenarios, severity, float(timeout_s), seed, rounds, payload.get("service"), sandbox)


def _scenarios(asked: Any) -> tuple[Scenario, ...]:
    names = list(dict.fromkeys([asked] if isinstance(asked, str) else asked))
    found = tuple(load_scenario(str(name)) for name in names)
    if len({scenario.scenario_id for scenario in found}) < len(found):
        raise ConfigError("two scenarios have the same id", hint="give your own one another id")
    return found


def _check_keys(payload: dict[str, Any]) -> None:
    for key in payload:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1)
            raise ConfigError(f"unknown key {key!r}", hint=f"did you mean {near[0]}?" if near else "")
    if "diff" in payload and "range" in payload:
        raise ConfigError("give a range or a diff, not both")


def _whole(payload: dict[str, Any], key: str, default: int, bounds: tuple[int, int]) -> int:
    value = payload.get(key, default)
    low, high = bounds
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{key} must be a whole number between {low} and {high}, not {value!r}")
    return value


def _read_diff(payload: dict[str, Any], repo_path: Path) -> tuple[Path, Diff]:
    from arc_sim.diff import git, serialize  # GitPython: only when there is something to read
    from arc_sim.diff.check import check_files

    repository = git.open_repository(repo_path)
    if repository.working_tree_dir is None:
        raise DiffError(f"{repo_path} is a bare repository", hint="clone it, and give the clone")
    root = Path(repository.working_tree_dir)
    if "diff" not in payload:
        return root, git.read_diff(str(payload.get("range", DEFAULT_RANGE)), root)
    diff = payload["diff"] if isinstance(payload["diff"], Diff) else serialize.from_dict(payload["diff"])
    if not diff.base_commit or not diff.head_commit:
        raise DiffError(
            "the diff does not say between which commits it is",
            hint="both revisions have to run: write it with arc_sim.serialize_diff, or give --range",
        )
    if not diff.files:
        raise DiffError("the diff changes no file", hint="give a diff with at least one change")
    base, head = git.resolve(repository, diff.base_commit), git.resolve(repository, diff.head_commit)
    if base == head:
        raise DiffError(f"both ends of the diff are {head[:12]}", hint="give the diff of two different commits")
    named = replace(diff, base_commit=base, head_commit=head)
    check_files(named, git.diff_between(root, base, head))
    return root, named
