"""One image, many programs: which part of shared code a service starts, by the program that its command names."""

import re
from dataclasses import replace

from arc_sim.causal.addresses import normalise
from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.kinds import image_name
from arc_sim.causal.ownership import listing_of
from arc_sim.causal.paths import contains, has_no_effect, is_source_of_truth, language_of, name_of, parent_of
from arc_sim.causal.tree import Tree
from arc_sim.model import Service

Folders = dict[str, list[str]]
"""Directories by their names' letters."""

LAYOUT = frozenset(("cmd", "bin", "src", "app", "main"))
"""Folders that only say that a program stands here: the folder above is the program's."""
INTERPRETERS = re.compile(
    r"^(?:env|sh|bash|tini|dumb-init|exec|python[\d.]*|node|nodejs|ruby|bundle|php|java|dotnet|mix|npm|npx|yarn|pnpm|go|"
    r"cargo|gunicorn|uvicorn|flask|celery|nginx|docker-entrypoint(?:\.sh)?|entrypoint(?:\.sh)?|start|run|server|serve|"
    r"app|main|cmd|src|bin|service|services)$"
)
"""First words of a command that name no program of one's own."""


def with_entries(tree: Tree, services: tuple[Service, ...]) -> tuple[Service, ...]:
    """Return the services with the code that is theirs.

    A service without paths gets the directory of the program that its command names. Of a directory from which several
    services are built, each one that starts a program of its own leaves the programs of the others to them.
    """
    users: dict[str, list[str]] = {}
    for service in services:
        for path in service.paths:
            users.setdefault(path, []).append(service.name)
    listing = listing_of(tree)
    asked = [s for s in services if s.kind == "service" and _is_open(s, users)]
    folders: Folders = {}
    for directory in listing.directories() if asked else ():
        folders.setdefault(_letters(name_of(directory)), []).append(directory)
    entries = {service.name: _entries(listing, folders, service) for service in asked}
    found = []
    for service in services:
        own = entries.get(service.name, ())
        if own and not service.paths:
            service = replace(service, paths=own if len(own) == 1 else ())
        elif own:
            service = replace(service, paths=_without_others(listing, service, entries, users))
        found.append(service)
    return tuple(found)


def _is_open(service: Service, users: dict[str, list[str]]) -> bool:
    """Tell whether a service starts something of which it is not known whose code it is."""
    if not service.paths:
        return bool(service.command)
    return any(len(users[path]) > 1 for path in service.paths)


def _entries(listing: Listing, folders: Folders, service: Service) -> tuple[str, ...]:
    """Return the directories of the program that a command starts."""
    for word in service.command:
        text = word.lstrip("./")
        if language_of(text):
            files = [path for path in listing.named(name_of(text)) if f"/{path}".endswith("/" + text)]
            homes = {_home(parent_of(path)) for path in files if is_source_of_truth(path)}
            homes = {h for h in homes if not service.paths or any(contains(p, h) for p in service.paths)}
            return tuple(homes) if len(homes) == 1 and "" not in homes else ()
    word = name_of(service.command[0]) if service.command else ""
    # Of what several services are built from, each one's part may also be called like the service.
    own = (service.name, image_name(service.image)) if service.paths else ()
    for name in (word, *own):
        found = _called(listing, folders.get(_letters(name), []), service) if _is_name(name) else ()
        if found:
            return found
    return ()


def _is_name(word: str) -> bool:
    return re.fullmatch(r"[\w.-]{2,80}", word) is not None and INTERPRETERS.match(word) is None


def _called(listing: Listing, folders: list[str], service: Service) -> tuple[str, ...]:
    """Return those directories that hold code, below what the service is built from."""
    found = {
        directory
        for directory in folders
        if directory
        and (not service.paths or any(contains(path, directory) for path in service.paths))
        and is_source_of_truth(directory + "/x")
        and any(language_of(path) for path in listing.below(directory))
    }
    return tuple(sorted(d for d in found if not any(contains(other, d) for other in found - {d})))


def _without_others(
    listing: Listing, service: Service, entries: dict[str, tuple[str, ...]], users: dict[str, list[str]]
) -> tuple[str, ...]:
    """Return the paths of a service without the programs of those that are built from the same path."""
    own = entries[service.name]
    result: set[str] = set()
    for path in service.paths:
        others = {e for user in users[path] for e in entries.get(user, ()) if e not in own and e != path}
        others |= {p for p in users if p != path and service.name not in users[p]}
        others = {e for e in others if contains(path, e) and not any(contains(e, mine) for mine in own)}
        result.update(_carved(listing, path, others))
    return tuple(sorted(result))


def _carved(listing: Listing, path: str, holes: set[str]) -> set[str]:
    """Return what stands below a path without the holes in it."""
    if path in holes:
        return set()
    if not any(contains(path, hole) for hole in holes):
        return {path}
    start = f"{path}/" if path not in ("", ".") else ""
    children = {start + file[len(start) :].partition("/")[0] for file in listing.below(path)}
    kept = {child for child in children if listing.is_directory(child) or has_no_effect(child) is None}
    return {part for child in kept for part in _carved(listing, child, holes)}


def _home(directory: str) -> str:
    while name_of(directory) in LAYOUT and parent_of(directory):
        directory = parent_of(directory)
    return directory


def _letters(name: str) -> str:
    return normalise(name).replace("-", "")
