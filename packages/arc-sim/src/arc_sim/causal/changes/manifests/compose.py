"""Which services a changed manifest speaks of differently: compose services, arc-sim.yaml, .env."""

import re
from typing import Any

from arc_sim.causal.changes.manifests.objects import difference
from arc_sim.causal.changes.sides import Change, Named, Side
from arc_sim.causal.documents import DocumentError, Text, dig, entries, load_documents, pairs
from arc_sim.causal.paths import join, parent_of
from arc_sim.causal.readers.compose import INTERPOLATION, compose_files, dot_env, load_services

WORKS = frozenset(("image", "build", "command", "entrypoint"))
"""Keys one of which every service of a stack has."""


def changed_by_compose(change: Change) -> Named | None:
    """Return the services whose entries differ, or that use a network, volume or secret which differs."""
    sides = []
    for side, path in ((change.base, change.old_path), (change.head, change.path)):
        warnings: list[str] = []
        found = load_services(side.tree, path, warnings) if side.tree.content_id(path) else {}
        if warnings:
            return None
        sides.append(found)
    before, after = sides
    shared = _changed_sections(change)
    named: Named = {}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            named[name] = "its entry " + difference(before.get(name), after.get(name))
        elif shared & _words(after.get(name)):
            named[name] = "uses " + ", ".join(sorted(shared & _words(after.get(name))))
    return {_service(change, name): reason for name, reason in named.items()}


def is_stack(content: bytes | None) -> bool:
    """Tell whether a YAML file of any name holds services as compose has them."""
    try:
        documents = load_documents(content or b"")
    except DocumentError:
        return False
    top = documents[0] if len(documents) == 1 else None
    items = dict(pairs(dig(top, "services") or top))
    return bool(items) and all(isinstance(item, dict) and WORKS & set(item) for item in items.values())


def changed_by_repository(change: Change) -> Named | None:
    """Return the services whose entries in arc-sim.yaml differ."""
    before, after = _entries(change.before()), _entries(change.after())
    if before is None or after is None:
        return None
    names = sorted(before.keys() | after.keys())
    return {
        name: "its entry " + difference(before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    }


def changed_by_dot_env(change: Change) -> Named | None:
    """Return the services whose compose entries use a variable whose value changed, also through other variables.

    None when no compose file stands beside it: then it belongs to whoever owns it.
    """
    directory = parent_of(change.path)
    before, after = dot_env(change.base.tree, parent_of(change.old_path)), dot_env(change.head.tree, directory)
    values = (_resolved(before), _resolved(after))
    changed = {name for name in before.keys() | after.keys() if values[0].get(name) != values[1].get(name)}
    found: Named = {}
    beside = [path for path in compose_files(change.head.tree) if parent_of(path) == directory]
    for path in beside:
        for name, entry in load_services(change.head.tree, path, []).items():
            used = sorted(changed & _interpolated(entry))
            if used or (changed and _reads_file(entry, path, change.path)):
                found[name] = f"uses {', '.join(used) or 'this file'}"
    return found if beside else None


def mounts(side: Side) -> dict[str, list[str]]:
    """Return ``{path: compose services that mount it, or read it as environment, config or secret}``."""
    known: dict[str, list[str]] | None = side.memo.get("mounts")
    if known is not None:
        return known
    found: dict[str, list[str]] = {}
    for path in compose_files(side.tree):
        home = parent_of(path)
        for name, entry in load_services(side.tree, path, []).items():
            for source in _sources(entry):
                target = join(home, source) if source.startswith(("./", "../")) or "/" not in source else None
                service = side.graph.service(name)
                if target and service is not None:
                    found.setdefault(target, []).append(service.name)
        for name, source in _files(side, path):
            target = join(home, source)
            users = [n for n, e in load_services(side.tree, path, []).items() if name in _words(e)]
            found.setdefault(target or "", []).extend(s.name for n in users if (s := side.graph.service(n)))
    side.memo["mounts"] = found
    return found


def _service(change: Change, name: str) -> str:
    """Return the name by which the graph knows a compose service."""
    for side in (change.head, change.base):
        service = side.graph.service(name)
        if service is not None:
            return service.name
    return name


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


def _resolved(values: dict[str, str]) -> dict[str, str]:
    """Return the values with the variables in them replaced, as far as they are known."""
    result = dict(values)
    for _ in range(4):
        for name, value in result.items():
            if "$" in value and len(value) < 4096:
                result[name] = INTERPOLATION.sub(lambda m: _value(m, values), value)
    return result


def _value(match: "re.Match[str]", values: dict[str, str]) -> str:
    return values.get(match.group("plain") or match.group("name") or "", match.group())


def _interpolated(entry: Any) -> set[str]:
    """Return the variables that an entry takes from around it, also those that it only passes on by name."""
    environment = dig(entry, "environment")
    bare = {str(key) for key, item in pairs(environment) if item is None}
    bare |= {str(item) for item in entries(environment) if isinstance(item, Text) and "=" not in item}
    return bare | _variables(entry)


def _variables(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {name for item in value.values() for name in _variables(item)}
    if isinstance(value, list):
        return {name for item in value for name in _variables(item)}
    if isinstance(value, Text):
        return {match.group("plain") or match.group("name") or "" for match in INTERPOLATION.finditer(value)}
    return set()


def _reads_file(entry: Any, compose_path: str, path: str) -> bool:
    return any(join(parent_of(compose_path), text) == path for text in _env_files(entry))


def _env_files(entry: Any) -> list[str]:
    given = dig(entry, "env_file")
    items = given if isinstance(given, list) else [given]
    return [str(dig(item, "path") or item) for item in items if item and (isinstance(item, Text) or dig(item, "path"))]


def _sources(entry: Any) -> list[str]:
    """Return the paths of this repository that a service mounts or reads.

    Of a mount in which the service works, the folder where it works: what else it may import, its build file says.
    """
    found = _env_files(entry)
    place = str(dig(entry, "working_dir") or "").rstrip("/")
    for volume in entries(dig(entry, "volumes")):
        if isinstance(volume, Text) and volume.startswith("."):
            source, _, target = volume.partition(":")
            target = target.split(":")[0].rstrip("/")
        elif str(dig(volume, "type")) == "bind":
            source, target = (str(dig(volume, key) or "").rstrip("/") for key in ("source", "target"))
        else:
            continue
        inside = place[len(target) :] if target and place.startswith(target + "/") else ""
        found.append(str(source).rstrip("/") + inside)
    return [source for source in found if source and "$" not in source]


def _files(side: Side, path: str) -> list[tuple[str, str]]:
    """Return ``(name, file)`` of the configs and secrets that a compose file declares."""
    try:
        documents = load_documents(side.read(path) or b"")
    except DocumentError:
        return []
    given = [
        (name, dig(item, "file")) for d in documents for s in ("configs", "secrets") for name, item in pairs(dig(d, s))
    ]
    return [(str(name), str(file)) for name, file in given if file and "$" not in str(file)]
