"""Which services changed Kubernetes objects are about; templates are compared by what they render to."""

import re
from collections.abc import Iterable
from typing import Any

from arc_sim.causal.changes.sides import Change, Named, Side
from arc_sim.causal.documents import DocumentError, Text, dig, entries, pairs
from arc_sim.causal.readers.kubernetes import config_map_names
from arc_sim.causal.readers.manifests import WORKLOADS, Object, parse_objects
from arc_sim.causal.tree import Tree

RELEASE_LABELS = frozenset(
    ("helm.sh/chart", "chart", "heritage", "app.kubernetes.io/version", "app.kubernetes.io/managed-by")
)
"""Labels that every release changes and that nothing selects by."""
NAMING_LABELS = (
    "app",
    "app.kubernetes.io/name",
    "name",
    "service",
    "component",
    "io.kompose.service",
    "k8s-app",
    "run",
)
MESH = frozenset(("VirtualService", "DestinationRule", "ServiceEntry", "Sidecar", "AuthorizationPolicy"))
Objects = dict[tuple[str, str], Object]


def changed_by_objects(change: Change) -> Named | None:
    """Return the services behind the Kubernetes objects that differ; None when the file holds no such objects."""
    before, after = objects_at(change.base, change.old_path), objects_at(change.head, change.path)
    if before is None or after is None or not (before or after):
        return None
    found, known = compare(change.base, change.head, before, after)
    return found if known else None


def compare(base: Side, head: Side, before: Objects, after: Objects) -> tuple[Named, bool]:
    """Return the services of the objects that differ, and whether any object is about a service at all."""
    found: Named = {}
    known = False
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        names = {name for side, item in ((base, old), (head, new)) if item for name in behind(side, item)}
        known = known or bool(names)
        if (plain(old.body) if old else None) != (plain(new.body) if new else None):
            found.update({name: f"{key[0]} {key[1]} {difference(old, new)}" for name in sorted(names)})
    return found, known


def objects_at(side: Side, path: str) -> Objects | None:
    """Return the objects of one file; of a template what it renders to, None when that cannot be known."""
    content = side.read(path)
    if content is None:
        return {}
    try:
        found = parse_objects(content, path)
    except DocumentError:
        found = [item for item in side.objects if item.path == path]
        if not found:
            return None
    return {(item.kind, item.name): item for item in found if item.kind not in ("Kustomization", "Component", "Config")}


def plain(value: Any) -> Any:
    """Return a body without the labels that only name the release."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key not in RELEASE_LABELS}
    return [plain(item) for item in value] if isinstance(value, list) else value


def behind(side: Side, item: Object) -> set[str]:
    """Return the services that an object is about."""
    if item.kind in ("ConfigMap", "Secret"):
        found = _services(side, (w.name for w in _workloads(side) if item.name in config_map_names(w)))
        return found or _services(side, [re.sub(r"-(?:config|configmap|secret|env)$", "", item.name)])
    if item.kind in ("ServiceAccount", "PersistentVolumeClaim"):
        return _services(side, (w.name for w in _workloads(side) if item.name in _mentioned(w))) or _services(
            side, [item.name]
        )
    names = [item.name, *item.labels.values()] if item.kind in WORKLOADS else [item.name]
    names += [text for section in _selectors(item) for key, text in pairs(section) if key in NAMING_LABELS]
    names.append(dig(item.body, "spec", "scaleTargetRef", "name"))
    if item.kind in MESH:
        hosts = [dig(item.body, "spec", "host"), *entries(dig(item.body, "spec", "hosts"))]
        names += [str(host).split(".")[0] for host in hosts if host]
    return _services(side, names)


def difference(before: object, after: object) -> str:
    """Return what happened between two states, None being absence."""
    return "added" if before is None else "removed" if after is None else "changed"


def _selectors(item: Object) -> list[Any]:
    spec = dig(item.body, "spec")
    found = [dig(spec, "selector"), dig(spec, "selector", "matchLabels"), dig(spec, "podSelector", "matchLabels")]
    return [*found, dig(item.body, "metadata", "labels")]


def _services(side: Side, names: Iterable[Any]) -> set[str]:
    found = (side.graph.service(str(name)) for name in names if isinstance(name, str) and name)
    return {service.name for service in found if service is not None}


def _workloads(side: Side) -> list[Object]:
    return [item for item in side.objects if item.kind in WORKLOADS]


def _mentioned(workload: Object) -> set[str]:
    claims = [dig(volume, "persistentVolumeClaim", "claimName") for volume in entries(dig(workload.pod, "volumes"))]
    return {str(name) for name in (dig(workload.pod, "serviceAccountName"), *claims) if isinstance(name, Text)}


def is_manifest(tree: Tree, path: str) -> bool:
    """Tell whether a file holds Kubernetes objects."""
    try:
        content = tree.read(path)
    except (KeyError, ValueError):
        return False
    return b"kind:" in content and b"apiVersion:" in content
