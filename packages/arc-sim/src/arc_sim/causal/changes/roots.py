"""Build files above several services: parent poms, workspaces, central versions, shared protos and Dockerfiles."""

import re

from arc_sim.causal.paths import DOCKERFILE, contains, name_of, parent_of
from arc_sim.causal.tree import Tree
from arc_sim.model import Graph

FAMILIES: tuple[tuple[str, str], ...] = (
    (r"pom\.xml", r"pom\.xml"),
    (r"(?:build|settings)\.gradle(?:\.kts)?|gradle\.properties|libs\.versions\.toml", r"build\.gradle(?:\.kts)?"),
    (r"package(?:-lock)?\.json|yarn\.lock|pnpm-(?:lock|workspace)\.yaml|tsconfig(?:\.base)?\.json|nx\.json|turbo\.json",
     r"package\.json|project\.json"),
    (r"go\.work|go\.work\.sum|go\.mod|go\.sum", r"go\.mod|main\.go"),
    (r"Directory\.[\w.]*props|Directory\.[\w.]*targets|global\.json|nuget\.config", r".+\.csproj"),
    (r"requirements[^/]*\.txt|constraints\.txt|pyproject\.toml|uv\.lock|poetry\.lock|Pipfile(?:\.lock)?",
     r"requirements[^/]*\.(?:txt|in)|pyproject\.toml"),
    (r"Cargo\.toml|Cargo\.lock", r"Cargo\.toml"),
    (r"mix\.exs|mix\.lock", r"mix\.exs"),
    (r"Gemfile(?:\.lock)?", r"Gemfile"),
    (r"composer\.(?:json|lock)", r"composer\.json"),
)  # fmt: skip
"""Build file above -> build file of a service that takes part in the same build."""


def built_with(tree: Tree, graph: Graph, path: str) -> list[str]:
    """Return the services whose build takes part in a file that no service has for itself."""
    name, directory = name_of(path), parent_of(path)
    directory = re.sub(r"(?:^|/)gradle$", "", directory)
    for above, below in FAMILIES:
        if re.fullmatch(above, name):
            return _with_build_file(tree, graph, directory, below)
    if path.endswith(".proto"):
        return _mentioning(tree, graph, re.compile(rf"\b{re.escape(name[:-6])}(?:_pb2|_pb|pb|\.proto|_grpc)\b"))
    if DOCKERFILE.match(name) and directory:
        return _building_from(tree, graph, directory)
    return []


def _with_build_file(tree: Tree, graph: Graph, directory: str, below: str) -> list[str]:
    holders = {parent_of(p) for p in tree.paths() if contains(directory, p) and re.fullmatch(below, name_of(p))}
    holders.discard(directory)
    return [
        s.name for s in graph.services if any(contains(root, holder) for root in s.paths if root for holder in holders)
    ]


def _building_from(tree: Tree, graph: Graph, directory: str) -> list[str]:
    """Return the services below a parent build file that names the directory of a common Dockerfile."""
    found: list[str] = []
    mention = re.compile(rf"(?:[>/\"'}}]|^){re.escape(directory)}(?:[</\"']|$)", re.MULTILINE)
    for path in tree.paths():
        for above, below in FAMILIES:
            if re.fullmatch(above, name_of(path)) and mention.search(_text(tree, path)):
                found += _with_build_file(tree, graph, parent_of(path), below)
                found += [s.name for s in graph.services if any(root and contains(root, path) for root in s.paths)]
    return sorted(set(found))


def _mentioning(tree: Tree, graph: Graph, pattern: "re.Pattern[str]") -> list[str]:
    found = []
    for service in graph.services:
        files = (p for p in tree.paths() if any(root and contains(root, p) for root in service.paths))
        if any(pattern.search(name_of(p)) or pattern.search(_text(tree, p)) for p in files):
            found.append(service.name)
    return found


def _text(tree: Tree, path: str) -> str:
    try:
        return tree.read(path).decode("utf-8", "replace")
    except (KeyError, ValueError):
        return ""
