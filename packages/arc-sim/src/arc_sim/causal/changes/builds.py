"""Which services are built with a file: by the projects of every build tool and what they use."""

import re
from functools import cached_property
from importlib import import_module

from arc_sim.causal.changes.idle import is_idle
from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects import ECOSYSTEMS
from arc_sim.causal.changes.projects.base import Projects
from arc_sim.causal.paths import DOCKERFILE, name_of, parent_of
from arc_sim.causal.tree import Tree
from arc_sim.model import Graph, Service

PROGRAM = re.compile(r"(?i)(?:main|program|server|app|index|manage|wsgi|asgi)\.\w+$")
"""Files in which programs begin."""
MARKS = {
    "dotnet": (".csproj", ".fsproj", ".vbproj"),
    "maven": ("pom.xml",),
    "gradle": ("build.gradle", "build.gradle.kts"),
    "node": ("package.json", "project.json", "tsconfig.app.json"),
    "go": ("go.mod",),
    "rust": ("Cargo.toml",),
    "python": ("pyproject.toml", "setup.py", "requirements.txt", "requirements.in", "Pipfile"),
    "elixir": ("mix.exs",),
    "ruby": ("Gemfile", ".gemspec"),
    "php": ("composer.json",),
}
"""Ends of names without which a family has no project."""


class Builds:
    """The projects of one revision and the services that are built with each."""

    def __init__(self, tree: Tree, graph: Graph, listing: Listing) -> None:
        self._graph, self._listing = graph, listing
        self._projects: dict[str, Projects] = {}
        self._services: dict[str, dict[str, list[str]]] = {}
        self._given: dict[str, list[str]] = {}

    def give(self, mounts: dict[str, list[str]]) -> None:
        """Count directories that services are given at run time as theirs too: ``{path: services}``."""
        for path, names in mounts.items():
            for name in names if path else ():
                self._given.setdefault(name, []).append(path)

    @cached_property
    def ecosystems(self) -> tuple[str, ...]:
        """The families that the repository uses."""
        return tuple(name for name, ends in MARKS.items() if self._listing.ending(*ends))

    def projects(self, ecosystem: str) -> Projects:
        """Return the projects of a family, read on first use."""
        if ecosystem not in self._projects:
            module, _, attribute = ECOSYSTEMS[ecosystem].partition(":")
            self._projects[ecosystem] = Projects(getattr(import_module(module), attribute)(self._listing))
        return self._projects[ecosystem]

    def users(self, ecosystem: str) -> dict[str, list[str]]:
        """Return ``{project directory: services built with it}``."""
        if ecosystem not in self._services:
            projects = self.projects(ecosystem)
            found: dict[str, list[str]] = {}
            for service in self._graph.services:
                for directory in projects.closure(self._roots(projects, service)):
                    found.setdefault(directory, []).append(service.name)
            self._services[ecosystem] = found
        return self._services[ecosystem]

    def built_with(self, path: str) -> dict[str, str]:
        """Return ``{service: project directory}`` of all that are built with a file."""
        found: dict[str, str] = {}
        for ecosystem in self.ecosystems:
            projects = self.projects(ecosystem)
            for directory in self._touched(ecosystem, projects, path):
                for name in self.users(ecosystem).get(directory, ()):
                    found.setdefault(name, directory)
        return found

    def is_for_tests(self, path: str) -> bool:
        """Tell whether a file belongs to a library that only tests are built with."""
        for ecosystem in self.ecosystems:
            owner = self.projects(ecosystem).owner(path)
            if owner and owner in self.projects(ecosystem).for_tests and not self._runs(ecosystem, owner):
                return True
        return False

    def _runs(self, ecosystem: str, directory: str) -> bool:
        """Tell whether a service is built from a project alone, or the project has a program of its own."""
        below = {name_of(p) for p in self._listing.below(directory) if parent_of(p) in (directory, directory + "/src")}
        if any(DOCKERFILE.match(name) or PROGRAM.match(name) for name in below):
            return True
        projects = self.projects(ecosystem)
        services = (s for s in self._graph.services if any(directory in projects.inside(p) for p in s.paths))
        return any(not (self._roots(projects, s) - projects.for_tests) for s in services)

    def _touched(self, ecosystem: str, projects: Projects, path: str) -> list[str]:
        """Return the projects that a file is a part of."""
        if ecosystem == "go" and name_of(path) in ("go.mod", "go.sum"):
            return projects.inside(parent_of(path))
        owner = projects.owner(path)
        return [*([owner] if owner is not None else []), *projects.taking(path)]

    def _roots(self, projects: Projects, service: Service) -> set[str]:
        """Return the projects that stand in what a service is built from, without those of tests."""
        roots: set[str] = set()
        for path in (*service.paths, *self._given.get(service.name, ())):
            for directory in projects.inside(path):
                file = projects.by_directory[directory].file
                own = max((p for p in self._paths if p and _above(p, directory)), key=len, default=path)
                if not is_idle(file) and (own == path or own in service.paths or not _above(path, own)):
                    roots.add(directory)
        return roots

    @cached_property
    def _paths(self) -> set[str]:
        return {path for service in self._graph.services for path in service.paths}


def _above(path: str, other: str) -> bool:
    return path == other or other.startswith(path + "/")
