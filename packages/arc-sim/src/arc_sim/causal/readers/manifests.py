"""The Kubernetes objects of a repository, as every user of them needs them: parsed once, with their file."""

import re
from dataclasses import dataclass, field
from typing import Any

from arc_sim.causal.documents import DocumentError, Mapping, dig, entries, load_documents, pairs
from arc_sim.causal.paths import YAML, contains, is_source_of_truth, join, parent_of
from arc_sim.causal.tree import Tree

WORKLOADS = frozenset(
    (
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Rollout",
        "CronJob",
        "Job",
        "Pod",
    )
)


@dataclass(frozen=True)
class Object:
    """One Kubernetes object."""

    kind: str
    name: str
    path: str
    body: Mapping = field(compare=False)

    @property
    def pod(self) -> Any:
        """The pod's specification, None for objects that run nothing."""
        if self.kind == "Pod":
            return dig(self.body, "spec")
        template = dig(self.body, "spec", "jobTemplate") if self.kind == "CronJob" else self.body
        return dig(template, "spec", "template", "spec")

    @property
    def containers(self) -> list[Any]:
        """The containers of the pod."""
        return [container for container in entries(dig(self.pod, "containers")) if isinstance(container, Mapping)]

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the pod."""
        template = dig(self.body, "metadata") if self.kind == "Pod" else dig(self.body, "spec", "template", "metadata")
        return {str(key): str(value) for key, value in pairs(dig(template, "labels"))}

    @property
    def image(self) -> str | None:
        """The image of the first container."""
        found = [dig(container, "image") for container in self.containers]
        return str(found[0]) if found and found[0] else None


def parse_objects(content: bytes, path: str) -> list[Object]:
    """Return the Kubernetes objects of one file; raises DocumentError."""
    found = []
    pending = load_documents(content)
    while pending:
        document = pending.pop(0)
        kind, name = dig(document, "kind"), dig(document, "metadata", "name")
        if kind == "List":
            pending = entries(dig(document, "items")) + pending
        elif kind and dig(document, "apiVersion") and isinstance(document, Mapping):
            found.append(Object(str(kind), str(name or ""), path, document))
    return found


def read_objects(tree: Tree, warnings: list[str]) -> list[Object]:
    """Return all objects of all manifests; templates that are no YAML give one warning for each chart."""
    found: list[Object] = []
    charts: dict[str, int] = {}
    for path in tree.paths():
        if not YAML.search(path) or not is_source_of_truth(path):
            continue
        try:
            content = tree.read(path)
            if b"apiVersion" in content and b"kind" in content:
                found.extend(parse_objects(content, path))
        except (DocumentError, ValueError) as error:
            if isinstance(error, DocumentError) and b"{{" in content:
                chart = re.sub(r"/templates/.*", "/templates", path)
                charts[chart] = charts.get(chart, 0) + 1
            else:
                warnings.append(f"{path}: {error}")
    warnings.extend(
        f"{chart}: {count} templates are not read, as they need Helm" for chart, count in sorted(charts.items())
    )
    return found


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
