"""The Kubernetes objects of a repository, as every user of them needs them: parsed once, with their file.

Plain manifests, what charts would install, what kustomizations build, and what operators make of their own objects.
"""

from collections.abc import Callable

from arc_sim.causal.documents import DocumentError, Mapping, dig, entries, load_documents
from arc_sim.causal.paths import YAML, contains, is_source_of_truth, join, name_of, parent_of
from arc_sim.causal.readers.deploy.kustomize import Kustomizations
from arc_sim.causal.readers.deploy.objects import WORKLOADS, Object
from arc_sim.causal.readers.deploy.operators import as_workloads, of_missing_charts
from arc_sim.causal.readers.helm.rendering import render_charts
from arc_sim.causal.readers.helm.values import UNKNOWN_TEXT
from arc_sim.causal.tree import Tree

__all__ = ["WORKLOADS", "Object", "artifacts", "nearest", "parse_objects", "read_objects"]


def parse_objects(content: bytes, path: str) -> list[Object]:
    """Return the Kubernetes objects of one file; raises DocumentError."""
    found = []
    pending = load_documents(content)
    while pending:
        document = pending.pop(0)
        kind, name = dig(document, "kind"), dig(document, "metadata", "name")
        if kind in ("List", "Template") and not dig(document, "spec"):
            pending = entries(dig(document, "items")) + entries(dig(document, "objects")) + pending
        elif kind and dig(document, "apiVersion") and isinstance(document, Mapping):
            found.append(Object(str(kind), str(name or ""), path, document))
    return found


def read_objects(tree: Tree, warnings: list[str]) -> list[Object]:
    """Return all objects of all manifests, charts and kustomizations; each warning names its file once."""
    rendered, missing = render_charts(tree, warnings)
    homes = [f"{parent_of(p)}/".lstrip("/") for p in tree.paths() if name_of(p) == "Chart.yaml"]
    charts = {f"{home}{part}" for home in homes for part in ("templates", "files", "crds")}
    plain: dict[str, list[Object]] = {}
    for path in tree.paths():
        if YAML.search(path) and is_source_of_truth(path) and not _is_below(path, charts):
            found = _of_file(tree, path, warnings)
            if found:
                plain[path] = found
    kustomizations = Kustomizations(tree, _loader(tree, plain, warnings), warnings)
    objects = kustomizations.build()
    for path, found in plain.items():
        if path not in kustomizations.covered:
            objects += found
    for document in rendered:
        kind, name = str(dig(document.body, "kind") or ""), str(dig(document.body, "metadata", "name") or "")
        if kind and UNKNOWN_TEXT not in name:
            alias = (f"{document.prefix}-{name}",) if document.prefix and name else ()
            objects.append(Object(kind, name, document.path, document.body, document.home, alias))
    return as_workloads([*objects, *of_missing_charts(missing)])


def _is_below(path: str, directories: set[str]) -> bool:
    current = parent_of(path) if directories else ""
    while current and current not in directories:
        current = parent_of(current)
    return bool(current)


def _of_file(tree: Tree, path: str, warnings: list[str]) -> list[Object]:
    try:
        content = tree.read(path)
        return parse_objects(content, path) if b"apiVersion" in content and b"kind" in content else []
    except (DocumentError, ValueError, KeyError) as error:
        warnings.append(f"{path}: {error}")
        return []


def _loader(tree: Tree, plain: dict[str, list[Object]], warnings: list[str]) -> Callable[[str], list[Object]]:
    def load(path: str) -> list[Object]:
        if path not in plain:
            plain[path] = [] if YAML.search(path) is None else _of_file(tree, path, [])
        return plain[path]

    return load


def artifacts(objects: list[Object]) -> dict[str, tuple[str, str | None]]:
    """Return ``{image: (build context, dockerfile)}`` of all Skaffold files."""
    found: dict[str, tuple[str, str | None]] = {}
    for item in objects:
        if item.kind == "Config" and str(dig(item.body, "apiVersion") or "").startswith("skaffold/"):
            for artifact in entries(dig(item.body, "build", "artifacts")):
                image, context = (
                    dig(artifact, "image"),
                    join(parent_of(item.path), str(dig(artifact, "context") or ".")),
                )
                if image and context is not None:
                    dockerfile = dig(artifact, "docker", "dockerfile")
                    found.setdefault(str(image).rpartition("/")[2], (context, str(dockerfile) if dockerfile else None))
    return found


def nearest(candidates: list[Object], path: str) -> Object | None:
    """Return the object that stands closest to a file: same file, same directory, then the longest common path."""

    def distance(item: Object) -> tuple[int, int, str]:
        directory = parent_of(path)
        steps = 0
        while not contains(directory, item.path):
            directory = parent_of(directory)
            steps += 1
        return (steps if item.path != path else -1, item.path.count("/"), item.path)

    return min(candidates, key=distance, default=None)
