"""Go: packages of a module by their imports; modules by ``replace`` and by a workspace."""

import re

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.base import Project
from arc_sim.causal.paths import VENDORED, contains, join, parent_of

MODULE = re.compile(r"(?m)^\s*module\s+\"?([^\s\"]+)")
REPLACE = re.compile(r"(?m)^\s*(?:replace\s+)?([^\s()]+)(?:\s+v\S+)?\s*=>\s*(\.{1,2}/?\S*)")
USE = re.compile(r"(?m)^\s*(?:use\s+)?\(?\s*(\.{0,2}/?[\w./-]*)\s*\)?\s*$")
BLOCK = re.compile(r"(?m)^import\s*(?:\(([\s\S]*?)^\s*\)|((?:[\w.]+\s+)?\"[^\"\n]+\"))")
QUOTED = re.compile(r"\"([^\"\n]+)\"")


def read(listing: Listing) -> list[Project]:
    """Return every package directory as a project, so that one module with many programs is told apart."""
    modules = _modules(listing)
    if not modules:
        return []
    visible = {home: _visible(listing, home, modules) for home in modules}
    homes = sorted(modules, key=len, reverse=True)
    found: dict[str, set[str]] = {}
    for path in listing.ending(".go"):
        if path.endswith("_test.go") or VENDORED.search(path):
            continue
        directory = parent_of(path)
        home = next((h for h in homes if contains(h, directory)), None)
        uses = found.setdefault(directory, set())
        for name in _imports(listing.text(path)) if home is not None else ():
            target = _directory(name, visible[home or ""])
            if target is not None and target != directory:
                uses.add(target)
    return [Project("go", directory, directory, frozenset(uses)) for directory, uses in found.items()]


def modules_above(listing: Listing, directories: set[str]) -> set[str]:
    """Return the modules in which package directories stand."""
    homes = sorted((parent_of(path) for path in listing.named("go.mod")), key=len, reverse=True)
    return {next((h for h in homes if contains(h, d)), "") for d in directories} if homes else set()


def _modules(listing: Listing) -> dict[str, str]:
    """Return ``{directory: module path}``."""
    found = {}
    for path in listing.named("go.mod"):
        match = MODULE.search(listing.text(path))
        if match and not VENDORED.search(path):
            found[parent_of(path)] = match.group(1)
    return found


def _visible(listing: Listing, home: str, modules: dict[str, str]) -> list[tuple[str, str]]:
    """Return ``(module path, directory)`` of what a module takes from this repository, the longest path first."""
    found = {modules[home]: home}
    text = re.sub(r"//.*", "", listing.text(f"{home}/go.mod" if home else "go.mod"))
    for name, where in REPLACE.findall(text):
        target = join(home, where)
        if target is not None:
            found[name] = target
    for path in listing.named("go.work"):
        members = {join(parent_of(path), where) for where in USE.findall(re.sub(r"//.*", "", listing.text(path)))}
        if home in members:
            found |= {modules[member]: member for member in members if member in modules}
    return sorted(found.items(), key=lambda item: -len(item[0]))


def _directory(name: str, visible: list[tuple[str, str]]) -> str | None:
    for module, home in visible:
        if name == module:
            return home
        if name.startswith(module + "/"):
            return join(home, name[len(module) + 1 :])
    return None


def _imports(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for block, single in BLOCK.findall(text):
        found += QUOTED.findall(block or single)
    return tuple(found)
