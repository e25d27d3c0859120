"""What one buildable part of a repository is, and what follows from the uses between them."""

from dataclasses import dataclass
from functools import cached_property

from arc_sim.causal.paths import contains, parent_of


@dataclass(frozen=True)
class Project:
    """A directory that is built as one."""

    ecosystem: str
    directory: str
    file: str
    """Its build file."""
    uses: frozenset[str] = frozenset()
    """Directories of the projects that it is built with, in the same repository."""
    packages: frozenset[str] = frozenset()
    """Names of the packages of others that it refers to, lower case."""
    extra: frozenset[str] = frozenset()
    """Files and directories outside its own that it takes in."""
    tested_with: frozenset[str] = frozenset()
    """Directories of the projects that only its tests are built with."""


class Projects:
    """All projects of one family."""

    def __init__(self, projects: list[Project]) -> None:
        self.by_directory: dict[str, Project] = {}
        for project in sorted(projects, key=lambda p: (p.directory, p.file)):
            known = self.by_directory.get(project.directory)
            self.by_directory[project.directory] = _both(known, project) if known else project
        self._by_extra: dict[str, list[str]] = {}
        for project in self.by_directory.values():
            for path in project.extra:
                self._by_extra.setdefault(path, []).append(project.directory)

    @cached_property
    def for_tests(self) -> frozenset[str]:
        """Return the projects that are built with tests and with nothing else."""
        tested = {directory for project in self.by_directory.values() for directory in project.tested_with}
        alone = {directory for directory in tested if directory in self.by_directory}
        while True:
            used = {use for d, project in self.by_directory.items() if d not in alone for use in project.uses}
            if not alone & used:
                return frozenset(alone)
            alone -= used

    def owner(self, path: str) -> str | None:
        """Return the directory of the deepest project above a file."""
        directory = parent_of(path)
        while True:
            if directory in self.by_directory:
                return directory
            if not directory:
                return None
            directory = parent_of(directory)

    def taking(self, path: str) -> list[str]:
        """Return the projects that take a file in from outside their own directory."""
        found: list[str] = []
        current = path
        while current:
            found += self._by_extra.get(current, [])
            current = parent_of(current)
        return found

    def inside(self, directory: str) -> list[str]:
        """Return the projects in a directory and below it."""
        return [d for d in self.by_directory if contains(directory, d)]

    def closure(self, roots: "set[str]") -> set[str]:
        """Return the projects that the roots are built with, themselves included."""
        found: set[str] = set()
        pending = [root for root in roots if root in self.by_directory]
        while pending:
            current = pending.pop()
            if current not in found:
                found.add(current)
                pending.extend(used for used in self.by_directory[current].uses if used in self.by_directory)
        return found


def _both(first: Project, second: Project) -> Project:
    """Two build files in one directory: for what follows, one project."""
    return Project(
        first.ecosystem,
        first.directory,
        first.file,
        first.uses | second.uses,
        first.packages | second.packages,
        first.extra | second.extra,
        first.tested_with | second.tested_with,
    )
