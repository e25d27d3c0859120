"""Which code belongs to a service, and what it says."""

from functools import lru_cache

from arc_sim.causal.code.lower import lower
from arc_sim.causal.code.program import Program
from arc_sim.causal.paths import VENDORED, has_no_effect, language_of
from arc_sim.causal.tree import Tree
from arc_sim.model import Service

MAX_SCRIPT_BYTES = 150_000
"""Larger JavaScript is a bundle of libraries. A decision; libraries in repositories begin at about 80 kB minified."""

CACHED = 4096
"""Programs kept between the graphs of base and head, which share nearly all files."""


class Gatherer:
    """Finds and lowers the code of services; each file once."""

    def __init__(self, tree: Tree, services: tuple[Service, ...]) -> None:
        self._tree = tree
        self._owners = owners_by_file(tree, services)
        self.warnings: list[str] = []
        self._warned: set[str] = set()

    def files(self, service: Service) -> tuple[str, ...]:
        """Return all files that the service is built from, without tests and documentation."""
        return tuple(path for path in self._owners.get(service.name, ()) if has_no_effect(path) is None)

    def programs(self, service: Service) -> tuple[Program, ...]:
        """Return the service's code, as far as it can be read."""
        found = []
        for path in self.files(service):
            language = language_of(path)
            made = VENDORED.search(path) or path.endswith((".min.js", ".d.ts")) or self._is_bundle(path)
            program = self._program(path, language) if language and not made else None
            if program is not None:
                found.append(program)
        return tuple(found)

    def text(self, path: str) -> str | None:
        """Return a file as text, None when it is too large or binary."""
        try:
            content = self._tree.read(path)
        except (KeyError, ValueError):
            return None
        return None if b"\0" in content[:8192] else content.decode("utf-8", "replace")

    def _is_bundle(self, path: str) -> bool:
        """Tell whether a script is made by a machine: large, or with lines that no person writes."""
        if not path.endswith(".js"):
            return False
        try:
            size = self._tree.size(path)
            return size > MAX_SCRIPT_BYTES or (size > 5_000 and size / (self._tree.read(path).count(b"\n") + 1) > 200)
        except (KeyError, ValueError):
            return False

    def _program(self, path: str, language: str) -> Program | None:
        try:
            return _lowered(self._tree.read(path), path, language)
        except (KeyError, ValueError, RecursionError) as error:
            if path not in self._warned:
                self._warned.add(path)
                self.warnings.append(f"{path}: {error if isinstance(error, ValueError) else 'too deeply nested'}")
            return None


def owners_by_file(tree: Tree, services: tuple[Service, ...]) -> dict[str, list[str]]:
    """Return ``{service: files}``: each file belongs to the services whose path is the deepest above it."""
    by_path: dict[str, list[str]] = {}
    for service in services:
        for path in service.paths:
            by_path.setdefault(path, []).append(service.name)
    found: dict[str, list[str]] = {}
    for path in tree.paths():
        for name in owners_of(path, by_path):
            found.setdefault(name, []).append(path)
    return found


def owners_of(path: str, by_path: dict[str, list[str]]) -> list[str]:
    """Return the services of the deepest known path above a file."""
    current = path
    while True:
        if current in by_path:
            return by_path[current]
        if not current:
            return by_path.get(".", [])
        current = current.rpartition("/")[0]


@lru_cache(maxsize=CACHED)
def _lowered(content: bytes, path: str, language: str) -> Program:
    return lower(content, path, language)
