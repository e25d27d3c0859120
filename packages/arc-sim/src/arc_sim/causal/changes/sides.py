"""The two revisions of a diff, with what every reader of changes asks of them, found once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from arc_sim.causal.changes.builds import Builds
from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.readers.manifests import Object, read_objects
from arc_sim.causal.tree import Tree
from arc_sim.model import Graph

Named = dict[str, str]
"""``{service: reason}``."""


@dataclass(frozen=True)
class Side:
    """One revision."""

    graph: Graph
    tree: Tree

    @cached_property
    def by_path(self) -> dict[str, list[str]]:
        """``{path: services built from it}``."""
        found: dict[str, list[str]] = {}
        for service in self.graph.services:
            for path in service.paths:
                found.setdefault(path, []).append(service.name)
        return found

    @cached_property
    def objects(self) -> list[Object]:
        """All Kubernetes objects."""
        return read_objects(self.tree, [])

    @cached_property
    def listing(self) -> Listing:
        """The files by name and by directory."""
        return Listing(self.tree)

    @cached_property
    def builds(self) -> Builds:
        """The projects and who is built with them."""
        return Builds(self.tree, self.graph, self.listing)

    @cached_property
    def memo(self) -> dict[str, Any]:
        """What readers of changes keep between two files."""
        return {}

    def read(self, path: str) -> bytes | None:
        """Return a file, None when it is not there or too large."""
        try:
            return self.tree.read(path)
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True)
class Change:
    """One file at both revisions."""

    old_path: str
    path: str
    base: Side
    head: Side

    @property
    def known(self) -> bool:
        """The trees really differ here; otherwise nothing can be compared."""
        return self.base.tree.content_id(self.old_path) != self.head.tree.content_id(self.path)

    def before(self) -> bytes | None:
        """Return the file at base."""
        return self.base.read(self.old_path)

    def after(self) -> bytes | None:
        """Return the file at head."""
        return self.head.read(self.path)
