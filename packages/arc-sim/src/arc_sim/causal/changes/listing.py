"""The files of one revision by name and by directory, so that no question walks all of them again."""

from bisect import bisect_left
from collections.abc import Iterator

from arc_sim.causal.paths import name_of, parent_of
from arc_sim.causal.tree import Tree

MAX_TEXT_BYTES = 512 * 1024
"""Build files and sources that are larger say nothing here. A decision: people write none of that size."""


class Listing:
    """What a tree holds, indexed once."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.paths = tree.paths()
        self._by_name: dict[str, list[str]] = {}
        self._directories: set[str] = {""}
        for path in self.paths:
            self._by_name.setdefault(name_of(path), []).append(path)
            directory = parent_of(path)
            while directory not in self._directories:
                self._directories.add(directory)
                directory = parent_of(directory)

    def named(self, name: str) -> list[str]:
        """Return the files of that name, sorted."""
        return self._by_name.get(name, [])

    def ending(self, *ends: str) -> list[str]:
        """Return the files whose name ends so."""
        return [path for name, paths in self._by_name.items() if name.endswith(ends) for path in paths]

    def below(self, directory: str) -> Iterator[str]:
        """Yield the files of a directory and all below it."""
        if directory in ("", "."):
            yield from self.paths
            return
        prefix = directory + "/"
        for index in range(bisect_left(self.paths, prefix), len(self.paths)):
            if not self.paths[index].startswith(prefix):
                return
            yield self.paths[index]

    def directories(self) -> frozenset[str]:
        """Return all directories, the root as ``""``."""
        return frozenset(self._directories)

    def is_directory(self, path: str) -> bool:
        """Tell whether there are files below."""
        return path in self._directories

    def text(self, path: str, max_bytes: int = MAX_TEXT_BYTES) -> str:
        """Return a file as text, empty when it is not there, too large or binary."""
        try:
            if self.tree.size(path) > max_bytes:
                return ""
            content = self.tree.read(path)
        except (KeyError, ValueError):
            return ""
        return "" if b"\0" in content[:8192] else content.decode("utf-8-sig", "replace")
