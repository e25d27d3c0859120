"""Which services a changed manifest speaks of differently: compose services, Kubernetes objects, arc-sim.yaml, .env."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from arc_sim.causal.documents import DocumentError, Text, dig, load_documents, pairs
from arc_sim.causal.paths import join, parent_of
from arc_sim.causal.readers.compose import INTERPOLATION, compose_files, dot_env, load_services
from arc_sim.causal.readers.kubernetes import config_map_names
from arc_sim.causal.readers.manifests import WORKLOADS, Object, parse_objects, read_objects
from arc_sim.causal.tree import Tree
from arc_sim.model import Graph

Named = dict[str, str]
"""``{service: reason}``."""


@dataclass(frozen=True)
class Side:
    """One revision."""

    graph: Graph
    tree: Tree

    @cached_property
    def by_path(self) -> dict[str, list[str]]:
        """``{path: services built from it}``."""
        found: dict[str, list[str]] = {}
        for service in self.graph.services:
            for path in service.paths:
                found.setdefault(path, []).append(service.name)
        return found

    @cached_property
    def objects(self) -> list[Object]:
        """All Kubernetes objects."""
        return read_objects(self.tree, [])

    def read(self, path: str) -> bytes | None:
        """Return a file, None when it is not there or too large."""
        try:
            return self.tree.read(path)
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True)
class Change:
    """One file at both revisions."""

    old_path: str
    path: str
    base: Side
    head: Side

    @property
    def known(self) -> bool:
        """The trees really differ here; otherwise nothing can be compared."""
        return self.base.tree.content_id(self.old_path) != self.head.tree.content_id(self.path)

    def before(self) -> bytes | None:
        """Return the file at base."""
        return self.base.read(self.old_path)

    def after(self) -> bytes | None:
        """Return the file at head."""
        return self.head.read(self.path)


def changed_by_compose(change: Change) -> Named | None:
    """Return the services whose entries differ, or that use a network, volume or secret which differs."""
    sides = []
    for side, path in ((change.base, change.old_path), (change.head, change.path)):
        warnings: list[str] = []
        entries = load_services(side.tree, path, warnings) if side.tree.content_id(path) else {}
        if warnings:
            return None
        sides.append(entries)
    before, after = sides
    shared = _changed_sections(change)
    found: Named = {}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            found[name] = "its entry " + _difference(before.get(name), after.get(name))
        elif shared & _words(after.get(name)):
            found[name] = "uses " + ", ".join(sorted(shared & _words(after.get(name))))
    return found


def changed_by_repository(change: Change) -> Named | None:
    """Return the services whose entries in arc-sim.yaml differ."""
    before, after = _entries(change.before()), _entries(change.after())
    if before is None or after is None:
        return None
    names = sorted(before.keys() | after.keys())
    return {
        name: "its entry " + _difference(before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    }


def changed_by_dot_env(change: Change) -> Named | None:
    """Return the services whose compose entries use a variable whose value changed."""
    directory = parent_of(change.path)
    before, after = dot_env(change.base.tree, parent_of(change.old_path)), dot_env(change.head.tree, directory)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    found: Named = {}
    for path in compose_files(change.head.tree):
        if parent_of(path) != directory:
            continue
        for name, entry in load_services(change.head.tree, path, []).items():
            used = sorted(changed & _interpolated(entry))
            if used or _reads_file(entry, path, change.path):
                found[name] = f"uses {', '.join(used) or 'this file'}"
    return found or None


def changed_by_objects(change: Change) -> Named | None:
    """Return the services behind the Kubernetes objects that differ; None when the file holds no such objects."""
    before, after = _objects(change.before(), change.old_path), _objects(change.after(), change.path)
    if before is None or after is None or not (before or after):
        return None
    found: Named = {}
    known = False
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        names = {
            name for side, item in ((change.base, old), (change.head, new)) if item for name in _behind(side, item)
        }
        known = known or bool(names)
        if (old.body if old else None) != (new.body if new else None):
            found.update({name: f"{key[0]} {key[1]} {_difference(old, new)}" for name in sorted(names)})
    return found if known else None


def _behind(side: Side, item: Object) -> set[str]:
    """Return the services that an object is about."""
    if item.kind in ("ConfigMap", "Secret"):
        users = [w for w in side.objects if w.kind in WORKLOADS and item.name in config_map_names(w)]
        return {service.name for w in users if (service := side.graph.service(w.name))}
    names = [item.name, item.labels.get("app", ""), str(dig(item.body, "spec", "selector", "app") or "")]
    names += [
        str(dig(item.body, "spec", "scaleTargetRef", "name") or ""),
        str(dig(item.body, "metadata", "labels", "app") or ""),
    ]
    found = (side.graph.service(name) for name in names if name)
    return {service.name for service in found if service is not None}


def _objects(content: bytes | None, path: str) -> dict[tuple[str, str], Object] | None:
    if content is None:
        return {}
    try:
        return {
            (item.kind, item.name): item
            for item in parse_objects(content, path)
            if item.kind not in ("Kustomization", "Config")
        }
    except DocumentError:
        return None


def _entries(content: bytes | None) -> dict[str, Any] | None:
    try:
        documents = load_documents(content or b"")
    except DocumentError:
        return None
    return {str(name): entry for document in documents for name, entry in pairs(dig(document, "services"))}


def _changed_sections(change: Change) -> set[str]:
    """Return the names of top-level networks, volumes, configs, secrets and ``x-`` parts that differ."""
    documents = []
    for content in (change.before(), change.after()):
        try:
            documents.append(next(iter(load_documents(content or b"")), None))
        except DocumentError:
            documents.append(None)
    found: set[str] = set()
    for section in ("networks", "volumes", "configs", "secrets"):
        before, after = (dict(pairs(dig(document, section))) for document in documents)
        found |= {str(name) for name in before.keys() & after.keys() if before[name] != after[name]}
    return found


def _words(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {str(key) for key in value} | {word for item in value.values() for word in _words(item)}
    if isinstance(value, list):
        return {word for item in value for word in _words(item)}
    return set(re.split(r":", value)) if isinstance(value, Text) else set()


def _interpolated(value: Any) -> set[str]:
    if isinstance(value, dict):
        bare = {str(key) for key, item in value.items() if item is None}
        return bare | {name for item in value.values() for name in _interpolated(item)}
    if isinstance(value, list):
        return {name for item in value for name in _interpolated(item)}
    if isinstance(value, Text):
        return {match.group("plain") or match.group("name") or "" for match in INTERPOLATION.finditer(value)}
    return set()


def _reads_file(entry: Any, compose_path: str, path: str) -> bool:
    given = dig(entry, "env_file")
    items = given if isinstance(given, list) else [given]
    return any(isinstance(item, Text) and join(parent_of(compose_path), item) == path for item in items)


def _difference(before: object, after: object) -> str:
    return "added" if before is None else "removed" if after is None else "changed"
