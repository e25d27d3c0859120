"""Kustomizations: bases, overlays, components, generators and patches as the objects that they build."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from arc_sim.causal.documents import (
    DocumentError,
    Mapping,
    Sequence,
    Text,
    dig,
    entries,
    load_documents,
    made,
    made_text,
    pairs,
)
from arc_sim.causal.paths import is_source_of_truth, join, name_of, parent_of
from arc_sim.causal.readers.deploy.objects import Object
from arc_sim.causal.tree import Tree

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
MAX_NESTING = 12
"""Bases below bases: a cycle ends here."""
KEYS = ("name", "mountPath", "containerPort", "port", "key", "ip")
"""What items of a list are told apart by in a strategic merge."""

Load = Callable[[str], list[Object]]


class Kustomizations:
    """All kustomizations of a repository."""

    def __init__(self, tree: Tree, load: Load, warnings: list[str]) -> None:
        self._tree, self._load, self._warnings = tree, load, warnings
        self._documents: dict[str, Any] = {}
        self.covered: set[str] = set()
        """Files that are resources or patches of some kustomization: they mean nothing by themselves."""
        for path in tree.paths():
            if name_of(path) in NAMES and is_source_of_truth(path):
                self._read(path)

    def _read(self, path: str) -> None:
        try:
            documents = load_documents(self._tree.read(path))
        except (DocumentError, ValueError, KeyError) as error:
            self._warnings.append(f"{path}: {error}")
            return
        if documents and isinstance(documents[0], Mapping):
            self._documents[parent_of(path)] = documents[0]

    def build(self) -> list[Object]:
        """Return one object for each kind and name, of the overlay that builds most workloads."""
        below = {
            other
            for directory, document in self._documents.items()
            for key in ("resources", "bases", "components")
            for item in entries(dig(document, key))
            if (other := join(directory, str(item))) in self._documents
        }
        roots = [d for d in self._documents if d not in below and dig(self._documents[d], "kind") != "Component"]
        built = {directory: self._build(directory, 0) for directory in sorted(roots)}
        ranked = sorted(built, key=lambda d: (-sum(bool(o.containers) for o in built[d]), d.count("/"), d))
        chosen: dict[tuple[str, str], Object] = {}
        for directory in ranked:
            for item in built[directory]:
                chosen.setdefault((item.kind, item.name), replace(item, home=directory))
        return list(chosen.values())

    def _build(self, directory: str, depth: int) -> list[Object]:
        document = self._documents.get(directory)
        if document is None or depth > MAX_NESTING:
            return []
        objects: list[Object] = []
        for item in [*entries(dig(document, "resources")), *entries(dig(document, "bases"))]:
            objects += self._resource(join(directory, str(item)), depth)
        for item in entries(dig(document, "components")):
            objects = self._component(join(directory, str(item)), objects, depth + 1)
        return self._transform(directory, document, objects)

    def _component(self, directory: str | None, objects: list[Object], depth: int) -> list[Object]:
        document = self._documents.get(directory or "\0")
        if document is None or directory is None or depth > MAX_NESTING:
            return objects
        for item in entries(dig(document, "resources")):
            objects = objects + self._resource(join(directory, str(item)), depth)
        for item in entries(dig(document, "components")):
            objects = self._component(join(directory, str(item)), objects, depth + 1)
        return self._transform(directory, document, objects)

    def _resource(self, path: str | None, depth: int) -> list[Object]:
        if path is None:
            return []
        if path in self._documents:
            return self._build(path, depth + 1)
        if not self._tree.content_id(path):
            return []
        self.covered.add(path)
        return self._load(path)

    def _transform(self, directory: str, document: Any, objects: list[Object]) -> list[Object]:
        objects = _with_generated(self._tree, directory, document, objects)
        for patch, target, path in self._patches(directory, document):
            objects = [item for known in objects for item in _patched(known, patch, target, path)]
        before, after = str(dig(document, "namePrefix") or ""), str(dig(document, "nameSuffix") or "")
        if before or after:
            objects = [replace(o, aliases=(*o.aliases, f"{before}{o.name}{after}")) for o in objects]
        return objects

    def _patches(self, directory: str, document: Any) -> list[tuple[Any, Any, str]]:
        """Return ``(patch, target, file)`` of all three ways to write patches."""
        found: list[tuple[Any, Any, str]] = []
        items = [*entries(dig(document, "patchesStrategicMerge")), *entries(dig(document, "patches"))]
        for item in [*items, *entries(dig(document, "patchesJson6902"))]:
            inline = item if isinstance(item, Text) and "\n" in item else dig(item, "patch")
            name = item if isinstance(item, Text) and "\n" not in item else dig(item, "path")
            path = join(directory, str(name)) if isinstance(name, Text) else None
            target = dig(item, "target")
            if isinstance(inline, Text):
                here = f"{directory}/{NAMES[0]}" if directory else NAMES[0]
                found += [(part, target, here) for part in _loaded(inline.encode())]
            elif path and self._tree.content_id(path):
                self.covered.add(path)
                try:
                    found += [(part, target, path) for part in _loaded(self._tree.read(path))]
                except ValueError as error:
                    self._warnings.append(f"{path}: {error}")
        return found


def _loaded(content: bytes) -> list[Any]:
    try:
        return load_documents(content)
    except DocumentError:
        return []


def _with_generated(tree: Tree, directory: str, document: Any, objects: list[Object]) -> list[Object]:
    """Return the objects with the ConfigMaps and Secrets that the kustomization generates."""
    result = list(objects)
    for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for entry in entries(dig(document, key)):
            data = _generated(tree, directory, entry)
            name = str(dig(entry, "name") or "")
            known = next((o for o in result if o.kind == kind and o.name == name), None)
            if known is not None and dig(entry, "behavior") == "merge":
                data = Mapping({**dict(pairs(dig(known.body, "data"))), **data})
                result.remove(known)
            body = made({"kind": kind})
            body["data" if kind == "ConfigMap" else "stringData"] = data
            here = f"{directory}/{NAMES[0]}" if directory else NAMES[0]
            result.append(Object(kind, name, here, body, home=directory))
    return result


def _generated(tree: Tree, directory: str, entry: Any) -> Mapping:
    data = Mapping()
    for literal in entries(dig(entry, "literals")):
        name, sign, value = str(literal).partition("=")
        if sign:
            data[made_text(name, literal)] = made_text(value.strip("\"'"), literal)
    files = [dig(entry, "env"), *entries(dig(entry, "envs"))]
    for path in (join(directory, str(item)) for item in files if item):
        for number, line in enumerate(_text(tree, path).splitlines(), start=1):
            name, sign, value = line.strip().partition("=")
            if sign and not name.startswith("#"):
                at = made("", number)
                data[made_text(name.strip(), at)] = made_text(value.strip().strip("\"'"), at, path)
    for item in entries(dig(entry, "files")):
        name, sign, file = str(item).partition("=")
        path = join(directory, file if sign else name)
        data[made_text(name if sign else name_of(name), item)] = made_text(_text(tree, path), made("", 1), path)
    return data


def _text(tree: Tree, path: str | None) -> str:
    try:
        return tree.read(path or "").decode("utf-8", "replace")
    except (KeyError, ValueError):
        return ""


def _patched(item: Object, patch: Any, target: Any, path: str) -> list[Object]:
    """Return the object after a patch, nothing when the patch removes it."""
    if isinstance(patch, list):
        if not _is_target(item, target):
            return [item]
        body: Any = item.body
        for operation in patch:
            body = _operated(body, operation, path)
        return [replace(item, body=body)]
    if target is None:
        target = made(
            {"kind": str(dig(patch, "kind") or ""), "name": re.escape(str(dig(patch, "metadata", "name") or "\0"))}
        )
    if not isinstance(patch, Mapping) or not _is_target(item, target):
        return [item]
    if dig(patch, "$patch") == "delete":
        return []
    return [replace(item, body=_merged(item.body, patch, path))]


def _is_target(item: Object, target: Any) -> bool:
    kind, name, labels = dig(target, "kind"), dig(target, "name"), dig(target, "labelSelector")
    if not (kind or name or labels) or (kind and kind != item.kind):
        return False
    if name and len(name) < 200 and not re.search(r"\)[*+{]", name):
        try:
            if not re.fullmatch(str(name), item.name):
                return False
        except re.error:
            return False
    wanted = dict(part.split("=", 1) for part in str(labels or "").split(",") if "=" in part)
    own = {str(key): str(value) for key, value in pairs(dig(item.body, "metadata", "labels"))}
    return wanted.items() <= own.items()


def _merged(known: Any, patch: Any, path: str, depth: int = 0) -> Any:
    if isinstance(known, dict) and isinstance(patch, dict) and depth < 60:
        result = Mapping(known)
        result.line = getattr(known, "line", 1)
        for key, value in patch.items():
            if value is None:
                result.pop(key, None)
            elif key != "$patch":
                result[key] = _merged(known.get(key), value, path, depth + 1)
        return result
    if isinstance(known, list) and isinstance(patch, list):
        return _merged_lists(known, patch, path, depth)
    return placed(patch, path)


def _merged_lists(known: list[Any], patch: list[Any], path: str, depth: int) -> Any:
    key = next((k for k in KEYS if all(dig(item, k) is not None for item in [*known, *patch])), None)
    if key is None or not patch:
        return placed(patch, path)
    result = Sequence(known)
    places = {dig(item, key): number for number, item in enumerate(known)}
    removed = set()
    for item in patch:
        place = places.get(dig(item, key))
        if dig(item, "$patch") == "delete":
            removed.add(place)
        elif place is None:
            result.append(placed(item, path))
        else:
            result[place] = _merged(known[place], item, path, depth + 1)
    return Sequence(item for number, item in enumerate(result) if number not in removed)


def placed(value: Any, path: str) -> Any:
    """Write into the values of a patch in which file they stand."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Text):
            item.path = path
        elif isinstance(item, dict):
            pending += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            pending += item
    return value


