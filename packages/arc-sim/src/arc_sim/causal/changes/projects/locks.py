"""Lock files above several projects: which of them resolve something else than before."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.node_locks import npm_lock, pnpm_lock, yarn_lock
from arc_sim.causal.changes.projects.resolved import MAX_LOCK_BYTES, Lock
from arc_sim.causal.changes.projects.toml import load, table
from arc_sim.causal.paths import contains, join, name_of, parent_of

MIX_ENTRY = re.compile(r'(?m)^\s*"(\w+)":\s*(\{.*\}),?\s*$')
MIX_NAME = re.compile(r"\{\s*:(\w+)\s*,")


@dataclass(frozen=True)
class Format:
    """One kind of lock file."""

    ecosystem: str
    read: Callable[[Listing, str], Lock | None]


def changed_projects(path: str, base: Listing, head: Listing) -> "set[str] | None":
    """Return the projects that a lock file resolves otherwise than before; None when it cannot tell them apart."""
    kind = FORMATS.get(name_of(path))
    before, after = (kind.read(side, path) for side in (base, head)) if kind else (None, None)
    if before is None or after is None:
        return None
    home = parent_of(path)
    found = {
        member
        for member in before.members.keys() | after.members.keys()
        if before.resolved(member) != after.resolved(member)
    }
    return None if not found or home in found else found


def _cargo(listing: Listing, path: str) -> Lock | None:
    entries = _tables(load(listing.text(path, MAX_LOCK_BYTES)).get("package"))
    keys: dict[str, str] = {}
    for entry in entries:
        name, version = str(entry.get("name")), str(entry.get("version"))
        keys[f"{name} {version}"] = keys[name] = f"{name} {version}"
        keys[f"{name} {version} ({entry.get('source')})"] = f"{name} {version}"
    lock = Lock()
    for entry in entries:
        key = keys[f"{entry.get('name')} {entry.get('version')}"]
        lock.packages[key] = (entry.get("source"), entry.get("checksum"))
        lock.uses[key] = {keys[str(name)] for name in _texts(entry.get("dependencies")) if str(name) in keys}
    own = {str(e.get("name")): keys[f"{e.get('name')} {e.get('version')}"] for e in entries if "source" not in e}
    for file in _below(listing, "Cargo.toml", parent_of(path)):
        name = str(table(load(listing.text(file)), "package").get("name"))
        if name in own:
            lock.members[parent_of(file)] = {own[name]}
    return lock if len(lock.members) > 1 else None


def _uv(listing: Listing, path: str) -> Lock | None:
    lock = Lock()
    for entry in _tables(load(listing.text(path, MAX_LOCK_BYTES)).get("package")):
        name, source = str(entry.get("name")), table(entry, "source")
        groups = [entry.get("dependencies"), *table(entry, "optional-dependencies").values()]
        lock.packages[name] = (lock.packages.get(name), str(entry.get("version")), str(source))
        lock.uses.setdefault(name, set()).update(str(d.get("name")) for group in groups for d in _tables(group))
        place = source.get("editable") or source.get("virtual")
        where = join(parent_of(path), str(place)) if place else None
        if where is not None:
            lock.members[where] = {name}
    return lock if len(lock.members) > 1 else None


def _mix(listing: Listing, path: str) -> Lock | None:
    lock = Lock()
    for name, entry in MIX_ENTRY.findall(listing.text(path, MAX_LOCK_BYTES)):
        lock.packages[name] = entry
        lock.uses[name] = set(MIX_NAME.findall(entry))
    for file in _below(listing, "mix.exs", parent_of(path)):
        lock.members[parent_of(file)] = set(MIX_NAME.findall(listing.text(file))) & lock.packages.keys()
    return lock if len(lock.members) > 1 else None


def _below(listing: Listing, name: str, directory: str) -> list[str]:
    return [path for path in listing.named(name) if contains(directory, path)]


def _tables(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


FORMATS = {
    "Cargo.lock": Format("rust", _cargo),
    "uv.lock": Format("python", _uv),
    "mix.lock": Format("elixir", _mix),
    "package-lock.json": Format("node", npm_lock),
    "npm-shrinkwrap.json": Format("node", npm_lock),
    "pnpm-lock.yaml": Format("node", pnpm_lock),
    "yarn.lock": Format("node", yarn_lock),
}
"""Name of a lock file -> how it is read. Locks of a single project need no reader: they belong to it."""
