"""Kubernetes manifests: workloads, Services, ConfigMaps, and the variables that they give to containers."""

import re
from collections import Counter
from typing import Any

from arc_sim.causal.addresses import MAX_EXPANDED, addresses_in, normalise, port_number
from arc_sim.causal.documents import Text, dig, entries, line_of, pairs, path_of
from arc_sim.causal.kinds import image_name, kind_of
from arc_sim.causal.ownership import build_units, built_from, find_unit
from arc_sim.causal.paths import parent_of
from arc_sim.causal.readers.base import Findings, Known, Variable
from arc_sim.causal.readers.deploy.composing import interpolate
from arc_sim.causal.readers.deploy.mesh import dapr_edges, mesh_rules
from arc_sim.causal.readers.deploy.objects import Cluster
from arc_sim.causal.readers.deploy.texts import CONFIGURATION, addresses_of, without_shared
from arc_sim.causal.readers.manifests import WORKLOADS, Object, artifacts, nearest, read_objects
from arc_sim.causal.tree import Tree
from arc_sim.model import Edge, Location, Service

COMMAND = 0.8
"""Confidence of an address in a command line."""


VERSION = re.compile(r"-(?:v\d[\w.-]*|deployment|deploy|statefulset|sts|daemonset|pod|blue|green|stable|canary)")


