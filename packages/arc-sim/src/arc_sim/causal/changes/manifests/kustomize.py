"""What a change means to those who are deployed through kustomize: images, patches, resources, components."""

import json
import re
from typing import Any

from arc_sim.causal.changes.manifests.objects import behind
from arc_sim.causal.changes.sides import Change, Named, Side
from arc_sim.causal.documents import DocumentError, dig, entries, load_documents, pairs
from arc_sim.causal.kinds import image_name
from arc_sim.causal.paths import join, name_of, parent_of
from arc_sim.causal.readers.kubernetes import config_map_names
from arc_sim.causal.readers.manifests import WORKLOADS, Object, parse_objects

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
INCLUDED = ("resources", "bases", "components")
PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
GENERATORS = ("configMapGenerator", "secretGenerator")
PLAIN = ("apiVersion", "kind", "metadata")
MAX_DEPTH = 12


class Kustomizations:
    """All kustomizations of one revision."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self.documents: dict[str, Any] = {}
        for path in (p for name in NAMES for p in side.listing.named(name)):
            try:
                document = next(iter(load_documents(side.read(path) or b"")), None)
            except DocumentError:
                continue
            if isinstance(document, dict):
                self.documents[parent_of(path)] = document

    def workloads(self, directory: str, depth: int = 0) -> set[str]:
        """Return the services whose objects a kustomization brings together."""
        found: set[str] = set()
        document = self.documents.get(directory)
        for target in self._targets(directory, document, INCLUDED) if depth < MAX_DEPTH else ():
            if target in self.documents:
                found |= self.workloads(target, depth + 1)
            else:
                found |= {name for item in self._objects(target) for name in behind(self._side, item)}
        return found

    def reached(self, directory: str) -> set[str]:
        """Return the services on which a kustomization acts: its own, or for a component those that include it."""
        found = self.workloads(directory)
        seen, pending = {directory}, [directory]
        while pending:
            target = pending.pop()
            for home, document in self.documents.items():
                if home not in seen and target in self._targets(home, document, ("components",)):
                    seen.add(home)
                    pending.append(home)
                    found |= self.workloads(home)
        return found

    def using(self, path: str) -> list[tuple[str, str, Any]]:
        """Return ``(directory, section, entry)`` of the patches and generators that name a file."""
        found = []
        for home, document in self.documents.items():
            for section in (*PATCHES, *GENERATORS):
                for entry in entries(dig(document, section)):
                    if any(join(home, text) == path for text in _files(entry)):
                        found.append((home, section, entry))
        return found

    def about(self, home: str, section: str, entry: Any) -> set[str]:
        """Return the services that one entry of a kustomization is about."""
        if section in INCLUDED:
            target = join(home, str(entry))
            return self._included(section, target) if target is not None else set()
        if section in ("images", "replicas"):
            return self._named(str(dig(entry, "name") or ""), by_image=section == "images") & self.reached(home)
        if section in GENERATORS:
            users = (w for w in self._side.objects if w.kind in WORKLOADS)
            names = [w.name for w in users if str(dig(entry, "name")) in config_map_names(w)]
            return {service.name for name in names if (service := self._side.graph.service(name))}
        if section in PATCHES:
            names = self._patched(home, entry)
            found = {s.name for name in names if (s := self._side.graph.service(name))}
            return found if names else self.reached(home)
        return self.reached(home)

    def _included(self, section: str, target: str) -> set[str]:
        if target in self.documents:
            return self.reached(target) if section == "components" else self.workloads(target)
        return {name for item in self._objects(target) for name in behind(self._side, item)}

    def _named(self, name: str, by_image: bool) -> set[str]:
        services = self._side.graph.services
        if not by_image:
            return {s.name for s in services if name in (s.name, *s.aliases)}
        wanted = image_name(name)
        return {s.name for s in services if wanted in (image_name(s.image), s.name, *s.aliases)}

    def _patched(self, home: str, entry: Any) -> list[str]:
        """Return the names of the objects that a patch is for; empty when it is for any."""
        target = dig(entry, "target", "name")
        if target:
            return [name for name in re.split(r"[|()^$]+", str(target)) if re.fullmatch(r"[\w.-]+", name)]
        inline = dig(entry, "patch") or (entry if isinstance(entry, str) and "\n" in entry else None)
        contents = [str(inline).encode()] if inline else []
        paths = [join(home, text) for text in _files(entry)] if not inline else []
        contents += [self._side.read(path) or b"" for path in paths if path]
        names = [dig(document, "metadata", "name") for c in contents for document in _documents(c)]
        return [str(name) for name in names if name]

    def _targets(self, directory: str, document: Any, sections: tuple[str, ...]) -> list[str]:
        given = [item for section in sections for item in entries(dig(document, section)) if isinstance(item, str)]
        return [target for item in given if "://" not in item and (target := join(directory, item)) is not None]

    def _objects(self, path: str) -> list[Object]:
        try:
            return parse_objects(self._side.read(path) or b"", path)
        except DocumentError:
            return []


def _of(side: Side) -> Kustomizations:
    found: Kustomizations = side.memo.setdefault("kustomize", None) or Kustomizations(side)
    side.memo["kustomize"] = found
    return found


def is_kustomization(path: str) -> bool:
    """Tell whether a file is one by its name."""
    return name_of(path) in NAMES


def changed_by_kustomization(change: Change) -> Named | None:
    """Return the services about which a kustomization says something different.

    One that came or went as a whole deploys nothing by itself: the objects and those that include it tell.
    """
    found: Named = {}
    if change.before() is None or change.after() is None:
        return found
    before, after = _parts(change.before()), _parts(change.after())
    if before is None or after is None:
        return None
    for side, path, own, other in (
        (change.base, change.old_path, before, after),
        (change.head, change.path, after, before),
    ):
        kustomizations = _of(side)
        for key in sorted(own.keys() - other.keys()):
            for name in sorted(kustomizations.about(parent_of(path), key[0], own[key])):
                found.setdefault(name, f"its {key[0]} in the kustomization differ")
    return found


def changed_by_reference(change: Change) -> Named | None:
    """Return the services that a file is for through the kustomizations that name it; None when none does."""
    found: Named = {}
    known = False
    for side, path in ((change.base, change.old_path), (change.head, change.path)):
        kustomizations = _of(side)
        for home, section, entry in kustomizations.using(path):
            known = True
            for name in sorted(kustomizations.about(home, section, entry)):
                found.setdefault(name, f"{section} of the kustomization in {home or 'the root'}")
    return found if known else None


def _parts(content: bytes | None) -> dict[tuple[str, str], Any] | None:
    """Return ``{(section, entry as text): entry}``."""
    if content is None:
        return {}
    try:
        document = next(iter(load_documents(content)), None)
    except DocumentError:
        return None
    found: dict[tuple[str, str], Any] = {}
    for section, value in pairs(document):
        for entry in (value if isinstance(value, list) else [value]) if section not in PLAIN else ():
            found[(str(section), json.dumps(entry, sort_keys=True))] = entry
    return found


def _files(entry: Any) -> list[str]:
    """Return the paths that an entry names."""
    if isinstance(entry, str):
        return [] if "\n" in entry else [str(entry)]
    found = [str(item).rpartition("=")[2] for key in ("files", "envs") for item in entries(dig(entry, key))]
    return found + [str(dig(entry, key)) for key in ("path", "env") if dig(entry, key)]


def _documents(content: bytes) -> list[Any]:
    try:
        return [d for d in load_documents(content) if isinstance(d, dict)]
    except DocumentError:
        return []