def _operated(body: Any, operation: Any, path: str) -> Any:
    """Return the body after one operation of a JSON patch (RFC 6902); one that does not fit changes nothing."""
    keys = [part.replace("~1", "/").replace("~0", "~") for part in str(dig(operation, "path") or "").split("/")[1:]]
    name, value = dig(operation, "op"), dig(operation, "value")
    if not keys or name not in ("add", "replace", "remove"):
        return body
    return _at(body, keys, str(name), placed(value, path))


def _at(value: Any, keys: list[str], name: str, new: Any) -> Any:
    if isinstance(value, dict):
        return _in_mapping(value, keys, name, new)
    if isinstance(value, list) and (keys[0] == "-" or keys[0].isdigit()):
        return _in_sequence(value, keys, name, new)
    return value


def _in_mapping(value: dict[str, Any], keys: list[str], name: str, new: Any) -> Mapping:
    result = Mapping(value)
    result.line = getattr(value, "line", 1)
    if len(keys) > 1:
        result[keys[0]] = _at(value.get(keys[0], Mapping()), keys[1:], name, new)
    elif name == "remove":
        result.pop(keys[0], None)
    else:
        result[made_text(keys[0], new)] = new
    return result


def _in_sequence(value: list[Any], keys: list[str], name: str, new: Any) -> Sequence:
    items = Sequence(value)
    index = len(items) if keys[0] == "-" else int(keys[0])
    if len(keys) > 1:
        if index < len(items):
            items[index] = _at(items[index], keys[1:], name, new)
        return items
    if name != "add" and index < len(items):
        del items[index]
    if name != "remove":
        items.insert(index, new)
    return items
