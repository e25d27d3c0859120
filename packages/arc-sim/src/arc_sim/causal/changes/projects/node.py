"""JavaScript packages: workspace members by name, local paths, and the path aliases of TypeScript (Nx, Nest)."""

import json
import re
from typing import Any

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.base import Project
from arc_sim.causal.paths import VENDORED, contains, join, parent_of

FILES = ("package.json", "project.json", "tsconfig.app.json", "tsconfig.lib.json")
SOURCES = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".vue", ".svelte")
LOCAL = re.compile(r"^(?:file:|link:|portal:)(.+)$")
IMPORT = re.compile(r"""(?:from|import|require\s*\(|import\s*\()\s*["']([@\w][^"']*)["']""")
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*[\s\S]*?\*/')
MAX_SOURCES = 20_000
"""Sources searched for aliases; more are in no project that people open."""


def read(listing: Listing) -> list[Project]:
    """Return all packages, and directories that Nx or Nest build on their own."""
    files = [path for name in FILES for path in listing.named(name) if not VENDORED.search(path)]
    documents = {path: _json(listing.text(path)) for path in files}
    names = {d["name"]: parent_of(p) for p, d in documents.items() if isinstance(d.get("name"), str)}
    directories = {parent_of(path) for path in files}
    aliased = _aliased(listing, directories)
    return [_project(path, documents[path], names, aliased) for path in files]


def _project(path: str, content: dict[str, Any], names: dict[str, str], aliased: dict[str, set[str]]) -> Project:
    directory = parent_of(path)
    uses: set[str | None] = set(aliased.get(directory, ()))
    packages: set[str] = set()
    for section in ("dependencies", "peerDependencies", "optionalDependencies", "devDependencies"):
        given = content.get(section)
        for name, version in given.items() if isinstance(given, dict) else ():
            packages.add(name.lower())
            local = LOCAL.match(str(version))
            if local:
                uses.add(join(directory, local.group(1)))
            elif section != "devDependencies" or str(version).startswith("workspace:"):
                uses.add(names.get(name))
    implicit = content.get("implicitDependencies")
    uses |= {names.get(str(name)) for name in implicit} if isinstance(implicit, list) else set()
    found = frozenset(use for use in uses if use is not None and use != directory)
    return Project("node", directory, path, found, frozenset(packages))


def _aliased(listing: Listing, directories: set[str]) -> dict[str, set[str]]:
    """Return ``{project: projects that its sources import by an alias of tsconfig}``."""
    aliases = _aliases(listing)
    found: dict[str, set[str]] = {}
    if not aliases:
        return found
    for path in [p for p in listing.ending(*SOURCES) if not VENDORED.search(p)][:MAX_SOURCES]:
        own = _owner(path, directories)
        for name in IMPORT.findall(listing.text(path)) if own is not None else ():
            target = next((t for alias, t in aliases if name == alias or name.startswith(alias + "/")), None)
            other = _owner(target + "/x", directories) if target is not None else None
            if own is not None and other is not None and other != own:
                found.setdefault(own, set()).add(other)
    return found


def _aliases(listing: Listing) -> list[tuple[str, str]]:
    found = []
    for name in ("tsconfig.base.json", "tsconfig.json"):
        for path in listing.named(name):
            options = _json(listing.text(path)).get("compilerOptions")
            given = options.get("paths") if isinstance(options, dict) else None
            base = join(parent_of(path), str(options.get("baseUrl") or ".")) if isinstance(options, dict) else None
            for alias, targets in given.items() if isinstance(given, dict) and base is not None else ():
                target = join(str(base), str(targets[0])) if isinstance(targets, list) and targets else None
                clean = alias.removesuffix("/*")
                if target and re.fullmatch(r"[@\w][\w@./-]*", clean):
                    found.append((clean, re.sub(r"/?\*.*$", "", target)))
    return sorted(found, key=lambda item: -len(item[0]))


def _owner(path: str, directories: set[str]) -> str | None:
    holders = [d for d in directories if d and contains(d, path)] if len(directories) < 30 else None
    if holders is not None:
        return max(holders, key=len, default=None)
    directory = parent_of(path)
    while directory:
        if directory in directories:
            return directory
        directory = parent_of(directory)
    return None


def _json(text: str) -> dict[str, Any]:
    """Return an object; comments and trailing commas, which tsconfig allows, are taken out first."""
    plain = TOKEN.sub(lambda match: match.group() if match.group().startswith('"') else "", text)
    for attempt in (text, re.sub(r",(\s*[}\]])", r"\1", plain)):
        try:
            value = json.loads(attempt)
        except (ValueError, RecursionError):
            continue
        return value if isinstance(value, dict) else {}
    return {}
