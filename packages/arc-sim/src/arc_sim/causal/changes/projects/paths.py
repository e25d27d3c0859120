"""Families whose build files name other projects by path: Mix umbrellas, Bundler, Composer."""

import json
import re
from typing import Any

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.base import Project
from arc_sim.causal.paths import join, parent_of

HASH = re.compile(r"(?m)(?<![\"'\w])#.*$")
MIX_UMBRELLA = re.compile(r"\{\s*:(\w+)\s*,[^{}]*\bin_umbrella:\s*true")
MIX_ENTRY = re.compile(r"\{\s*:\w+\s*,[^{}]*\}")
MIX_TEST = re.compile(r"\bonly:\s*(?::test\b|\[\s*:test\s*\])")
PATH = re.compile(r"""\bpath(?::|\s*=>)\s*["']([^"']+)["']""")


def read_elixir(listing: Listing) -> list[Project]:
    """Return the applications of Mix."""
    found = []
    for path in listing.named("mix.exs"):
        directory = parent_of(path)
        uses: set[str | None] = set()
        tests: set[str | None] = set()
        for entry in MIX_ENTRY.findall(HASH.sub("", listing.text(path))):
            given = {join(parent_of(directory), name) for name in MIX_UMBRELLA.findall(entry)}
            given |= {join(directory, where) for where in PATH.findall(entry)}
            (tests if MIX_TEST.search(entry) else uses).update(given)
        found.append(
            Project(
                "elixir",
                directory,
                path,
                frozenset(d for d in uses if d),
                tested_with=frozenset(d for d in tests - uses if d),
            )
        )
    return found


def read_ruby(listing: Listing) -> list[Project]:
    """Return the directories with a Gemfile or a gem."""
    found = []
    for path in [*listing.named("Gemfile"), *listing.ending(".gemspec")]:
        directory = parent_of(path)
        given = [join(directory, where) for where in PATH.findall(HASH.sub("", listing.text(path)))]
        found.append(Project("ruby", directory, path, frozenset(d for d in given if d and d != directory)))
    return found


def read_php(listing: Listing) -> list[Project]:
    """Return the packages of Composer; one that is required and that a path repository holds is used."""
    documents = {path: _json(listing.text(path)) for path in listing.named("composer.json")}
    homes = {str(content.get("name")): parent_of(path) for path, content in documents.items() if content.get("name")}
    found = []
    for path, content in documents.items():
        directory = parent_of(path)
        repositories = content.get("repositories")
        entries = repositories.values() if isinstance(repositories, dict) else repositories or []
        local = any(isinstance(entry, dict) and entry.get("type") == "path" for entry in entries)
        required = content.get("require") if local and isinstance(content.get("require"), dict) else {}
        uses = {homes[name] for name in required or {} if name in homes}
        found.append(Project("php", directory, path, frozenset(uses - {directory})))
    return found


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
