"""Which files a service is built from: build contexts, Dockerfile COPY, directories named after the image."""

import re
from collections.abc import Iterable

from arc_sim.causal.addresses import normalise
from arc_sim.causal.paths import (
    BUILD_FILES,
    DOCKERFILE,
    contains,
    has_no_effect,
    is_source_of_truth,
    join,
    name_of,
    parent_of,
)
from arc_sim.causal.tree import Tree

COPY = re.compile(r"(?im)^\s*(?:COPY|ADD)\s+(?P<arguments>(?:[^\\\n]|\\\n)+)$")
FROM = re.compile(r"(?im)^\s*FROM\s+(?:--\S+\s+)*(\S+)")


class Dockerfile:
    """What matters of a Dockerfile: sources that it copies and the images that it is based on."""

    def __init__(self, text: str) -> None:
        self.bases = tuple(FROM.findall(text))
        self.sources = tuple(source for match in COPY.finditer(text) for source in _sources(match.group("arguments")))


def build_units(tree: Tree) -> tuple[str, ...]:
    """Return the directories that hold a build file or a Dockerfile of their own, sorted."""
    found = set()
    for path in tree.paths():
        name = name_of(path)
        if (name in BUILD_FILES or name.endswith(".csproj") or DOCKERFILE.match(name)) and is_source_of_truth(path):
            found.add(parent_of(path))
    return tuple(sorted(found))


def find_unit(units: Iterable[str], names: Iterable[str]) -> str | None:
    """Return the build directory that is called like one of the names, the first name first.

    Equal names win over ``prefix-name``; the shallowest of several equal ones wins, as copies stand deeper.
    """
    ranked = sorted((unit for unit in units if unit), key=lambda unit: (unit.count("/"), unit))
    wanted = [re.sub("[^a-z0-9]", "", normalise(name)) for name in names if name]
    for name in wanted:
        for unit in ranked:
            if re.sub("[^a-z0-9]", "", name_of(unit).lower()) == name:
                return unit
    for name in wanted:
        tails = [u for u in ranked if normalise(name_of(u)).replace("-", "").endswith(name) and len(name) > 3]
        if len(tails) == 1 and "-" in normalise(name_of(tails[0])):
            return tails[0]
    return None


def read_dockerfile(tree: Tree, path: str) -> Dockerfile | None:
    """Return the Dockerfile at a path, None when there is none that can be read."""
    try:
        return Dockerfile(tree.read(path).decode("utf-8", "replace"))
    except (KeyError, ValueError):
        return None


def built_from(tree: Tree, context: str, dockerfile: str | None = None) -> tuple[str, ...]:
    """Return the paths from which an image is built.

    A context that the service has for itself is its path. A context that it shares with others (the root, or one above
    other build directories) counts only through the sources that the Dockerfile copies from it.
    """
    file = _dockerfile_path(tree, context, dockerfile)
    if file is None:
        return (context,) if context else ()
    own = parent_of(file)
    if not _is_shared(tree, context, own):
        return tuple(sorted({context, *(() if contains(context, file) else (file,))}))
    parsed = read_dockerfile(tree, file)
    sources = {file} if own == context else {own}
    for source in parsed.sources if parsed else ():
        sources.update(_copied(tree, context, source))
    return tuple(sorted(p for p in sources if not any(contains(other, p) for other in sources - {p})))


def _dockerfile_path(tree: Tree, context: str, dockerfile: str | None) -> str | None:
    if dockerfile is not None:
        path = join(context, dockerfile)
        return path if path is not None and tree.content_id(path) else None
    for name in ("Dockerfile", "Containerfile", "dockerfile"):
        path = f"{context}/{name}" if context else name
        if tree.content_id(path):
            return path
    return None


def _is_shared(tree: Tree, context: str, own: str) -> bool:
    if context == "":
        return True
    if own != context and contains(context, own):
        return True
    others = {u for u in build_units(tree) if contains(context, u) and u != context}
    return any(any(DOCKERFILE.match(name_of(p)) for p in tree.paths() if parent_of(p) == unit) for unit in others)


def _copied(tree: Tree, context: str, source: str) -> set[str]:
    """Return what a COPY source stands for; of a copied context the files that no deeper service has for itself."""
    prefix = re.split(r"[*?\[]", source)[0] if re.search(r"[*?\[]", source) else source
    target = join(context, prefix.rstrip("/") or ".")
    if target is None:
        return set()
    if target in ("", context):
        return {context}
    if tree.content_id(target) or any(contains(target, path) for path in tree.paths()):
        return {target}
    matches = {path for path in tree.paths() if path.startswith(target) and parent_of(path) == parent_of(target)}
    return {path for path in matches if has_no_effect(path) is None}


def _sources(arguments: str) -> list[str]:
    text = arguments.replace("\\\n", " ").strip()
    words = re.findall(r'"([^"]*)"', text) if text.startswith("[") else text.split()
    if any(word.startswith("--from") for word in words) or "<<" in text:
        return []
    words = [word for word in words if not word.startswith("--")]
    return [word for word in words[:-1] if "://" not in word and "$" not in word]
