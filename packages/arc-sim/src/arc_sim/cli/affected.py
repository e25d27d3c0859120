"""``arc sim affected``: what a diff touches, who calls that, who takes its messages, and why."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arc_sim.arc_memory.impact import Answer, Question, answer
from arc_sim.cli.folder import folder_in
from arc_sim.cli.progress import reading
from arc_sim.diff.file import load_diff
from arc_sim.diff.git import open_repository, read_diff
from arc_sim.diff.worktree import read_worktree
from arc_sim.errors import ConfigError
from arc_sim.model import Diff, Impact
from arc_sim.report.text import printable
from arc_sim.workflow.request import DEFAULT_RANGE


@dataclass(frozen=True)
class Asked:
    """The command line, parsed."""

    repo: Path
    rev_range: str | None
    diff: Path | None
    worktree: bool
    database: Path | None
    path: str | None
    as_json: bool
    no_cache: bool


def show_affected(asked: Asked) -> None:
    """Print what a diff affects, and why; what could not be read goes to stderr."""
    diff = _diff(asked)
    with reading(asked.no_cache) as how:
        directory = _directory(asked.path, asked.repo)
        found = answer(Question(asked.repo, diff, asked.database, directory, asked.worktree, how))
    if asked.as_json:
        print(json.dumps(to_dict(found.impact), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write("".join(printable(line) + "\n" for line in lines(found.impact)))
    for note in (*found.notes, *_warnings(found)):
        print(printable(f"warning: {note}"), file=sys.stderr)


def to_dict(impact: Impact) -> dict[str, Any]:
    """Return the answer as JSON values.

    ``upstream`` are the services that call a direct one, ``upstream_transitive`` all up to the entries, the most
    exposed first; ``reach`` says the way to each and how much of the change may arrive.
    """
    nearest = sorted(impact.reach.items(), key=lambda item: (-item[1].weight, item[0]))
    return {
        "direct": list(impact.direct),
        "upstream": sorted(name for name, reach in impact.reach.items() if len(reach.path) == 2),
        "upstream_transitive": [name for name, _ in nearest],
        "async_consumers": list(impact.async_consumers),
        "reasons": {name: list(reasons) for name, reasons in impact.reasons.items()},
        "reach": {name: {"path": list(reach.path), "weight": reach.weight} for name, reach in nearest},
    }


def lines(impact: Impact) -> list[str]:
    """Return the answer for a terminal."""
    found = [] if impact.direct else ["no service is affected"]
    for title, names in (("changed", impact.direct), ("upstream", impact.upstream), ("async", impact.async_consumers)):
        for name in names:
            found.append(f"{title:8}  {name}")
            reach = impact.reach.get(name) if title == "upstream" else None
            if reach is not None:
                found.append(f"          {' -> '.join(reach.path)} ({reach.weight:.2f})")
            else:
                found += [f"          {reason}" for reason in impact.reasons.get(name, ())]
    return found


def _diff(asked: Asked) -> Diff:
    given = [n for n, v in (("--range", asked.rev_range), ("--diff", asked.diff), ("--worktree", asked.worktree)) if v]
    if "--diff" in given and len(given) > 1:
        raise ConfigError(f"{' and '.join(given)} exclude each other", hint="give one of them")
    if asked.diff is not None:
        return load_diff(asked.diff)
    if asked.worktree:
        return read_worktree(asked.rev_range or "HEAD", asked.repo)
    return read_diff(asked.rev_range or DEFAULT_RANGE, asked.repo)


def _directory(path: str | None, repo: Path) -> str | None:
    return folder_in(path, Path(open_repository(repo).working_tree_dir or repo)) if path else None


def _warnings(found: Answer) -> tuple[str, ...]:
    return found.head.warnings
