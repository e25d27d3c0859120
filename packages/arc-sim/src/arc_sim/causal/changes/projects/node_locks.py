"""The lock files of npm, pnpm and Yarn."""

import json
import re
from typing import Any

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.resolved import MAX_LOCK_BYTES, Lock
from arc_sim.causal.documents import DocumentError, load_documents
from arc_sim.causal.paths import VENDORED, contains, join, parent_of

SECTIONS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
YARN_HEAD = re.compile(r'^("?(?:@[\w.-]+/)?[\w.-]+@.*):$')
YARN_USE = re.compile(r'^ {4}"?((?:@[\w.-]+/)?[\w.-]+)"?:? "?([^"]+)"?$')


def npm_lock(listing: Listing, path: str) -> Lock | None:
    """Return what ``package-lock.json`` of version 2 and later says; earlier ones know no workspaces."""
    entries = {
        k: e
        for k, e in _table(_json(listing.text(path, MAX_LOCK_BYTES)).get("packages")).items()
        if isinstance(e, dict)
    }
    lock = Lock()
    for key, entry in entries.items():
        lock.packages[key] = (entry.get("version"), entry.get("integrity"), entry.get("resolved"))
        linked = {str(entry["resolved"])} if entry.get("link") and entry.get("resolved") else set()
        asked = [name for section in SECTIONS for name in _table(entry.get(section))]
        lock.uses[key] = linked | {at for name in asked if (at := _nearest(entries, key, name)) is not None}
        where = join(parent_of(path), key)
        if "node_modules/" not in key and where is not None:
            lock.members[where] = {key}
    return lock if len(lock.members) > 1 else None


def _nearest(entries: dict[str, Any], key: str, name: str) -> str | None:
    """Return where Node finds a package from a directory: in its own ``node_modules``, or in one above."""
    while True:
        place = f"{key}/node_modules/{name}" if key else f"node_modules/{name}"
        if place in entries:
            return place
        if not key:
            return None
        key = key.rpartition("/node_modules/")[0] if "/node_modules/" in key else parent_of(key)


def pnpm_lock(listing: Listing, path: str) -> Lock | None:
    """Return what ``pnpm-lock.yaml`` says."""
    try:
        document: Any = next(iter(load_documents(listing.text(path, MAX_LOCK_BYTES).encode())), None)
    except DocumentError:
        return None
    lock, document = Lock(), _table(document)
    packages, snapshots = _table(document.get("packages")), _table(document.get("snapshots"))
    for key in packages.keys() | snapshots.keys():
        entry = _table(snapshots.get(key) or packages.get(key))
        lock.packages[str(key)] = repr((key, packages.get(str(key).split("(")[0]), snapshots.get(key)))
        lock.uses[str(key)] = _asked(entry, lock, path, "")
    for directory, entry in _table(document.get("importers")).items():
        where = join(parent_of(path), str(directory))
        if where is not None:
            lock.members[where] = {"importer " + where}
            lock.packages["importer " + where] = ""
            lock.uses["importer " + where] = _asked(_table(entry), lock, path, where)
    return lock if len(lock.members) > 1 else None


def _asked(entry: dict[str, Any], lock: Lock, path: str, directory: str) -> set[str]:
    """Return the keys under which the packages of an entry may stand; each version of the format writes another."""
    found: set[str] = set()
    for name, given in ((n, g) for section in SECTIONS[:3] for n, g in _table(entry.get(section)).items()):
        version = str(given.get("version") if isinstance(given, dict) else given)
        if version.startswith("link:"):
            found.add(f"importer {join(directory, version[5:])}")
            continue
        found |= {f"{name}@{version}", f"/{name}@{version}", f"/{name}/{version}", version}
    return found


def yarn_lock(listing: Listing, path: str) -> Lock | None:
    """Return what ``yarn.lock`` says; who asks for what stands in the ``package.json`` of each workspace."""
    lock, keys = Lock(), list[str]()
    for line in listing.text(path, MAX_LOCK_BYTES).splitlines():
        head = YARN_HEAD.match(line)
        if head:
            keys = [key.strip().strip('"').replace("@npm:", "@") for key in head.group(1).split(",")]
            lock.packages.update((key, ()) for key in keys)
        elif line.startswith("  "):
            use = YARN_USE.match(line)
            for key in keys:
                lock.packages[key] = (*lock.packages[key], line.strip())
                if use:
                    lock.uses.setdefault(key, set()).add(f"{use.group(1)}@{use.group(2)}".replace("@npm:", "@"))
    home = parent_of(path)
    for file in [p for p in listing.named("package.json") if contains(home, p) and not VENDORED.search(p)]:
        content = _json(listing.text(file))
        asked = {f"{name}@{v}" for section in SECTIONS[:3] for name, v in _table(content.get(section)).items()}
        lock.members[parent_of(file)] = {key.replace("@npm:", "@") for key in asked}
    return lock if len(lock.members) > 1 else None


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _json(text: str) -> dict[str, Any]:
    try:
        return _table(json.loads(text))
    except (ValueError, RecursionError):
        return {}
