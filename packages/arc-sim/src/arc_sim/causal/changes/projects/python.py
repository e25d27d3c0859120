"""Python packages: path and workspace sources of uv, Poetry, PDM, Pipenv and requirements files."""

import re
from typing import Any

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.base import Project
from arc_sim.causal.changes.projects.toml import load, table
from arc_sim.causal.paths import join, parent_of

REQUIREMENT = re.compile(
    r"(?m)^\s*(?:-e\s+|--editable[= ]\s*)?(?:[\w.\[\],-]+\s*@\s*)?(?:file:(?://)?)?(\.{1,2}/[^\s;#]*)"
)
NAME = re.compile(r"^[\w.-]+")


def read(listing: Listing) -> list[Project]:
    """Return all packages that a build file declares."""
    documents = {path: load(listing.text(path)) for path in listing.named("pyproject.toml")}
    homes = {_name(content): parent_of(path) for path, content in documents.items() if _name(content)}
    found = [_project(path, content, homes) for path, content in documents.items()]
    for name in ("setup.py", "setup.cfg", "Pipfile"):
        found += [Project("python", parent_of(path), path) for path in listing.named(name)]
    for path in listing.ending(".txt", ".in"):
        if re.search(r"(?:^|/)requirements[^/]*$", path):
            given = [join(parent_of(path), where) for where in REQUIREMENT.findall(listing.text(path))]
            found.append(Project("python", parent_of(path), path, frozenset(d for d in given if d)))
    return found


def _name(content: dict[str, Any]) -> str:
    name = table(content, "project").get("name") or table(content, "tool", "poetry").get("name") or ""
    return re.sub(r"[-_.]+", "-", str(name)).lower()


def _project(path: str, content: dict[str, Any], homes: dict[str, str]) -> Project:
    directory = parent_of(path)
    uses: set[str | None] = set()
    sources = table(content, "tool", "uv", "sources")
    poetry = table(content, "tool", "poetry", "dependencies")
    for name, given in [*sources.items(), *poetry.items()]:
        where = table(given).get("path")
        if isinstance(where, str):
            uses.add(join(directory, where))
        elif table(given).get("workspace") is True:
            uses.add(homes.get(re.sub(r"[-_.]+", "-", name).lower()))
    declared = table(content, "project").get("dependencies")
    for item in declared if isinstance(declared, list) else []:
        match = NAME.match(str(item))
        local = re.search(r"@\s*file:(?://)?(?:\$\{PROJECT_ROOT\}/)?([^\s;]+)", str(item))
        if local:
            uses.add(join(directory, local.group(1)))
        elif match:
            # In a workspace the members stand for themselves, also without a source entry.
            uses.add(homes.get(re.sub(r"[-_.]+", "-", match.group()).lower()))
    return Project("python", directory, path, frozenset(d for d in uses if d is not None and d != directory))
