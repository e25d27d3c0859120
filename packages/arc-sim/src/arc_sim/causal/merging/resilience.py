"""All resilience settings of an edge in one list, and the deciding ones in the edge's own fields."""

import re
from collections.abc import Iterable
from dataclasses import replace

from arc_sim.causal.addresses import Directory
from arc_sim.causal.kinds import TELEMETRY, image_name
from arc_sim.causal.readers.base import Rule
from arc_sim.model import Edge, Resilience, Service, Setting

MAX_SETTINGS = 24
"""Settings kept for one edge."""

BESIDE = re.compile(
    r"(?:^|[-_.])(?:config(?:uration)?[-_]?server|(?:service[-_]?)?(?:registry|discovery)|eureka|consul|vault|zookeeper|"
    r"tracing|spring[-_]boot[-_]admin|admin[-_]server)(?:$|[-_.])|^config$"
)
"""Services that calls do not go through: what a service sets for all its calls is not meant for them."""

PHASES = ("total", "", "per_try", "read", "connect", "idle")
"""Timeouts in the order in which they decide how long a caller waits; ``idle`` and ``delay`` limit no call."""


def settled(edge: Edge, settings: Iterable[Resilience]) -> Edge:
    """Return the edge with these settings in its list, and its empty deciding fields filled from them.

    The timeout of the widest phase decides, the smallest of several; of retries the most that end.
    """
    known_before = {*edge.resilience, *settings}
    listed = known_before | set(_own(edge, known_before))
    known = sorted(listed, key=lambda s: (s.kind, s.location.path, s.location.line, s.phase, s.value or 0.0, s.detail))
    return replace(
        edge,
        timeout_ms=edge.timeout_ms or _timeout(known),
        retries=edge.retries or _retries(known),
        fallback=edge.fallback or next((s.location for s in known if s.kind == "fallback"), None),
        resilience=tuple(_distinct(known)[:MAX_SETTINGS]),
    )


def applied(edges: Iterable[Edge], rules: Iterable[Rule], services: tuple[Service, ...]) -> tuple[Edge, ...]:
    """Return the edges with the settings of all rules that match them; the more specific rule decides."""
    directory = Directory(services)
    beside = {service.name for service in services if _is_beside(service)}
    by_source: dict[str, list[tuple[str, Rule]]] = {}
    for rule in rules:
        source, target = (_named(directory, name) for name in (rule.source, rule.target))
        if source is not None and target is not None:
            by_source.setdefault(source, []).append((target, rule))
    found = []
    for edge in edges:
        near = [*by_source.get(edge.source, ()), *by_source.get("*", ())]
        for rank in (0, 1, 2):
            settings = [
                rule.setting
                for target, rule in near
                if _rank(rule) == rank and (target != "*" or edge.target not in beside) and _matches(rule, target, edge)
            ]
            edge = settled(edge, settings) if settings else edge
        found.append(edge)
    return tuple(found)


def _named(directory: Directory, name: str) -> str | None:
    """Return the service's own name; ``*`` as it is."""
    service = directory.find(name) if name != "*" else None
    return "*" if name == "*" else service.name if service is not None else None


def _is_beside(service: Service) -> bool:
    names = (image_name(service.image), service.name.lower())
    return any(TELEMETRY.search(name) for name in names) or BESIDE.search(service.name.lower()) is not None


def _rank(rule: Rule) -> int:
    return (rule.source == "*") + (rule.target == "*")


def _matches(rule: Rule, target: str, edge: Edge) -> bool:
    if target != "*":
        return target == edge.target
    return edge.sync and (not rule.protocols or edge.protocol in rule.protocols) and edge.target not in rule.without


def _own(edge: Edge, listed: set[Resilience]) -> list[Resilience]:
    """Return the deciding fields as list entries, unless the list has their place already."""
    places = {(setting.kind, setting.location) for setting in listed}
    found = []
    if edge.timeout_ms:
        found.append(Resilience("timeout", edge.timeout_ms.location, edge.timeout_ms.value, "ms", "total"))
    if edge.retries:
        found.append(Resilience("retries", edge.retries.location, edge.retries.value, "attempts"))
    if edge.fallback:
        found.append(Resilience("fallback", edge.fallback))
    return [setting for setting in found if (setting.kind, setting.location) not in places]


def _timeout(known: list[Resilience]) -> Setting | None:
    for phase in PHASES[:-1]:
        values = [s for s in known if s.kind == "timeout" and s.phase == phase and s.value]
        if values:
            best = min(values, key=lambda s: s.value or 0.0)
            return Setting(best.value or 0.0, best.location)
    return None


def _retries(known: list[Resilience]) -> Setting | None:
    """Return the most extra attempts; those of connecting at the start are no retries of a call."""
    values = [s for s in known if s.kind == "retries" and s.value is not None and s.phase != "connect"]
    best = max(values, key=lambda s: s.value or 0.0, default=None)
    return Setting(best.value or 0.0, best.location) if best else None


def _distinct(known: list[Resilience]) -> list[Resilience]:
    """Return the settings without those that say less about a place than another one there."""
    rich = {(s.kind, s.location, s.unit) for s in known if s.phase or s.detail}
    return [s for s in known if s.phase or s.detail or (s.kind, s.location, s.unit) not in rich]
