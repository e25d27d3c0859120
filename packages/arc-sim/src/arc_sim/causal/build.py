"""From a revision to its graph: manifests first, then code and configuration, then the merge."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from arc_sim.causal.code.shared import with_shared_code
from arc_sim.causal.kinds import image_name
from arc_sim.causal.merging.graph import Named, merge, merge_services, merge_variables
from arc_sim.causal.ownership import build_units, find_unit
from arc_sim.causal.paths import LANGUAGES, contains, language_of
from arc_sim.causal.readers import LINKING, NAMING
from arc_sim.causal.readers.base import Known, Reader
from arc_sim.causal.tree import GitTree, Tree
from arc_sim.model import Graph, Service


def derive(repo: Path, commit: str) -> Graph:
    """Return the graph of one commit, read from git's objects: nothing is checked out and nothing is run.

    commit: anything that names a commit or a tree.   Raises DiffError when there is no such repository or commit.
    """
    tree = GitTree(repo, commit)
    try:
        return derive_tree(tree)
    finally:
        tree.close()


def derive_tree(tree: Tree) -> Graph:
    """Return the graph of the files of one revision."""
    found: list[Named] = []
    known = Known()
    for name in NAMING:
        reader = create(name)
        found.append((reader.name, reader.read(tree, known)))
        services = merge_services(found)
        known = Known(services, merge_variables(found, services))
    services = tuple(_complete(tree, known.services))
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
    result = []
    for service in services:
        names = (image_name(service.image), service.name, *service.aliases)
        unit = find_unit(units, names) if not service.paths and service.kind in ("service", "database") else None
        complete = replace(service, paths=(unit,)) if unit else service
        result.append(replace(complete, language=complete.language or _language(tree, complete)))
    return result


def _language(tree: Tree, service: Service) -> str | None:
    sizes = dict.fromkeys(LANGUAGES.values(), 0)
    for path in tree.paths():
        language = language_of(path)
        if language and any(contains(root, path) for root in service.paths):
            sizes[language] += tree.size(path)
    best = max(sizes, key=lambda name: sizes[name])
    return best if sizes[best] else None
