"""What a repository's history says about its files: which commits changed them, and which changed together."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arc_sim.arc_memory.database import Database, Link

MAX_FILES_PER_COMMIT = 40
"""A commit that touches more says nothing about what belongs together. A decision: mass edits and moves."""
SERVICE_KINDS = ("service", "component")
SOURCE = "arc-sim"
"""What our plug-in writes as the source of its nodes and edges."""
DEPENDENCIES = ("DEPENDS_ON", "CALLS", "COMMUNICATES_WITH", "CONSUMES")


@dataclass(frozen=True)
class Declared:
    """A dependency between services that the database itself holds."""

    source: str
    target: str
    protocol: str = "tcp"
    sync: bool = True
    own: bool = False
    """Our plug-in put it there: it repeats what we know."""


@dataclass
class History:
    """What one repository's part of a database holds."""

    commits: list[frozenset[str]] = field(default_factory=list)
    """The files of each commit."""
    together: Counter[frozenset[str]] = field(default_factory=Counter)
    """Sets of files that changed together, with how often."""
    services: dict[str, str] = field(default_factory=dict)
    """``{node id: name}`` of services and components."""
    dependencies: list[Declared] = field(default_factory=list)


def read_history(database: Database, root: Path, files: Iterable[str], commits: "frozenset[str] | None") -> History:
    """Return what a database says about one repository.

    root: its directory.   files: those of the revision; others are left out.   commits: its own, to tell them from
    those of other repositories in the same database; None when that is not known.
    """
    foreign = _foreign(database, root)
    known = frozenset(files)
    history = History()
    left_out = {node.node_id for node in database.nodes("commit", "change_pattern") if node.repo_id in foreign}
    by_commit: dict[str, set[str]] = {}
    patterns: dict[str, tuple[set[str], int]] = {}
    for link in database.links("MODIFIES", "CORRELATES_WITH"):
        path = link.target.removeprefix("file:")
        if link.source in left_out or path == link.target or path not in known:
            continue
        if link.relation == "MODIFIES" and (commits is None or link.source.removeprefix("commit:") in commits):
            by_commit.setdefault(link.source, set()).add(path)
        elif link.relation == "CORRELATES_WITH":
            group, times = patterns.get(link.source, (set(), 0))
            patterns[link.source] = (group | {path}, max(times, _frequency(link)))
    history.commits = [frozenset(group) for _, group in sorted(by_commit.items()) if len(group) <= MAX_FILES_PER_COMMIT]
    for group, times in patterns.values():
        if 1 < len(group) <= MAX_FILES_PER_COMMIT:
            # Ids of patterns change with every build, so one pattern may stand there many times.
            history.together[frozenset(group)] = max(history.together[frozenset(group)], times)
    _read_services(database, foreign, history)
    return history


def _read_services(database: Database, foreign: "frozenset[str | None]", history: History) -> None:
    for node in database.nodes(*SERVICE_KINDS):
        if node.repo_id not in foreign:
            name = _json(node.extra).get("name") or node.title or node.node_id.partition(":")[2]
            history.services[node.node_id] = str(name)
    for link in database.links(*DEPENDENCIES):
        source, target = history.services.get(link.source), history.services.get(link.target)
        if source is not None and target is not None and source != target:
            given = _json(link.properties)
            protocol = str(given.get("protocol") or "tcp")[:40]
            own = given.get("source") == SOURCE
            history.dependencies.append(Declared(source, target, protocol, given.get("sync") is not False, own))


def _foreign(database: Database, root: Path) -> "frozenset[str | None]":
    """Return the ids of other repositories; nodes without one may be anybody's and are told apart by their files."""
    here = os.path.realpath(root)
    known = database.repositories()
    own = {name for name, path in known.items() if path and os.path.realpath(path).lower() == here.lower()}
    return frozenset(known.keys() - own) if own else frozenset()


def _frequency(link: Link) -> int:
    value = _json(link.properties).get("frequency")
    return min(value, 10_000) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 1


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
