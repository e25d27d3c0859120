"""Imports that name a file, or a package of files beside: Ruby, PHP, C++, Rust."""

import re

from arc_sim.causal.paths import join, name_of, parent_of
from arc_sim.causal.tree import Tree

NAMED_FILE = {
    "ruby": re.compile(r"""require_relative[\s(]*["']([^"']+)["']"""),
    "php": re.compile(r"""(?:require|include)(?:_once)?\b[^"']{0,80}["']/?([^"']+\.php)["']"""),
    "cpp": re.compile(r'#\s*include\s*"([^"]+)"'),
}
"""Language -> what holds the file's path, as the importer's directory sees it."""
ENDINGS = {"ruby": ("", ".rb"), "php": ("",), "cpp": ("",)}
CRATE = re.compile(r"(?:^|\buse\s+|\bextern\s+crate\s+)(\w+)\s*(?:::|;|\bas\b)")
PACKAGE_NAME = re.compile(rb"(?ms)^\[package\][^\[]*?^name\s*=\s*\"([\w-]+)\"")
MAX_BYTES = 1_000_000
"""A module file that is larger is none. A decision."""


def named_files(importer: str, language: str, lines: tuple[str, ...], files: set[str]) -> set[str]:
    """Return the files that imports name by their path."""
    pattern = NAMED_FILE.get(language)
    wanted = [match for line in lines for match in pattern.findall(line)] if pattern is not None else []
    found = set()
    for path in wanted:
        target = join(parent_of(importer), path)
        tries = [target + end for end in ENDINGS[language]] if target is not None else []
        found.update([each for each in tries if each in files][:1])
    return found


def crates(tree: Tree, files: set[str]) -> dict[str, list[str]]:
    """Return ``{"crate::name": files}`` of the Rust packages here."""
    homes = {}
    for path in sorted(files):
        match = (
            PACKAGE_NAME.search(tree.read(path))
            if name_of(path) == "Cargo.toml" and tree.size(path) < MAX_BYTES
            else None
        )
        if match is not None:
            homes[parent_of(path)] = "crate::" + match.group(1).decode().replace("-", "_")
    found: dict[str, list[str]] = {}
    for path in sorted(files) if homes else ():
        if path.endswith(".rs"):
            home = parent_of(path)
            while home and home not in homes:
                home = parent_of(home)
            if home in homes:
                found.setdefault(homes[home], []).append(path)
    return found


def crate_files(lines: tuple[str, ...], by_module: dict[str, list[str]]) -> set[str]:
    """Return the files of the packages that ``use`` lines name."""
    names = {name for line in lines for name in CRATE.findall(line)}
    return {path for name in names for path in by_module.get("crate::" + name, ())}
