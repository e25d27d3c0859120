"""One Kubernetes object, as all readers of manifests see it."""

from dataclasses import dataclass, field
from typing import Any

from arc_sim.causal.documents import Mapping, dig, entries, pairs
from arc_sim.causal.paths import parent_of

WORKLOADS = frozenset(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Rollout", "DeploymentConfig",
     "CronJob", "Job", "Pod")
)  # fmt: skip


@dataclass(frozen=True)
class Object:
    """One Kubernetes object."""

    kind: str
    name: str
    path: str
    body: Mapping = field(compare=False)
    home: str | None = None
    """The chart or kustomization that installs it; None for an object of a plain file."""
    aliases: tuple[str, ...] = ()
    """Names that it gets when it is installed."""

    @property
    def place(self) -> str:
        """The directory of the deployment that it belongs to."""
        return self.home if self.home is not None else parent_of(self.path)

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
    def template(self) -> Any:
        """The metadata of the pod."""
        return dig(self.body, "metadata") if self.kind == "Pod" else dig(self.body, "spec", "template", "metadata")

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the pod."""
        return {str(key): str(value) for key, value in pairs(dig(self.template, "labels"))}

    @property
    def image(self) -> str | None:
        """The image of the first container."""
        found = [dig(container, "image") for container in self.containers]
        return str(found[0]) if found and found[0] else None


class Cluster:
    """All objects of a repository, found by name and by selector without going through all of them."""

    def __init__(self, objects: list[Object]) -> None:
        self.objects = objects
        self._maps: dict[str, list[Object]] = {}
        self._services: dict[tuple[str, str], list[Object]] = {}
        for item in objects:
            if item.kind in ("ConfigMap", "Secret"):
                self._maps.setdefault(item.name, []).append(item)
            elif item.kind == "Service" and _selector(item):
                self._services.setdefault(min(_selector(item).items()), []).append(item)

    def maps(self, name: str) -> list[Object]:
        """Return the ConfigMaps and Secrets of a name."""
        return self._maps.get(name, [])

    def selecting(self, workload: Object) -> list[Object]:
        """Return the Services whose selector the workload's labels satisfy."""
        labels = workload.labels
        near = [item for pair in labels.items() for item in self._services.get(pair, ())]
        return [item for item in near if _selector(item).items() <= labels.items()]


def _selector(item: Object) -> dict[str, str]:
    return {str(key): str(value) for key, value in pairs(dig(item.body, "spec", "selector"))}
