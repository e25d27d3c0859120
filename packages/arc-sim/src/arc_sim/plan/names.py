"""Which service at base is which at head, when a diff renames one."""

from dataclasses import replace

from arc_sim.model import Diff, Graph, Service


def names_at_base(base: Graph, head: Graph, diff: Diff) -> dict[str, str]:
    """Return ``{name at head: name at base}`` for every service that exists on both sides.

    The same name is the same service. What is left is matched when exactly one candidate at base shares an alias with
    it, or is built from the same paths; paths are followed through the renames of the diff.
    """
    at_base = {service.name for service in base.services}
    known = {service.name: service.name for service in head.services if service.name in at_base}
    gone = [service for service in base.services if service.name not in known]
    moved = {change.old_path: change.path for change in diff.files if change.status == "renamed" and change.old_path}
    for service in head.services:
        if service.name in known:
            continue
        candidates = [old for old in gone if _is_same(old, service, moved)]
        if len(candidates) == 1:
            known[service.name] = candidates[0].name
            gone.remove(candidates[0])
    return known


def to_base(targets: tuple[tuple[str, str], ...], names: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the targets by base's names; an edge with an end that base does not have keeps head's name for it."""
    return tuple((names.get(source, source), names.get(target, target)) for source, target in targets)


def by_head_names(base: Graph, names: dict[str, str]) -> Graph:
    """Return base's graph by head's names, so that a renamed service is no removed and added one."""
    today = {old: new for new, old in names.items()}
    services = [replace(service, name=today.get(service.name, service.name)) for service in base.services]
    edges = [
        replace(edge, source=today.get(edge.source, edge.source), target=today.get(edge.target, edge.target))
        for edge in base.edges
    ]
    return replace(
        base,
        services=tuple(sorted(services, key=lambda service: service.name)),
        edges=tuple(sorted(edges, key=lambda edge: edge.key)),
    )


def _is_same(old: Service, new: Service, moved: dict[str, str]) -> bool:
    if {old.name, *old.aliases} & {new.name, *new.aliases}:
        return True
    return bool(set(_files(old, moved)) & set(new.paths)) or _moved_into(old, new, moved)


def _files(service: Service, moved: dict[str, str]) -> tuple[str, ...]:
    return tuple(moved.get(path, path) for path in service.paths)


def _moved_into(old: Service, new: Service, moved: dict[str, str]) -> bool:
    """Whether a file was moved out of a directory of ``old`` into a directory of ``new``."""
    return any(
        _is_below(before, old.paths) and not _is_below(before, new.paths) and _is_below(after, new.paths)
        for before, after in moved.items()
    )


def _is_below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(root.rstrip("/") + "/") for root in roots if root not in ("", "."))
