"""The fault as Chaos Mesh YAML: what a cluster would be asked for, and the digest that names the experiment.

Fields and rules: Chaos Mesh v2.8 NetworkChaos. Delay is put on the source's packets towards the target, which a
userspace proxy imitates per message; a real netem also delays the handshake.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any

import yaml

from arc_sim.errors import PlanError
from arc_sim.model import Fault, Scenario

DURATION = "60s"
"""Chaos Mesh takes the fault out by itself after this, whatever becomes of us. Longer than any cell."""

ID_LABEL = "arc-sim/id"
"""Names what belongs together, so that it can be deleted by label. Drawn from the content, never from the run:
equal scenario and targets give equal bytes."""


def render_manifest(scenario: Scenario, targets: tuple[tuple[str, str], ...], namespace: str = "default") -> str:
    """Return one YAML document per target edge, in order, as a stream.

    Raises PlanError for a kind of fault that Chaos Mesh has no object for.
    """
    if scenario.fault.kind not in _SPECS:
        raise PlanError(f"no manifest for faults of kind {scenario.fault.kind!r}")
    spec = _SPECS[scenario.fault.kind](scenario.fault)
    identity = hashlib.sha256(repr((scenario, tuple(targets), namespace)).encode()).hexdigest()[:16]
    documents = [_network_chaos(spec, scenario.scenario_id, edge, identity, namespace) for edge in targets]
    return str(yaml.safe_dump_all(documents, sort_keys=True))


def hash_manifest(manifest: str) -> str:
    """Return ``sha256:`` and 64 hex digits over the manifest's UTF-8 bytes."""
    return "sha256:" + hashlib.sha256(manifest.encode("utf-8")).hexdigest()


def _network_chaos(
    spec: dict[str, Any], scenario_id: str, edge: tuple[str, str], identity: str, namespace: str
) -> dict[str, Any]:
    source, target = edge
    return {
        "apiVersion": "chaos-mesh.org/v1alpha1",
        "kind": "NetworkChaos",
        "metadata": {
            "name": _object_name("arc-sim", scenario_id, source, target),
            "namespace": namespace,
            "labels": {ID_LABEL: identity},
        },
        "spec": {
            **spec,
            "mode": "all",
            "selector": _pods(source, namespace),
            "direction": "to",
            "target": {"mode": "all", "selector": _pods(target, namespace)},
            "duration": DURATION,
        },
    }


def _latency(fault: Fault) -> dict[str, Any]:
    delay = {"latency": f"{fault.delay_ms:g}ms", "jitter": f"{fault.jitter_ms:g}ms", "correlation": "0"}
    return {"action": "delay", "delay": delay}


_SPECS: dict[str, Callable[[Fault], dict[str, Any]]] = {"latency": _latency}


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
