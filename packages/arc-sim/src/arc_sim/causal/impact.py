"""Which services a diff touches: by who is built from a file, by what changed in a manifest, and then their callers."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from arc_sim.causal.changes.idle import is_idle
from arc_sim.causal.changes.ignored import is_ignored
from arc_sim.causal.changes.manifests.aspire import changed_by_host
from arc_sim.causal.changes.manifests.compose import (
    changed_by_compose,
    changed_by_dot_env,
    changed_by_repository,
    is_stack,
    mounts,
)
from arc_sim.causal.changes.manifests.helm import changed_by_chart
from arc_sim.causal.changes.manifests.kustomize import changed_by_kustomization, changed_by_reference, is_kustomization
from arc_sim.causal.changes.manifests.objects import changed_by_objects
from arc_sim.causal.changes.meaning import means_the_same
from arc_sim.causal.changes.packages import changed_by_lock, changed_packages, users_of
from arc_sim.causal.changes.roots import built_with
from arc_sim.causal.changes.sides import Change, Named, Side
from arc_sim.causal.changes.upstream import callers, consumers
from arc_sim.causal.code.gather import owners_of
from arc_sim.causal.paths import COMPOSE, contains, name_of, parent_of
from arc_sim.causal.readers.configuration import SPRING
from arc_sim.causal.readers.repository import FILE as REPOSITORY_FILE
from arc_sim.causal.tree import GitTree, Tree
from arc_sim.model import Diff, FileChange, Graph, Impact, Service

__all__ = ["affected", "affected_in", "callers"]


def affected_in(repo: Path, diff: Diff, base: Graph, head: Graph) -> Impact:
    """Return what ``affected`` finds between the diff's two commits in a repository."""
    with closing(GitTree(repo, diff.base_commit)) as base_tree, closing(GitTree(repo, diff.head_commit)) as head_tree:
        return affected(diff, base, head, base_tree, head_tree)


def affected(diff: Diff, base: Graph, head: Graph, base_tree: Tree, head_tree: Tree) -> Impact:
    """Return the services that the diff touches, their callers up to the entries, and why.

    Where the two trees are the same (a diff from a file), every file that the diff names counts as changed.
    """
    sides = (Side(base, base_tree), Side(head, head_tree))
    for side in sides:
        side.builds.give(mounts(side))
    reasons: dict[str, list[str]] = {}
    for change in diff.files:
        for name, reason in _touched(change, *sides).items():
            for touched, why in _at_head(name, reason, base, head).items():
                if why not in reasons.setdefault(touched, []):
                    reasons[touched].append(why)
    direct = tuple(sorted(reasons))
    upstream = callers(head, direct)
    waiting = consumers(head, direct)
    for name, reach in upstream.items():
        reasons[name] = [f"calls {reach.path[1]}"]
    for name, reason in waiting.items():
        reasons.setdefault(name, []).append(reason)
    ordered = {name: tuple(reasons[name]) for name in sorted(reasons)}
    return Impact(direct, tuple(sorted(upstream)), ordered, tuple(sorted(waiting)), dict(sorted(upstream.items())))


def _at_head(name: str, reason: str, base: Graph, head: Graph) -> Named:
    """Return the service itself, or in place of one that head no longer has those that depended on it."""
    service = head.service(name)
    if service is not None:
        return {service.name: reason}
    gone = base.service(name)
    left = [head.service(edge.source) for edge in base.incoming(gone.name)] if gone is not None else []
    return {caller.name: f"depended on {name}, which head no longer has" for caller in left if caller is not None}


def _touched(change: FileChange, base: Side, head: Side) -> Named:
    old_path = change.old_path or change.path
    if is_idle(change.path) and is_idle(old_path):
        return {}
    versions = Change(old_path, change.path, base, head)
    if versions.known and old_path == change.path and _is_the_same(versions, change):
        return {}
    named = _by_meaning(versions) if versions.known else None
    if named is not None:
        return {name: f"{change.path}: {reason}" for name, reason in named.items()}
    return _by_owner(change, old_path, base, head)


