"""The graph as JSON of the published shape ``service_graph.v1``."""

import json
from typing import Any

from arc_sim.model import Channel, Edge, Location, Resilience, Service
from arc_sim.report.graph.view import View

SCHEMA_VERSION = "1.0"


def render_json(view: View) -> str:
    """Return the graph as indented JSON with a newline at its end."""
    text = json.dumps(to_dict(view), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair becomes JSON's own escape


def to_dict(view: View) -> dict[str, Any]:
    """Return the graph as plain values; environments are left out, as they may hold secrets."""
    number = {name: index for index, names in enumerate(view.systems) for name in names}
    found: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "services": [_service(service, number[service.name], view) for service in view.graph.services],
        "edges": [_edge(edge, view) for edge in view.graph.edges],
        "channels": [_channel(channel) for channel in view.graph.channels],
        "systems": [list(names) for names in view.systems],
        "warnings": list(view.graph.warnings),
    }
    if view.impact is not None:
        found["affected"] = {
            "direct": list(view.impact.direct),
            "upstream": list(view.impact.upstream),
            "async_consumers": list(view.impact.async_consumers),
            "reasons": {name: list(reasons) for name, reasons in view.impact.reasons.items()},
        }
    return found


def _service(service: Service, system: int, view: View) -> dict[str, Any]:
    found = {
        "name": service.name,
        "kind": service.kind,
        "aliases": list(service.aliases),
        "paths": list(service.paths),
        "language": service.language,
        "image": service.image,
        "command": list(service.command),
        "port": service.port,
        "system": system,
    }
    return found if view.impact is None else {**found, "affected": view.marks.get(service.name) or None}


def _edge(edge: Edge, view: View) -> dict[str, Any]:
    found = {
        "source": edge.source,
        "target": edge.target,
        "protocol": edge.protocol,
        "sync": edge.sync,
        "confidence": edge.confidence,
        "evidence": _places(edge.evidence),
        "timeout_ms": edge.timeout_ms.value if edge.timeout_ms else None,
        "timeout_at": str(edge.timeout_ms.location) if edge.timeout_ms else None,
        "retries": edge.retries.value if edge.retries else None,
        "retries_at": str(edge.retries.location) if edge.retries else None,
        "fallback_at": str(edge.fallback) if edge.fallback else None,
        "address_env": edge.address_env,
        "resilience": [_setting(setting) for setting in edge.resilience],
    }
    return found if view.impact is None else {**found, "affected": view.mark_of(edge) or None}


def _setting(setting: Resilience) -> dict[str, Any]:
    return {
        "kind": setting.kind,
        "value": setting.value,
        "unit": setting.unit,
        "phase": setting.phase,
        "detail": setting.detail,
        "at": str(setting.location),
    }


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "kind": channel.kind,
        "broker": channel.broker,
        "producers": list(channel.producers),
        "consumers": list(channel.consumers),
        "evidence": _places(channel.evidence),
    }


def _places(places: tuple[Location, ...]) -> list[str]:
    return [str(place) for place in places]
