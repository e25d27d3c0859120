"""The fault as YAML: what a cluster would be asked for, and the digest that names the experiment.

Fields and rules: Chaos Mesh v2.8. NetworkChaos acts on the source's packets towards the target, which a userspace
proxy imitates per message; a real netem also delays the handshake. What Chaos Mesh cannot do on one edge, or to a
share of the requests, is written as a document of our own kind, which no cluster takes for something else.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from arc_sim.model import Fault, Scenario

DURATION = "60s"
"""Chaos Mesh takes the fault out by itself after this, whatever becomes of us. Longer than any cell."""

ID_LABEL = "arc-sim/id"
"""Names what belongs together, so that it can be deleted by label. Drawn from the content, never from the run:
equal scenario and targets give equal bytes."""


OWN_API = "arc-sim/v1alpha1"
"""Of the documents for faults that Chaos Mesh has no object for."""


def render_manifest(scenario: Scenario, targets: tuple[tuple[str, str], ...], namespace: str = "default") -> str:
    """Return the YAML documents for the target edges, in order, as a stream."""
    identity = hashlib.sha256(repr((scenario, tuple(targets), namespace)).encode()).hexdigest()[:16]
    place = _Where(scenario.scenario_id, identity, namespace)
    fault = scenario.fault
    if fault.kind in _POD_ACTIONS:
        callees = sorted({target for _, target in targets})
        documents = [_pod_chaos(place, _POD_ACTIONS[fault.kind], service) for service in callees]
    elif fault.kind in _NETWORK:
        documents = [_network_chaos(place, _NETWORK[fault.kind](fault), edge) for edge in targets]
    else:
        documents = [_own(place, fault, edge) for edge in targets]
    return str(yaml.safe_dump_all(documents, sort_keys=True))


def hash_manifest(manifest: str) -> str:
    """Return ``sha256:`` and 64 hex digits over the manifest's UTF-8 bytes."""
    return "sha256:" + hashlib.sha256(manifest.encode("utf-8")).hexdigest()


class _Where(NamedTuple):
    """What all documents of a manifest share."""

    scenario_id: str
    identity: str
    namespace: str

    def document(self, api: str, kind: str, names: tuple[str, ...], spec: dict[str, Any]) -> dict[str, Any]:
        """Return the object with its name, label and dead man's switch."""
        metadata = {
            "name": _object_name("arc-sim", self.scenario_id, *names),
            "namespace": self.namespace,
            "labels": {ID_LABEL: self.identity},
        }
        return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": {**spec, "duration": DURATION}}


def _network_chaos(place: _Where, spec: dict[str, Any], edge: tuple[str, str]) -> dict[str, Any]:
    source, target = edge
    ends = {
        "mode": "all",
        "selector": _pods(source, place.namespace),
        "target": {"mode": "all", "selector": _pods(target, place.namespace)},
    }
    return place.document(_CHAOS_MESH, "NetworkChaos", edge, {"direction": "to", **spec, **ends})


def _pod_chaos(place: _Where, action: str, service: str) -> dict[str, Any]:
    """Return what acts on the callee's pods, and so on all its callers."""
    spec = {"action": action, "mode": "all", "selector": _pods(service, place.namespace)}
    return place.document(_CHAOS_MESH, "PodChaos", (service,), spec)


def _own(place: _Where, fault: Fault, edge: tuple[str, str]) -> dict[str, Any]:
    spec = {"fault": {"kind": fault.kind, **fault.amounts}, "source": edge[0], "target": edge[1]}
    return place.document(OWN_API, "EdgeFault", edge, spec)


def _latency(fault: Fault) -> dict[str, Any]:
    delay = {"latency": f"{fault.delay_ms:g}ms", "jitter": f"{fault.jitter_ms:g}ms", "correlation": "0"}
    return {"action": "delay", "delay": delay}


def _loss(fault: Fault) -> dict[str, Any]:
    return {"action": "loss", "loss": {"loss": f"{100 * fault.share:g}", "correlation": "0"}, "direction": "both"}


def _bandwidth(fault: Fault) -> dict[str, Any]:
    # 50 ms of traffic may leave at once, and one second of it may wait.
    bytes_per_s = fault.rate_kbit_per_s * 125
    limits = {"buffer": max(1, round(bytes_per_s / 20)), "limit": max(1, round(bytes_per_s))}
    rate = {"rate": f"{fault.rate_kbit_per_s:g}kbit", **limits}
    return {"action": "bandwidth", "bandwidth": rate, "direction": "both"}


_CHAOS_MESH = "chaos-mesh.org/v1alpha1"
_NETWORK: dict[str, Callable[[Fault], dict[str, Any]]] = {
    "bandwidth": _bandwidth,
    "black_hole": lambda fault: {"action": "partition", "direction": "from"},
    "latency": _latency,
    "loss": _loss,
    "partition": lambda fault: {"action": "partition", "direction": "both"},
}
_POD_ACTIONS = {"kill": "pod-failure", "restart": "pod-kill"}
"""A pod that fails stays away for the duration; one that is killed is replaced by its controller."""


def _pods(service: str, namespace: str) -> dict[str, Any]:
    return {"namespaces": [namespace], "labelSelectors": {"app": service}}


def _object_name(*parts: str) -> str:
    """Return a DNS-1123 label of at most 63 characters, different for different parts."""
    plain = "-".join(parts)
    name = re.sub(r"[^a-z0-9-]+", "-", plain.lower()).strip("-")
    if name == plain and len(name) <= 63:
        return name
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
    return f"{name[:54].strip('-')}-{digest}"
