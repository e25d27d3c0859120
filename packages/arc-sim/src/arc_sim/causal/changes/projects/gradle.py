"""Gradle projects: ``project(":lib")``, type-safe accessors, included builds and version catalogs."""

import re

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.base import Project
from arc_sim.causal.paths import contains, join, parent_of

BUILD = ("build.gradle", "build.gradle.kts")
SETTINGS = ("settings.gradle", "settings.gradle.kts")
USE = re.compile(r"""(?:\b(?P<use>\w+)\s*[( ]\s*)?\bproject\s*\(\s*(?:path\s*[:=]\s*)?["'](:[\w:.-]+)["']""")
ACCESSOR = re.compile(r"(?:\b(?P<use>\w+)\s*[( ]\s*)?\bprojects\.([A-Za-z][\w.]*)")
TEST = re.compile(r"^test|Test")
"""A configuration of a source set for tests: ``testImplementation``, ``integrationTestCompile``."""
MOVED = re.compile(r"""project\s*\(\s*["'](:[\w:.-]+)["']\s*\)\.projectDir\s*=\s*(?:new\s+)?[fF]ile\s*\(([^)]*)\)""")
INCLUDED = re.compile(r"""includeBuild\s*\(?\s*["']([^"']+)["']""")
CATALOG = re.compile(r"\blibs\.([A-Za-z][\w.]*)")
COMMENT = re.compile(r"(?m)//.*$|/\*[\s\S]*?\*/")


def read(listing: Listing) -> list[Project]:
    """Return all projects of Gradle."""
    files = [path for name in BUILD for path in listing.named(name)]
    directories = {parent_of(path) for path in files}
    settings = {parent_of(p): COMMENT.sub("", listing.text(p)) for name in SETTINGS for p in listing.named(name)}
    return [_project(listing, path, directories, settings) for path in files]


def _project(listing: Listing, path: str, directories: set[str], settings: dict[str, str]) -> Project:
    directory = parent_of(path)
    root = max((home for home in settings if contains(home, directory)), key=len, default="")
    moved = {name: re.findall(r"""["']([^"']+)["']""", where) for name, where in MOVED.findall(settings.get(root, ""))}
    text = COMMENT.sub("", listing.text(path))
    given = [(use, _directory(root, name, moved)) for use, name in USE.findall(text)]
    flat = {re.sub(r"[^a-z0-9]", "", d[len(root) :].lower()): d for d in directories if contains(root, d)}
    given += [(use, flat.get(re.sub(r"[^a-z0-9]", "", name.lower()))) for use, name in ACCESSOR.findall(text)]
    uses = {place for use, place in given if not TEST.search(use)}
    tested_with = {place for use, place in given if TEST.search(use) and place is not None}
    for other in INCLUDED.findall(settings.get(root, "")):
        target = join(root, other)
        if target is not None and target != directory and root != target:
            uses.add(target)
    packages = frozenset(re.sub(r"\.(?:get|asProvider)$", "", name).lower() for name in CATALOG.findall(text))
    found = frozenset(use for use in uses if use is not None and use != directory)
    return Project("gradle", directory, path, found, packages, tested_with=frozenset(tested_with - found - {directory}))


def _directory(root: str, name: str, moved: dict[str, list[str]]) -> str | None:
    given = moved.get(name)
    return join(root, given[-1]) if given else join(root, name.strip(":").replace(":", "/"))
