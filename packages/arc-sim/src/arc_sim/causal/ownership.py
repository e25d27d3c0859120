"""Which files a service is built from: build contexts, Dockerfile COPY, directories named after the image."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from weakref import WeakKeyDictionary

from arc_sim.causal.addresses import normalise
from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.paths import (
    BUILD_FILES,
    DOCKERFILE,
    contains,
    has_no_effect,
    is_source_of_truth,
    join,
    language_of,
    name_of,
    parent_of,
)
from arc_sim.causal.tree import Tree
from arc_sim.model import Service

COPY = re.compile(r"(?im)^\s*(?:COPY|ADD)\s+(?P<arguments>(?:[^\\\n]|\\\n)+)$")
FROM = re.compile(r"(?im)^\s*FROM\s+(?:--\S+\s+)*(\S+)")
STEP = re.compile(r"(?im)^\s*(?:RUN|WORKDIR|CMD|ENTRYPOINT|ARG|ENV)\s+(?P<arguments>(?:[^\\\n]|\\\n)+)$")
COMMENT = re.compile(r"(?m)^\s*#.*\n?")
NAMED = re.compile(r"(?:--?(?:bin|package|p|pl|projects|filter|scope|workspace|app)[= ]|(?<=\s):)@?([\w./-]+)")
"""A part of the build that a command names: ``cargo build -p NAME``, ``mvn -pl NAME``, ``gradle :NAME:build``."""
ARGUMENT = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|(?P<plain>\w+))")
DOCKERFILES = ("Dockerfile", "Containerfile", "dockerfile")
LAYOUT = frozenset(("cmd", "bin"))
"""Folders that only hold a program's start: the folder above is the program's."""


class Dockerfile:
    """What matters of a Dockerfile: sources that it copies, images that it is based on, words of its commands."""

    def __init__(self, text: str, given: Mapping[str, str] | None = None) -> None:
        text = ARGUMENT.sub(lambda match: _argument(match, given or {}), COMMENT.sub("", text))
        self.bases = tuple(FROM.findall(text))
        self.sources = tuple(source for match in COPY.finditer(text) for source in _sources(match.group("arguments")))
        commands = [match.group("arguments").replace("\\\n", " ") for match in STEP.finditer(text)]
        self.words = tuple(w for c in commands for w in re.split(r"[\s\"'\[\],;&|=()]+", c) if w)
        self.named = tuple(name.rpartition("/")[2].split(":")[0] for c in commands for name in NAMED.findall(" " + c))


def _argument(match: "re.Match[str]", given: Mapping[str, str]) -> str:
    """Return the value that a build gives to an argument, the text itself when it gives none."""
    return given.get(match.group("braced") or match.group("plain")) or match.group()


class _Known:
    """What is found out about a tree once."""

    def __init__(self, tree: Tree) -> None:
        self.listing = Listing(tree)
        units, self.with_dockerfile = set(), set()
        self.built: set[str] = set()
        for path in self.listing.paths:
            name = name_of(path)
            docker = DOCKERFILE.match(name) is not None
            if docker:
                self.with_dockerfile.add(parent_of(path))
            if not (
                docker
                or name in BUILD_FILES
                or name == "project.json"
                or name.endswith((".csproj", ".fsproj", ".vbproj"))
            ):
                continue
            if is_source_of_truth(path):
                units.add(parent_of(path))
                if not docker:
                    self.built.add(parent_of(path))
        self.units = tuple(sorted(units))


_KNOWN: "WeakKeyDictionary[Tree, _Known]" = WeakKeyDictionary()


def _known(tree: Tree) -> _Known:
    found = _KNOWN.get(tree)
    if found is None:
        found = _KNOWN[tree] = _Known(tree)
    return found


def listing_of(tree: Tree) -> Listing:
    """Return the files of a tree by name and directory; made once for each tree."""
    return _known(tree).listing


def build_units(tree: Tree) -> tuple[str, ...]:
    """Return the directories that hold a build file or a Dockerfile of their own, sorted."""
    return _known(tree).units


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


def with_only_dockerfile(tree: Tree, services: list[Service]) -> list[Service]:
    """Give the only service whose image is a variable the only Dockerfile that no service is built from."""
    open_ = [s for s in services if not s.paths and s.image is None and s.kind == "service"]
    taken = {path for service in services for path in service.paths}
    files = [path for home in _known(tree).with_dockerfile for name in DOCKERFILES if (path := join(home, name))]
    files = [p for p in files if tree.content_id(p) and is_source_of_truth(p) and has_no_effect(p) is None]
    free = [path for path in files if not any(contains(root, path) for root in taken)]
    if len(open_) != 1 or len(free) != 1:
        return services
    paths = built_from(tree, parent_of(free[0]))
    return [replace(service, paths=paths) if service is open_[0] else service for service in services]


def read_dockerfile(tree: Tree, path: str, given: Mapping[str, str] | None = None) -> Dockerfile | None:
    """Return the Dockerfile at a path with the build arguments in it, None when there is none that can be read."""
    try:
        return Dockerfile(tree.read(path).decode("utf-8", "replace"), given)
    except (KeyError, ValueError):
        return None


def built_from(
    tree: Tree,
    context: str,
    dockerfile: str | None = None,
    given: Mapping[str, str] | None = None,
    command: Iterable[str] = (),
) -> tuple[str, ...]:
    """Return the paths from which an image is built with the arguments and the command that are given.

    A context that the service has for itself is its path. A context that it shares with others (the root, or one above
    other build directories) counts only through the sources that the Dockerfile copies from it, and where it copies
    everything, through the project that it builds, or else the one that an argument or the command names.
    """
    file = _dockerfile_path(tree, context, dockerfile)
    if file is None:
        return (context,) if context else ()
    own = parent_of(file)
    if not _is_shared(tree, context, own) and not _project_called(tree, context, [*(given or {}).values()]):
        return tuple(sorted({context, *(() if contains(context, file) else (file,))}))
    parsed = read_dockerfile(tree, file, given)
    sources = {file} if own == context or _holds_dockerfiles(tree, own) else {own}
    copied: set[str] = set()
    for source in parsed.sources if parsed else ():
        copied.update(_copied(tree, context, source))
    if parsed is not None and context in copied:
        narrowed = _projects_built(tree, context, own, parsed) or _project_called(
            tree, context, [*(given or {}).values(), *command]
        )
        if narrowed:
            built = _known(tree).built
            copied = {
                p for p in copied if p != context and not (tree.content_id(p) and parent_of(p) in built)
            } | narrowed
    sources |= copied
    return tuple(sorted(p for p in sources if not any(contains(other, p) for other in sources - {p})))


def _holds_dockerfiles(tree: Tree, directory: str) -> bool:
    """Tell whether a directory only collects the Dockerfiles of several services."""
    found = [path for path in _known(tree).listing.below(directory) if has_no_effect(path) is None]
    docker = [path for path in found if DOCKERFILE.match(name_of(path)) and parent_of(path) == directory]
    return len(docker) > 1 and not any(language_of(path) for path in found)


def _projects_built(tree: Tree, context: str, own: str, file: Dockerfile) -> set[str]:
    """Return what is built where the whole context is copied: the project beside the Dockerfile, or those it names."""
    known = _known(tree)
    if own != context and own in known.built:
        return {own}
    found: set[str] = set()
    for word in file.words:
        found |= _resolved(tree, known, context, word)
    names = {name.lower() for name in file.named}
    if not found:
        found = {unit for unit in known.built if unit and contains(context, unit) and name_of(unit).lower() in names}
    return found - {context, ""}


def _project_called(tree: Tree, context: str, words: list[str]) -> set[str]:
    """Return the only project below the context whose path ends in one of the words, the first word first."""
    units = {unit: unit[len(context) :].lower().strip("/") for unit in _known(tree).built if contains(context, unit)}
    for word in words:
        wanted = re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")
        ends = ("-" + wanted,)
        found = {u for u, inner in units.items() if inner and ("-" + re.sub(r"[^a-z0-9]+", "-", inner)).endswith(ends)}
        if wanted and len(found) == 1:
            return found
    return set()


def _resolved(tree: Tree, known: _Known, context: str, word: str) -> set[str]:
    """Return the project directory that a word of a command names, at whatever place the context was copied to."""
    parts = [part for part in word.strip("./").replace("\\", "/").split("/") if part not in ("", ".", "...")]
    while parts and ".." not in parts:
        path = "/".join([*([context] if context else []), *parts])
        if tree.content_id(path):
            home = parent_of(path)
            home = parent_of(home) if name_of(home) in LAYOUT and parent_of(home) not in ("", context) else home
            return {home} if home != context else set()
        if path in known.built or (known.listing.is_directory(path) and tree.content_id(f"{path}/main.go")):
            return {path}
        if not word.startswith("/"):
            return set()
        parts = parts[1:]
    return set()


def _dockerfile_path(tree: Tree, context: str, dockerfile: str | None) -> str | None:
    if dockerfile is not None:
        path = join(context, dockerfile)
        return path if path is not None and tree.content_id(path) else None
    for name in DOCKERFILES:
        path = f"{context}/{name}" if context else name
        if tree.content_id(path):
            return path
    return None


def _is_shared(tree: Tree, context: str, own: str) -> bool:
    if context == "":
        return True
    if own != context and contains(context, own):
        return True
    return any(contains(context, unit) and unit != context for unit in _known(tree).with_dockerfile)


def _copied(tree: Tree, context: str, source: str) -> set[str]:
    """Return what a COPY source stands for; of a copied context the files that no deeper service has for itself."""
    prefix = re.split(r"[*?\[]", source)[0] if re.search(r"[*?\[]", source) else source
    # The builder takes what would leave the context for the context itself.
    target = join(context, re.sub(r"^(?:\.\./?)+", "", prefix.lstrip("/")).rstrip("/") or ".")
    if target is None:
        return set()
    if target in ("", context):
        return {context}
    listing = _known(tree).listing
    if tree.content_id(target) or listing.is_directory(target):
        return {target}
    parent = parent_of(target)
    matches = {path for path in listing.below(parent) if path.startswith(target) and parent_of(path) == parent}
    return {path for path in matches if has_no_effect(path) is None}


def _sources(arguments: str) -> list[str]:
    text = arguments.replace("\\\n", " ").strip()
    words = re.findall(r'"([^"]*)"', text) if text.startswith("[") else text.split()
    if any(word.startswith("--from") for word in words) or "<<" in text:
        return []
    words = [word for word in words if not word.startswith("--")]
    return [word for word in words[:-1] if "://" not in word and "$" not in word]
