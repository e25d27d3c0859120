"""Cargo packages: path dependencies, also those that a workspace declares for its members."""

from typing import Any

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.base import Project
from arc_sim.causal.changes.projects.toml import load, table
from arc_sim.causal.paths import contains, join, parent_of

SECTIONS = ("dependencies", "build-dependencies")


def read(listing: Listing) -> list[Project]:
    """Return all packages of Cargo."""
    files = {path: load(listing.text(path)) for path in listing.named("Cargo.toml")}
    shared = {parent_of(path): table(content, "workspace", "dependencies") for path, content in files.items()}
    return [_project(path, content, shared) for path, content in files.items() if "package" in content]


def _project(path: str, content: dict[str, Any], shared: dict[str, dict[str, Any]]) -> Project:
    directory = parent_of(path)
    above = [home for home in shared if contains(home, directory) and shared[home]]
    home = max(above, key=len, default="")
    uses: set[str] = set()
    tested_with: set[str] = set()
    packages: set[str] = set()
    targets = [table(value) for value in table(content, "target").values()]
    for part in (content, *targets):
        for section in (table(part, name) for name in SECTIONS):
            packages.update(name.lower() for name in section)
            uses |= _paths(section, directory, shared.get(home, {}), home)
        tested_with |= _paths(table(part, "dev-dependencies"), directory, shared.get(home, {}), home)
    return Project(
        "rust",
        directory,
        path,
        frozenset(uses - {directory}),
        frozenset(packages),
        tested_with=frozenset(tested_with - uses - {directory}),
    )


def _paths(section: dict[str, Any], directory: str, shared: dict[str, Any], home: str) -> set[str]:
    """Return the directories that the entries of a section name, also through those of the workspace."""
    found: set[str] = set()
    for name, given in section.items():
        where, base = given, directory
        if table(given).get("workspace") is True:
            where, base = shared.get(name), home
        target = table(where).get("path")
        place = join(base, target) if isinstance(target, str) else None
        if place is not None:
            found.add(place)
    return found
