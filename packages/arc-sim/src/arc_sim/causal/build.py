"""From a revision to its graph: manifests first, then code and configuration, then the merge."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from arc_sim.causal.cache import Shelf, Store, open_store
from arc_sim.causal.code.library import Library, use_library
from arc_sim.causal.code.shared import with_shared_code
from arc_sim.causal.kinds import image_name
from arc_sim.causal.merging.graph import Named, merge, merge_services, merge_variables
from arc_sim.causal.merging.partition import joined, parts_of
from arc_sim.causal.ownership import build_units, find_unit, with_only_dockerfile
from arc_sim.causal.paths import LANGUAGES, language_of
from arc_sim.causal.readers import LINKING, NAMING
from arc_sim.causal.readers.base import Known, Reader
from arc_sim.causal.readers.deploy.entries import with_entries
from arc_sim.causal.tree import GitTree, Tree
from arc_sim.diff.git import NOT_IN_CLONE
from arc_sim.model import Graph, Service


@dataclass(frozen=True)
class Reading:
    """How a repository is read."""

    cache: Path | None = None
    """Directory in which results are kept by content; None: nothing is kept."""
    report: Callable[[int, int], None] | None = None
    """Called with files done and files in all, where that takes long."""


def derive(repo: Path, commit: str, reading: Reading | None = None) -> Graph:
    """Return the graph of one commit, read from git's objects: nothing is checked out and nothing is run.

    commit: anything that names a commit or a tree.   Raises DiffError when there is no such repository or commit.
    """
    asked = reading or Reading()
    with ExitStack() as stack:
        # Worker processes hand programs on through a store, so there is always one.
        folder = asked.cache or Path(stack.enter_context(TemporaryDirectory(prefix="arc-sim-graph-")))
        store = open_store(folder)
        stack.callback(store.close)
        tree = GitTree(repo, commit)
        stack.callback(tree.close)
        graph = _kept(tree, store, asked) if asked.cache else _derived(tree, store, asked)
        if asked.cache:
            store.trim()
        return graph


def _kept(tree: GitTree, store: Store, reading: Reading) -> Graph:
    """Return the graph of the same files, when it was derived before."""
    shelf = Shelf(store, "graph", Graph)
    key = shelf.key(tree.tree_id)
    found = shelf.load([key])
    if key in found:
        return found[key]
    graph = _derived(tree, store, reading)
    if not any(NOT_IN_CLONE in warning for warning in graph.warnings):
        shelf.save([(key, graph)])
    return graph


def _derived(tree: Tree, store: Store, reading: Reading) -> Graph:
    use_library(tree, Library(tree, store, reading.report))
    return derive_tree(tree)


def derive_tree(tree: Tree) -> Graph:
    """Return the graph of the files of one revision; systems in it that have nothing in common are read apart."""
    parts = parts_of(tree)
    return joined([(root, _derive_system(part)) for root, part in parts]) if parts else _derive_system(tree)


def _derive_system(tree: Tree) -> Graph:
    found: list[Named] = []
    known = Known()
    for name in NAMING:
        reader = create(name)
        found.append((reader.name, reader.read(tree, known)))
        services = merge_services(found)
        known = Known(services, merge_variables(found, services))
    services = tuple(_complete(tree, with_entries(tree, known.services)))
    services = with_shared_code(tree, services)
    known = Known(services, merge_variables(found, services))
    for name in LINKING:
        reader = create(name)
        found.append((reader.name, reader.read(tree, known)))
    return merge(found, services)


def create(name: str) -> Reader:
    """Return the reader of that name; raises KeyError for an unknown one."""
    module, _, attribute = {**NAMING, **LINKING}[name].partition(":")
    reader: Reader = getattr(import_module(module), attribute)()
    return reader


def _complete(tree: Tree, services: tuple[Service, ...]) -> list[Service]:
    """Give services without paths the directory of their name, and every one its language."""
    units = build_units(tree)
    placed = []
    for service in services:
        names = (image_name(service.image), service.name, *service.aliases)
        unit = find_unit(units, names) if not service.paths and service.kind in ("service", "database") else None
        placed.append(replace(service, paths=(unit,)) if unit else service)
    placed = with_only_dockerfile(tree, placed)
    sizes = _bytes_by_language(tree, placed)
    return [
        replace(service, language=service.language or _most(sizes.get(service.name, Counter()))) for service in placed
    ]


def _bytes_by_language(tree: Tree, services: list[Service]) -> dict[str, Counter[str]]:
    """Return ``{service: {language: bytes}}`` of the files below each service's paths, in one pass."""
    by_path: dict[str, list[str]] = {}
    for service in services:
        for root in service.paths:
            by_path.setdefault("" if root == "." else root, []).append(service.name)
    found: dict[str, Counter[str]] = {}
    for path in tree.paths():
        language = language_of(path)
        if language is None:
            continue
        names = {name for root in _upwards(path) for name in by_path.get(root, ())}
        for name in names:
            found.setdefault(name, Counter())[language] += tree.size(path)
    return found


def _upwards(path: str) -> list[str]:
    """Return the path and all directories above it, the root last."""
    found = [path]
    while path:
        path = path.rpartition("/")[0]
        found.append(path)
    return found


def _most(sizes: Counter[str]) -> str | None:
    """Return the language with the most bytes, of equal ones the one that ``LANGUAGES`` names first."""
    return max(dict.fromkeys(LANGUAGES.values()), key=lambda name: sizes[name]) if sum(sizes.values()) else None