class KubernetesReader:
    """Reads all manifests; of several variants of a workload it takes the one in the most complete directory."""

    name = "kubernetes"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return workloads as services, with the variables of their containers."""
        warnings: list[str] = []
        objects = read_objects(tree, warnings)
        cluster = Cluster(objects)
        owners = _owners(tree, objects, known)
        services, edges, variables = [], [], []
        mounts: list[Edge] = []
        chosen = _chosen(cluster, owners)
        names = _shared_names(chosen, cluster)
        twins = _twins(chosen, known)
        for workload in chosen:
            given = container_variables(workload, cluster)
            variables.extend(given)
            edges.extend(_commands(workload))
            image = workload.image
            mounts.extend(_mounted(workload, cluster, given) if kind_of(image, workload.name) == "service" else ())
            services.append(
                Service(
                    name=names.get(workload.name, workload.name),
                    kind=kind_of(image, workload.name),
                    aliases=tuple(
                        sorted(
                            {workload.name, *service_names(workload, cluster), *twins.get(workload.name, ())}
                            - {names.get(workload.name, workload.name)}
                        )
                    ),
                    paths=owners.get(_key(workload), ()),
                    image=image,
                    port=_port(workload, cluster),
                    env=tuple(sorted({v.name: v.value for v in given}.items())),
                )
            )
        edges += [*dapr_edges(objects, chosen), *without_shared(mounts)]
        found = tuple(mesh_rules(objects))
        return Findings(tuple(services), tuple(edges), tuple(variables), tuple(warnings), rules=found)


def _shared_names(chosen: list[Object], cluster: Cluster) -> dict[str, str]:
    """Return ``{workload: Service}`` where several workloads are versions of what one Service stands for.

    A single workload takes the Service's name too when its own only adds a version or what kind of object it is.
    """
    behind: dict[str, set[str]] = {}
    for workload in chosen:
        for name in {item.name for item in cluster.selecting(workload)}:
            if normalise(workload.name).startswith(normalise(name) + "-"):
                behind.setdefault(name, set()).add(workload.name)
    found = {}
    for name, workloads in sorted(behind.items(), key=lambda pair: len(pair[0])):
        for workload_name in workloads:
            if len(workloads) > 1 or VERSION.fullmatch(workload_name[len(name) :]):
                found[workload_name] = name
    own = {workload.name for workload in chosen}
    return {workload: name for workload, name in found.items() if name not in own}


def service_names(workload: Object, cluster: Cluster) -> set[str]:
    """Return the names of the Services that select a workload, and those that it gets when it is installed."""
    names = {name for item in cluster.selecting(workload) for name in (item.name, *item.aliases)}
    dapr = dig(workload.template, "annotations", "dapr.io/app-id")
    return names | {*workload.aliases, *([str(dapr)] if isinstance(dapr, Text) else ())}


def container_variables(workload: Object, cluster: Cluster) -> list[Variable]:
    """Return the environment of the containers: literal values, ConfigMaps by key and as a whole."""
    found: dict[str, Variable] = {}
    for container in workload.containers:
        for source in entries(dig(container, "envFrom")):
            name = dig(source, "configMapRef", "name") or dig(source, "secretRef", "name")
            given = nearest(cluster.maps(str(name)), workload.path)
            for key, value in pairs(_data(given)):
                if isinstance(value, Text):
                    _add(found, workload, key, value, _place(value, given.path if given else "", key))
        for entry in entries(dig(container, "env")):
            _add_entry(found, workload, entry, cluster)
    return list(found.values())


def config_map_names(workload: Object) -> set[str]:
    """Return the names of ConfigMaps and Secrets that a workload uses in any way."""
    found = set()
    for container in entries(dig(workload.pod, "containers")) + entries(dig(workload.pod, "initContainers")):
        for source in entries(dig(container, "envFrom")):
            found |= {str(dig(source, kind, "name")) for kind in ("configMapRef", "secretRef")}
        for entry in entries(dig(container, "env")):
            found |= {str(dig(entry, "valueFrom", kind, "name")) for kind in ("configMapKeyRef", "secretKeyRef")}
    for volume in entries(dig(workload.pod, "volumes")):
        found |= {str(dig(volume, "configMap", "name")), str(dig(volume, "secret", "secretName"))}
    return found - {"None"}


def _add_entry(found: dict[str, Variable], workload: Object, entry: Any, cluster: Cluster) -> None:
    name, value = dig(entry, "name"), dig(entry, "value")
    if not isinstance(name, Text):
        return
    if isinstance(value, Text):
        _add(found, workload, name, value, _place(value, workload.path))
        return
    for kind in ("configMapKeyRef", "secretKeyRef"):
        reference = dig(entry, "valueFrom", kind)
        given = nearest(cluster.maps(str(dig(reference, "name"))), workload.path)
        value = dig(_data(given), str(dig(reference, "key")))
        if given is not None and isinstance(value, Text):
            _add(found, workload, name, value, _place(value, given.path))


def _add(found: dict[str, Variable], workload: Object, name: str, value: str, place: Location) -> None:
    text = str(value)
    for other in found.values():
        reference = f"$({other.name})"
        if text.count(reference) * len(other.value) <= MAX_EXPANDED:
            text = text.replace(reference, other.value)
    found[str(name)] = Variable(workload.name, str(name), text, place)


def _data(item: Object | None) -> Any:
    if item is None:
        return None
    return dig(item.body, "data") if item.kind == "ConfigMap" else dig(item.body, "stringData")


def _place(value: Any, path: str, key: Any = None) -> Location:
    return Location(path_of(value, path), line_of(value if key is None else key))


def _key(workload: Object) -> tuple[str, str]:
    return (workload.path, workload.name)


def _by_image(known: Known) -> dict[str, Service]:
    """Return the services that are built here by the images that only one of them has."""
    images = [image_name(service.image) for service in known.services]
    found = {image_name(service.image): service for service in known.services if service.paths}
    return {image: service for image, service in found.items() if image and images.count(image) == 1}


def _twins(chosen: list[Object], known: Known) -> dict[str, tuple[str, ...]]:
    """Return ``{workload: (service,)}`` where the only workload of an image runs what another file calls otherwise."""
    by_image = _by_image(known)
    images = [image_name(workload.image) for workload in chosen]
    names = {normalise(name) for service in known.services for name in (service.name, *service.aliases)}
    return {
        workload.name: (by_image[image].name,)
        for workload, image in zip(chosen, images, strict=True)
        if image in by_image and images.count(image) == 1 and normalise(workload.name) not in names
    }


def _owners(tree: Tree, objects: list[Object], known: Known) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the paths of the workloads whose image is built in this repository."""
    units = build_units(tree)
    built = artifacts(objects)
    by_name = {normalise(name): s.paths for s in known.services if s.paths for name in (s.name, *s.aliases)}
    by_image = {image: service.paths for image, service in _by_image(known).items()}
    found = {}
    for workload in (item for item in objects if item.kind in WORKLOADS):
        image = image_name(workload.image)
        artifact = built.get(image)
        paths = by_name.get(normalise(workload.name), ()) or by_image.get(image, ())
        if artifact is not None:
            paths = paths or built_from(tree, *artifact)
        if not paths and kind_of(workload.image) == "service":
            unit = find_unit(units, (image, workload.name))
            paths = (unit,) if unit else ()
        if paths:
            found[_key(workload)] = paths
    return found


