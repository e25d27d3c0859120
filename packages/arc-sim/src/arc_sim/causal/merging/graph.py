"""Brings what the readers found together: one service for all its names, one edge for each pair.

Confidence of an edge: 1 - product of (1 - c) over the readers that found it, c being each reader's best. Readers that
agree are taken as independent, which they are not quite: a decision, see docs/decisions/0004.
"""

import re
from dataclasses import replace
from math import prod
from pathlib import PurePosixPath

from arc_sim.causal.addresses import Directory, normalise
from arc_sim.causal.kinds import image_name
from arc_sim.causal.merging.channels import merge_channels
from arc_sim.causal.merging.resilience import applied, settled
from arc_sim.causal.readers.base import Findings, Variable
from arc_sim.model import Edge, Graph, Location, Service, Setting

MAX_EVIDENCE = 12
"""Places kept for one edge."""

SCRAPERS = re.compile(r"^(?:prometheus|grafana(?:-oss|-enterprise)?)$")
"""Images of what reads metrics: no service waits for it."""
DECLARED = 0.6
"""An edge of no protocol that is no surer is only a start-up order."""

Key = tuple[str, str]
"""Source and target."""

Named = tuple[str, Findings]
"""A reader's name and what it found."""


Group = list[tuple[str, Service]]
"""What several readers say about one service."""


def merge_services(found: list[Named]) -> tuple[Service, ...]:
    """Return the services under one name each; an earlier reader's words win over a later one's."""
    groups: list[Group] = []
    by_name: dict[str, int] = {}
    by_letters: dict[str, int] = {}
    for reader, findings in found:
        for service in findings.services:
            names = [normalise(name) for name in (service.name, *service.aliases)]
            index = next((by_name[name] for name in names[:1] if name in by_name), None)
            index = (
                index
                if index is not None
                else next((by_name[n] for n in names[1:] if _is_name(groups, by_name, n)), None)
            )
            alone = sum(other.paths == service.paths for other in findings.services) == 1
            index = index if index is not None or not alone else _same_place(groups, reader, service)
            index = index if index is not None else _same_letters(groups, by_letters, reader, service)
            if index is None:
                index = len(groups)
                groups.append([])
            groups[index].append((reader, service))
            by_letters.setdefault(_letters(service.name), index)
            for name in names:
                by_name.setdefault(name, index)
    return tuple(
        sorted((_one([service for _, service in group]) for group in groups), key=lambda service: service.name)
    )


def merge_variables(found: list[Named], services: tuple[Service, ...]) -> tuple[Variable, ...]:
    """Return one value for each variable of each service, the earlier reader's."""
    directory = Directory(services)
    result: dict[tuple[str, str], Variable] = {}
    for _, findings in found:
        for variable in findings.variables:
            service = directory.find(variable.service)
            if service is not None:
                result.setdefault((service.name, variable.name), replace(variable, service=service.name))
    return tuple(result[key] for key in sorted(result))


def merge_edges(found: list[Named], services: tuple[Service, ...]) -> tuple[Edge, ...]:
    """Return one edge for each pair of known services, sorted; addresses of nobody here are left out."""
    directory = Directory(services)
    groups: dict[tuple[str, str], dict[str, list[Edge]]] = {}
    for reader, findings in found:
        for edge in findings.edges:
            source, target = directory.find(edge.source), directory.find(edge.target)
            if source is not None and target is not None and source.name != target.name:
                same = replace(edge, source=source.name, target=target.name)
                groups.setdefault(same.key, {}).setdefault(reader, []).append(same)
    return tuple(_one_edge(groups[key]) for key in _believed(groups, services))


def _believed(groups: dict[tuple[str, str], dict[str, list[Edge]]], services: tuple[Service, ...]) -> list[Key]:
    """Return the pairs without those that only a start-up order joins, where the code would show a call.

    That is where both have code here, that of the source shows calls of others, and others are seen to call the target;
    and where the target is one of the products that ask services for metrics themselves.
    """
    declared = {
        key
        for key, by_reader in groups.items()
        if all(edge.protocol == "tcp" and edge.confidence <= DECLARED for found in by_reader.values() for edge in found)
    }
    code = {service.name for service in services if service.language and service.kind == "service"}
    scrapers = {service.name for service in services if SCRAPERS.match(image_name(service.image))}
    callers = {source for source, target in groups.keys() - declared if target in code}
    called = {target for source, target in groups.keys() - declared if source in code}
    return sorted(
        key
        for key in groups
        if key not in declared
        or not (key[0] in code and (key[1] in scrapers or (key[1] in code and key[0] in callers and key[1] in called)))
    )


