"""Which services a diff touches: by who is built from a file, by what changed in a manifest, and then their callers."""

from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from arc_sim.causal.changes.manifests import (
    Change,
    Side,
    changed_by_compose,
    changed_by_dot_env,
    changed_by_objects,
    changed_by_repository,
)
from arc_sim.causal.changes.meaning import means_the_same
from arc_sim.causal.changes.roots import built_with
from arc_sim.causal.code.gather import owners_of
from arc_sim.causal.paths import COMPOSE, has_no_effect, name_of, parent_of
from arc_sim.causal.readers.configuration import SPRING
from arc_sim.causal.readers.repository import FILE as REPOSITORY_FILE
from arc_sim.causal.tree import GitTree, Tree
from arc_sim.model import Diff, FileChange, Graph, Impact, Service

Named = dict[str, str]
"""``{service: reason}``."""


def affected_in(repo: Path, diff: Diff, base: Graph, head: Graph) -> Impact:
    """Return what ``affected`` finds between the diff's two commits in a repository."""
    with closing(GitTree(repo, diff.base_commit)) as base_tree, closing(GitTree(repo, diff.head_commit)) as head_tree:
        return affected(diff, base, head, base_tree, head_tree)


def affected(diff: Diff, base: Graph, head: Graph, base_tree: Tree, head_tree: Tree) -> Impact:
    """Return the services that the diff touches, their callers up to the entries, and why.

    Where the two trees are the same (a diff from a file), every file that the diff names counts as changed.
    """
    sides = (Side(base, base_tree), Side(head, head_tree))
    reasons: dict[str, list[str]] = {}
    for change in diff.files:
        for name, reason in _touched(change, *sides).items():
            for touched, why in _at_head(name, reason, base, head).items():
                if why not in reasons.setdefault(touched, []):
                    reasons[touched].append(why)
    direct = tuple(sorted(reasons))
    upstream = callers(head, direct)
    for name, target in upstream.items():
        reasons[name] = [f"calls {target}"]
    ordered = {name: tuple(reasons[name]) for name in sorted(reasons)}
    return Impact(direct, tuple(sorted(upstream)), ordered)


def _at_head(name: str, reason: str, base: Graph, head: Graph) -> Named:
    """Return the service itself, or in place of one that head no longer has those that depended on it."""
    service = head.service(name)
    if service is not None:
        return {service.name: reason}
    gone = base.service(name)
    left = [head.service(edge.source) for edge in base.incoming(gone.name)] if gone is not None else []
    return {caller.name: f"depended on {name}, which head no longer has" for caller in left if caller is not None}


def callers(graph: Graph, names: Iterable[str]) -> dict[str, str]:
    """Return ``{caller: what it calls}`` for all that wait for one of the names, however far up."""
    found: dict[str, str] = {}
    start = set(names)
    pending = sorted(start)
    while pending:
        target = pending.pop(0)
        for edge in graph.incoming(target):
            if edge.sync and edge.source not in start and edge.source not in found:
                found[edge.source] = target
                pending.append(edge.source)
    return found


def _touched(change: FileChange, base: Side, head: Side) -> Named:
    old_path = change.old_path or change.path
    if has_no_effect(change.path) and has_no_effect(old_path):
        return {}
    versions = Change(old_path, change.path, base, head)
    if versions.known and old_path == change.path and _is_the_same(versions, change):
        return {}
    special = _special(change.path) or _special(old_path)
    named = special(versions) if special is not None and versions.known else None
    if named is not None:
        return {name: f"{change.path}: {reason}" for name, reason in named.items()}
    return _by_owner(change, old_path, base, head)


def _is_the_same(versions: Change, change: FileChange) -> bool:
    before, after = versions.before(), versions.after()
    if before is None or after is None or change.old_mode != change.new_mode:
        return False
    return means_the_same(change.path, before, after)


def _special(path: str) -> Callable[[Change], Named | None] | None:
    """Return the reader of changes for files that speak of several services."""
    name = name_of(path)
    if path == REPOSITORY_FILE:
        return changed_by_repository
    if COMPOSE.match(name):
        return changed_by_compose
    if name == ".env":
        return changed_by_dot_env
    return changed_by_objects if name.endswith((".yaml", ".yml")) else None


def _by_owner(change: FileChange, old_path: str, base: Side, head: Side) -> Named:
    found: Named = {}
    word = {"renamed": "moved", "type_changed": "changed"}.get(change.status, change.status)
    for side, path in ((base, old_path), (head, change.path)):
        absent = change.status == ("added" if side is base else "deleted")
        if has_no_effect(path) or absent:
            continue
        owners = owners_of(path, side.by_path)
        for name in owners:
            found[name] = f"{path}: {word}, {_why(side.graph.service(name), path)}"
        for name in _configured(side, path, owners):
            found[name] = f"{path}: {word}, configures it"
        if not owners:
            for name in built_with(side.tree, side.graph, path):
                found[name] = f"{path}: {word}, shared build file"
    return found


def _why(service: Service | None, path: str) -> str:
    root = (
        max((p for p in service.paths if path == p or path.startswith(p + "/")), key=len, default="") if service else ""
    )
    return "it is built from this file" if root == path else f"it is built from {root or 'the root'}"


def _configured(side: Side, path: str, owners: list[str]) -> list[str]:
    """Return the services that a file of a configuration server is for, by its name."""
    match = SPRING.search(path)
    if match is None or not owners or not ("resources/" in path or "config" in path):
        return []
    siblings = [p for p in side.tree.paths() if parent_of(p) == parent_of(path) and p != path]
    named = [_service_of(side, p) for p in siblings]
    others = [name for name in named if name is not None and name not in owners]
    if match.group("stem") == "application":
        return others
    own = _service_of(side, path)
    return [own] if own is not None and own not in owners else []


def _service_of(side: Side, path: str) -> str | None:
    match = SPRING.search(path)
    service = side.graph.service(match.group("stem")) if match else None
    return service.name if service else None