def _chosen(cluster: Cluster, owners: dict[tuple[str, str], tuple[str, ...]]) -> list[Object]:
    """Return one object for each workload of the system.

    Foreign images count when they stand beside the system's own workloads, or when nothing is built here at all.
    A Job counts only when nothing else runs what it is built from.
    """
    workloads = [item for item in cluster.objects if item.kind in WORKLOADS and item.name and item.containers]
    own = Counter(item.place for item in workloads if _key(item) in owners)
    running = {path for item in workloads if item.kind != "Job" for path in owners.get(_key(item), ())}
    ranked = sorted(workloads, key=lambda item: (-own[item.place], item.path.count("/"), item.path))
    chosen: dict[str, Object] = {}
    for item in ranked:
        paths = owners.get(_key(item))
        if paths and not (item.kind == "Job" and running.intersection(paths)):
            chosen.setdefault(normalise(item.name), item)
    homes = {item.place for item in chosen.values()}
    # One directory for each workload: their common parent is the home.
    above = Counter(parent_of(home) for home in homes if own[home] == 1 and "/" in home)
    parents = {parent for parent, count in above.items() if count > 1}
    for item in ranked:
        directory = item.place
        near = directory in homes or parent_of(directory) in parents
        if item.kind != "Job" and _key(item) not in owners and (near or not chosen or not owners):
            chosen.setdefault(normalise(item.name), item)
    _add_named(chosen, ranked, cluster)
    return sorted(chosen.values(), key=lambda item: item.name)


def _add_named(chosen: dict[str, Object], ranked: list[Object], cluster: Cluster) -> None:
    """Add workloads from elsewhere whose address one of the chosen ones is given."""
    others = [item for item in ranked if normalise(item.name) not in chosen and item.kind not in ("Job", "CronJob")]
    if not others:
        return
    given = {
        normalise(address.host.split(".")[0])
        for workload in chosen.values()
        for variable in container_variables(workload, cluster)
        for address in addresses_in(variable.value)
    }
    for item in others:
        if {normalise(name) for name in (item.name, *service_names(item, cluster))} & given:
            chosen.setdefault(normalise(item.name), item)


def _commands(workload: Object) -> list[Edge]:
    found = []
    for container in workload.containers:
        for word in entries(dig(container, "command")) + entries(dig(container, "args")):
            for address in addresses_in(word) if isinstance(word, Text) else ():
                place = _place(word, workload.path)
                protocol = address.protocol or "tcp"
                found.append(Edge(workload.name, address.host, protocol, confidence=COMMAND, evidence=(place,)))
    return found


def _mounted(workload: Object, cluster: Cluster, given: list[Variable]) -> list[Edge]:
    """Return the edges of ConfigMaps that are put into the containers as files."""
    names = {str(dig(volume, "configMap", "name")) for volume in entries(dig(workload.pod, "volumes"))}
    names |= {
        str(dig(source, "configMap", "name"))
        for volume in entries(dig(workload.pod, "volumes"))
        for source in entries(dig(volume, "projected", "sources"))
    }
    found: dict[tuple[str, str], Edge] = {}
    values = {v.name: v.value for v in given}
    for name in sorted(names - {"None"}):
        item = nearest([item for item in cluster.maps(name) if item.kind == "ConfigMap"], workload.path)
        for key, value in pairs(_data(item)):
            if item is None or not isinstance(value, Text) or not CONFIGURATION.search(f"/{key}"):
                continue
            # The lines of a block begin below its key; a file that was generated from begins at its own first line.
            first = line_of(value) + (0 if hasattr(value, "path") else 1)
            text = interpolate(str(value), values) if "${" in value else str(value)
            for _, address, at in addresses_of(text, str(key), first):
                place = Location(path_of(value, item.path), at.line)
                edge = Edge(workload.name, str(address.host), address.protocol or "tcp", True, COMMAND, (place,))
                found.setdefault(edge.key, edge)
    return [found[key] for key in sorted(found)]


def _port(workload: Object, cluster: Cluster) -> int | None:
    """Return the port of the first container that names one, else the port to which a Service beside it sends.

    A Service in another directory belongs to another variant of the deployment.
    """
    ports = [port for container in workload.containers for port in entries(dig(container, "ports"))]
    numbers = [dig(port, "containerPort") for port in ports]
    for item in cluster.selecting(workload):
        for port in entries(dig(item.body, "spec", "ports")) if item.place == workload.place else ():
            numbers.append(dig(port, "targetPort") or dig(port, "port"))
    return next((port for number in numbers if (port := port_number(str(number))) is not None), None)
