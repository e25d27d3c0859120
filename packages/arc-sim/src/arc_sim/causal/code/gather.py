"""Which code belongs to a service, and what it says."""

from weakref import WeakKeyDictionary

from arc_sim.causal.code.library import library_of
from arc_sim.causal.code.program import Program
from arc_sim.causal.paths import has_no_effect
from arc_sim.causal.tree import Tree
from arc_sim.model import Service


class Gatherer:
    """Finds and lowers the code of services; each file once."""

    def __init__(self, tree: Tree, services: tuple[Service, ...]) -> None:
        self._tree = tree
        self._files = _files(tree, services)
        self._library = library_of(tree)

    def files(self, service: Service) -> tuple[str, ...]:
        """Return all files that the service is built from, without tests and documentation."""
        return self._files.get(service.name, ())

    def programs(self, service: Service) -> tuple[Program, ...]:
        """Return the service's code, as far as it can be read."""
        return self._library.programs(self.files(service))

    @property
    def warnings(self) -> list[str]:
        """What could not be read so far."""
        return list(self._library.warnings)

    def text(self, path: str) -> str | None:
        """Return a file as text, None when it is too large or binary."""
        try:
            content = self._tree.read(path)
        except (KeyError, ValueError):
            return None
        return None if b"\0" in content[:8192] else content.decode("utf-8", "replace")


_known: "WeakKeyDictionary[Tree, tuple[tuple[Service, ...], dict[str, tuple[str, ...]]]]" = WeakKeyDictionary()
"""The files of the services last asked for: the readers of one revision ask for the same ones."""


def _files(tree: Tree, services: tuple[Service, ...]) -> dict[str, tuple[str, ...]]:
    known = _known.get(tree)
    if known is None or known[0] is not services:
        found = {
            name: tuple(path for path in paths if has_no_effect(path) is None)
            for name, paths in owners_by_file(tree, services).items()
        }
        known = _known[tree] = (services, found)
    return known[1]


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