def merge(found: list[Named], services: tuple[Service, ...]) -> Graph:
    """Return the graph."""
    warnings = tuple(dict.fromkeys(warning for _, findings in found for warning in findings.warnings))
    rules = [rule for _, findings in found for rule in findings.rules]
    edges = applied(merge_edges(found, services), rules, services)
    return Graph(services, edges, tuple(sorted(warnings)), merge_channels([f for _, f in found], services))


def _is_name(groups: list[Group], by_name: dict[str, int], name: str) -> bool:
    """Tell whether an alias is another service's own name: only then do the two become one."""
    return name in by_name and any(normalise(service.name) == name for _, service in groups[by_name[name]])


def _letters(name: str) -> str:
    return normalise(name).replace("-", "")


def _same_letters(groups: list[Group], by_letters: dict[str, int], reader: str, service: Service) -> int | None:
    """Return the service of another reader whose name differs in separators only: ``ordersdb``, ``orders-db``."""
    index = by_letters.get(_letters(service.name))
    return index if index is not None and all(name != reader for name, _ in groups[index]) else None


def _same_place(groups: list[Group], reader: str, service: Service) -> int | None:
    """Return the one service of another reader that is built from the same paths."""
    if not service.paths:
        return None
    found = [i for i, group in enumerate(groups) if any(s.paths == service.paths for _, s in group)]
    return found[0] if len(found) == 1 and all(name != reader for name, _ in groups[found[0]]) else None


def _one(group: list[Service]) -> Service:
    first = group[0]
    paths = next((service.paths for service in group if service.paths), ())
    directories = {_directory_name(paths[0])} if len(paths) == 1 else set()
    names = {name for service in group for name in (service.name, *service.aliases)} | directories
    env: dict[str, str] = {}
    for service in reversed(group):
        env.update(dict(service.env))
    kinds = [service.kind for service in group if service.kind != "service"]
    return replace(
        first,
        kind=kinds[0] if kinds else "service",
        aliases=tuple(sorted(names - {first.name, ""})),
        paths=paths,
        language=next((s.language for s in group if s.language), None),
        image=next((s.image for s in group if s.image), None),
        command=next((s.command for s in group if s.command), ()),
        port=next((s.port for s in group if s.port), None),
        env=tuple(sorted(env.items())),
    )


def _directory_name(path: str) -> str:
    """Return what a directory is called, one level up when it is only called ``src``; nothing for a file."""
    parts = [part for part in PurePosixPath(path).parts if part not in ("src", "app", "code")]
    return parts[-1] if parts and "." not in parts[-1] else ""


def _one_edge(by_reader: dict[str, list[Edge]]) -> Edge:
    edges = [edge for reader in by_reader.values() for edge in reader]
    best = max(edges, key=lambda edge: (edge.protocol != "tcp", edge.confidence))
    doubt = prod(1 - max(edge.confidence for edge in reader) for reader in by_reader.values())
    ordered = sorted(edges, key=lambda edge: -edge.confidence)
    evidence: dict[Location, None] = {place: None for edge in ordered for place in edge.evidence}
    merged = Edge(
        source=best.source,
        target=best.target,
        protocol=best.protocol,
        sync=all(edge.sync for edge in edges),
        confidence=round(1 - doubt, 4),
        evidence=tuple(evidence)[:MAX_EVIDENCE],
        timeout_ms=_first_setting([edge.timeout_ms for edge in ordered]),
        retries=_first_setting([edge.retries for edge in ordered]),
        fallback=next((edge.fallback for edge in ordered if edge.fallback), None),
        address_env=next((edge.address_env for edge in ordered if edge.address_env), None),
    )
    return settled(merged, [setting for edge in ordered for setting in edge.resilience])


def _first_setting(settings: list[Setting | None]) -> Setting | None:
    return next((setting for setting in settings if setting is not None), None)
