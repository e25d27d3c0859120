"""Repositories that hold several systems: each is read by itself, so that equal names in two of them stay apart."""

import re

from arc_sim.causal.code.library import library_of, use_library
from arc_sim.causal.documents import DocumentError, Mapping, Text, dig, load_documents, pairs
from arc_sim.causal.kinds import image_name
from arc_sim.causal.merging.systems import prefix_of, renamed
from arc_sim.causal.paths import COMPOSE, contains, is_source_of_truth, join, name_of, parent_of
from arc_sim.causal.tree import Tree
from arc_sim.model import Graph

ORCHESTRATED = re.compile(
    r"(?i)(?:^|/)(?:Chart\.yaml|kustomization\.ya?ml|skaffold\.ya?ml|AppHost\.cs|k8s|kubernetes|helm)(?:/|$)"
)
"""What deploys several folders together."""

Entries = dict[str, tuple[str | None, str]]
"""Service of a compose file -> the folder that it is built from, None for none; the name of its image."""


class PartOfTree:
    """The files of one system, or those of none."""

    def __init__(self, tree: Tree, root: str | None, others: tuple[str, ...]) -> None:
        self._tree = tree
        self._paths = tuple(
            path
            for path in tree.paths()
            if (contains(root, path) if root is not None else not any(contains(other, path) for other in others))
        )
        self._known = frozenset(self._paths)

    def paths(self) -> tuple[str, ...]:
        """Return the paths, sorted."""
        return self._paths

    def content_id(self, path: str) -> str | None:
        """Return the content's name when the file is part."""
        return self._tree.content_id(path) if path in self._known else None

    def size(self, path: str) -> int:
        """Return the size; raises KeyError for a file that is no part."""
        if path not in self._known:
            raise KeyError(path)
        return self._tree.size(path)

    def read(self, path: str) -> bytes:
        """Return the content; raises KeyError for a file that is no part."""
        if path not in self._known:
            raise KeyError(path)
        return self._tree.read(path)

    def close(self) -> None:
        """Do nothing: the whole tree is closed by whom it belongs to."""


def parts_of(tree: Tree) -> list[tuple[str, Tree]]:
    """Return ``(folder, its files)`` of each system that stands by itself, ``""`` with the rest; [] for one system.

    A folder is a system of its own when its compose file builds only from below it, no other file above deploys it, and
    a name in it means another program than the same name in another such folder.
    """
    roots = _roots(tree)
    if len(roots) < 2:
        return []
    found: list[tuple[str, Tree]] = [(root, PartOfTree(tree, root, ())) for root in roots]
    found.append(("", PartOfTree(tree, None, tuple(roots))))
    for _, part in found:
        use_library(part, library_of(tree))
    return found


def joined(parts: list[tuple[str, Graph]]) -> Graph:
    """Return one graph of all; names that several systems use get the name of their folder in front."""
    names = [service.name for _, graph in parts for service in graph.services]
    twice = {name for name in names if names.count(name) > 1}
    graphs = [_renamed(root, graph, twice) for root, graph in parts]
    return Graph(
        tuple(sorted((s for graph in graphs for s in graph.services), key=lambda service: service.name)),
        tuple(sorted((e for graph in graphs for e in graph.edges), key=lambda edge: edge.key)),
        tuple(sorted({warning for graph in graphs for warning in graph.warnings})),
        tuple(channel for graph in graphs for channel in graph.channels),
    )


def _renamed(root: str, graph: Graph, twice: set[str]) -> Graph:
    names = [service.name for service in graph.services if root and service.name in twice]
    return renamed(graph, {name: prefix_of(root) + name for name in names})


def _roots(tree: Tree) -> list[str]:
    found: dict[str, Entries] = {}
    for path in tree.paths():
        if not COMPOSE.match(name_of(path)) or not is_source_of_truth(path):
            continue
        folder = parent_of(path)
        entries = _entries(tree, path)
        if not folder or entries is None:
            return []  # One for the whole repository, or networks that join several.
        found.setdefault(folder, {}).update(entries)
    folders = [f for f in found if not any(f != other and contains(other, f) for other in found)]
    roots = [f for f in folders if all(contains(f, built) for built, _ in found[f].values() if built is not None)]
    apart = [f for f in roots if any(_differ(found[f], found[other]) for other in roots if other != f)]
    deployed = any(
        ORCHESTRATED.search(path) and is_source_of_truth(path) and not any(contains(root, path) for root in apart)
        for path in tree.paths()
    )
    return [] if deployed or len(apart) < len(folders) / 2 else sorted(apart)


def _differ(one: Entries, other: Entries) -> bool:
    """Tell whether two files use a name for different programs of their own, and share none."""
    common = [(one[name], other[name]) for name in one.keys() & other.keys()]
    built = [(a, b) for a, b in common if a[0] is not None or b[0] is not None]
    own_images = {image for _, image in one.values() if image} & {image for built, image in other.values() if built}
    return bool(built) and not own_images and all(a[0] != b[0] for a, b in built)


def _entries(tree: Tree, path: str) -> Entries | None:
    """Return the services of a compose file, None when it joins a network from outside."""
    try:
        documents = load_documents(tree.read(path))
    except (DocumentError, ValueError, KeyError):
        return {}
    top = documents[0] if documents else None
    if any(dig(network, "external") for _, network in pairs(dig(top, "networks"))) or dig(top, "include"):
        return None
    found: Entries = {}
    for name, entry in pairs(dig(top, "services")):
        if isinstance(entry, Mapping):
            build = entry.get("build")
            context = build if isinstance(build, Text) else dig(build, "context") or ("." if build else None)
            folder = join(parent_of(path), str(context)) if context is not None else None
            image = entry.get("image")
            outside = ".." if context is not None and folder is None else folder
            found[str(name)] = (outside, image_name(str(image)) if isinstance(image, Text) else "")
    return found