def _is_the_same(versions: Change, change: FileChange) -> bool:
    before, after = versions.before(), versions.after()
    if before is None or after is None or change.old_mode != change.new_mode:
        return False
    return means_the_same(change.path, before, after)


def _by_meaning(change: Change) -> Named | None:
    """Return what the first reader says that knows this kind of file; None when none does."""
    for reader in _readers(change):
        named = reader(change)
        if named is not None:
            return named
    return None


def _readers(change: Change) -> list[Callable[[Change], Named | None]]:
    """Return the readers of changes for files that speak of several services."""
    name = name_of(change.path)
    if change.path == REPOSITORY_FILE:
        return [changed_by_repository]
    if COMPOSE.match(name):
        return [changed_by_compose]
    if name == ".env":
        return [changed_by_dot_env]
    if is_kustomization(change.path):
        return [changed_by_kustomization]
    if name.endswith((".yaml", ".yml")):
        return [changed_by_lock, changed_by_objects, changed_by_chart, changed_by_reference, _changed_by_stack]
    return [changed_by_lock, _changed_by_packages, changed_by_host, changed_by_chart, changed_by_reference]


def _changed_by_stack(change: Change) -> Named | None:
    contents = [content for content in (change.before(), change.after()) if content is not None]
    return changed_by_compose(change) if contents and all(is_stack(content) for content in contents) else None


def _changed_by_packages(change: Change) -> Named | None:
    packages = changed_packages(change.path, change.before(), change.after())
    if packages is None:
        return None
    found: Named = {}
    for side, path in ((change.base, change.old_path), (change.head, change.path)):
        for service, package in users_of(side.builds, path, packages).items():
            found.setdefault(service, f"is built with {package}")
    return found


def _by_owner(change: FileChange, old_path: str, base: Side, head: Side) -> Named:
    found: Named = {}
    word = {"renamed": "moved", "type_changed": "changed"}.get(change.status, change.status)
    for side, path in ((base, old_path), (head, change.path)):
        absent = change.status == ("added" if side is base else "deleted")
        if is_idle(path) or absent or side.builds.is_for_tests(path):
            continue
        for name, why in _owners(side, path).items():
            found[name] = f"{path}: {word}, {why}"
    return found


def _owners(side: Side, path: str) -> Named:
    """Return who is built with a file, configured by it or given it at run time."""
    found: Named = {}
    owners = owners_of(path, side.by_path)
    for name in owners:
        root = _root(side.graph.service(name), path)
        if not is_ignored(side, root, path):
            found[name] = f"it is built from {'this file' if root == path else root or 'the root'}"
    for name, project in side.builds.built_with(path).items():
        found.setdefault(name, f"it is built with {project or 'the root'}")
    for name, mount in _given(side, path).items():
        found.setdefault(name, f"it is given {mount}")
    for name in _configured(side, path, owners):
        found[name] = "configures it"
    if not found and not owners:
        found = dict.fromkeys(built_with(side.tree, side.graph, path), "shared build file")
    return found


def _given(side: Side, path: str) -> Named:
    """Return ``{service: what it mounts}`` up to the folder that the file's own service is built from.

    Who is given a folder above several services, a proxy that serves it as an example, is not changed by each of them.
    """
    found: Named = {}
    given, current = mounts(side), path
    while current:
        found.update({name: current for name in given.get(current, ()) if name not in found})
        if current in side.by_path:
            break
        current = parent_of(current)
    return found


def _root(service: Service | None, path: str) -> str:
    roots = [p for p in service.paths if contains(p, path)] if service else []
    return max(roots, key=len, default="")


def _configured(side: Side, path: str, owners: list[str]) -> list[str]:
    """Return the services that a file of a configuration server is for, by its name."""
    match = SPRING.search(path)
    if match is None or not owners or not ("resources/" in path or "config" in path):
        return []
    siblings = [p for p in side.listing.below(parent_of(path)) if parent_of(p) == parent_of(path) and p != path]
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
