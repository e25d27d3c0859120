"""All resilience settings of an edge in one list, and the deciding ones in the edge's own fields."""

from collections.abc import Iterable
from dataclasses import replace

from arc_sim.causal.addresses import Directory
from arc_sim.causal.readers.base import Rule
from arc_sim.model import Edge, Resilience, Service, Setting

MAX_SETTINGS = 24
"""Settings kept for one edge."""

PHASES = ("total", "", "per_try", "read", "connect", "idle")
"""Timeouts in the order in which they decide how long a caller waits; ``idle`` and ``delay`` limit no call."""


def settled(edge: Edge, settings: Iterable[Resilience]) -> Edge:
    """Return the edge with these settings in its list, and its empty deciding fields filled from them.

    The timeout of the widest phase decides, the smallest of several; of retries the most that end.
    """
    listed = {*edge.resilience, *settings, *_own(edge)}
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
    found = []
    ranked = sorted(rules, key=lambda rule: (rule.source == "*") + (rule.target == "*"))
    for edge in edges:
        for rank in (0, 1, 2):
            settings = [
                rule.setting
                for rule in ranked
                if (rule.source == "*") + (rule.target == "*") == rank and _matches(rule, edge, directory)
            ]
            edge = settled(edge, settings) if settings else edge
        found.append(edge)
    return tuple(found)


def _matches(rule: Rule, edge: Edge, directory: Directory) -> bool:
    for wanted, name in ((rule.source, edge.source), (rule.target, edge.target)):
        service = directory.find(wanted) if wanted != "*" else None
        if wanted != "*" and (service is None or service.name != name):
            return False
    return edge.sync or rule.target != "*"


def _own(edge: Edge) -> list[Resilience]:
    """Return the deciding fields as list entries, unless the list has their place already."""
    places = {(setting.kind, setting.location) for setting in edge.resilience}
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
    rich = {(s.kind, s.location) for s in known if s.phase or s.detail}
    return [s for s in known if s.phase or s.detail or (s.kind, s.location) not in rich]
