"""Code that several services use: found by their imports, added to their paths."""

import re
from dataclasses import replace

from arc_sim.causal.code.files import NAMED_FILE, crate_files, crates, named_files
from arc_sim.causal.code.gather import Gatherer
from arc_sim.causal.code.library import Outline, library_of
from arc_sim.causal.paths import VENDORED, contains, has_no_effect, join, name_of, parent_of
from arc_sim.causal.tree import Tree
from arc_sim.model import Service

MAX_BYTES = 1_000_000
"""A module file that is larger is none. A decision."""
BY_PATH = (".rb", ".php", ".h", ".hh", ".hpp")
"""Files that are imported by their path, and so are there when the importer runs, whoever else they belong to."""
MAX_ROUNDS = 6
"""Imports of imports are followed this far."""

PYTHON = re.compile(r"^\s*(?:from\s+(?P<from>[.\w]+)\s+import\s+(?P<names>[\w\s,()*]+)|import\s+(?P<import>[\w.,\s]+))")
JVM = re.compile(r"^\s*import\s+(?:static\s+)?(?P<name>[\w.]+\.\w+)\s*;?\s*$")
GO = re.compile(r'"([\w.~-]+(?:/[\w.~-]+)+)"')
GO_MODULE = re.compile(rb"(?m)^\s*module\s+\"?([^\s\"]+)")
RELATIVE = re.compile(r"""["'](?P<path>\.{1,2}/[^"']+)["']""")


def with_shared_code(tree: Tree, services: tuple[Service, ...]) -> tuple[Service, ...]:
    """Return the services with the files outside their own directories that their code imports."""
    imports = _Imports(tree)
    gatherer = Gatherer(tree, services)
    library_of(tree).prepare(path for service in services for path in gatherer.files(service))
    homes: dict[str, set[str]] = {}
    for service in services:
        for path in service.paths:
            homes.setdefault(path, set()).add(service.name)
    found = []
    for service in services:
        wanted = _wanted(service, gatherer.files(service), imports, homes)
        found.append(replace(service, paths=tuple(sorted({*service.paths, *wanted}))) if wanted else service)
    return tuple(found)


class _Imports:
    """Which files a file imports; each is looked at once, whoever asks."""

    def __init__(self, tree: Tree) -> None:
        self._library = library_of(tree)
        self._files = {path for path in tree.paths() if VENDORED.search(path) is None and has_no_effect(path) is None}
        self._by_module = {
            **_python_modules(self._files),
            **_jvm_classes(self._files),
            **_go_packages(tree, self._files),
            **crates(tree, self._files),
        }
        self._known: dict[str, set[str]] = {}

    def of(self, path: str) -> set[str]:
        """Return the files."""
        found = self._known.get(path)
        if found is None:
            outline = self._library.outline(path)
            found = _imported(path, outline, self._files, self._by_module) if outline else set()
            self._known[path] = found
        return found


def _wanted(service: Service, files: tuple[str, ...], imports: _Imports, homes: dict[str, set[str]]) -> set[str]:
    """Return the files outside that the service's own files import, and those that these import."""
    found: set[str] = set()
    pending: set[str] = set(files)
    for _ in range(MAX_ROUNDS):
        targets = {target for path in pending for target in imports.of(path)} - found
        pending = {
            path
            for path in targets
            if not any(contains(own, path) for own in service.paths)
            and (path.endswith(BY_PATH) or not _is_foreign(path, service, homes))
        }
        if not pending:
            break
        found |= pending
    return found


def _is_foreign(path: str, service: Service, homes: dict[str, set[str]]) -> bool:
    """Tell whether a file stands in another service's directory; a file that the other only imports is shared."""
    directory = parent_of(path)
    while directory:
        if homes.get(directory, set()) - {service.name} and directory not in service.paths:
            return True
        directory = parent_of(directory)
    return False


def _imported(path: str, outline: Outline, files: set[str], by_module: dict[str, list[str]]) -> set[str]:
    if outline.language == "python":
        modules = {module for line in outline.imports for module in _modules(line)}
        return {found for module in modules for found in _python_files(module, path, by_module, files)}
    if outline.language in ("java", "kotlin"):
        return {found for line in outline.imports for found in _class_files(line, by_module)}
    if outline.language == "go":
        return {found for line in outline.imports for name in GO.findall(line) for found in by_module.get(name, ())}
    if outline.language in NAMED_FILE:
        return named_files(path, outline.language, outline.imports, files)
    if outline.language == "rust":
        return crate_files(outline.imports, by_module)
    if outline.language not in ("javascript", "typescript", "tsx"):
        return set()
    wanted = [match.group("path") for line in outline.imports for match in RELATIVE.finditer(line)]
    return {found for relative in (*wanted, *outline.required) for found in _relative(path, relative, files)}


def _modules(line: str) -> list[str]:
    match = PYTHON.match(line)
    if match is None:
        return []
    if match.group("from"):
        base = match.group("from")
        names = [name.split(" as ")[0].strip(" ()\n") for name in match.group("names").split(",")]
        return [base, *(f"{base}.{name}" for name in names if name.isidentifier())]
    return [name.split(" as ")[0].strip() for name in match.group("import").split(",")]


def _python_modules(files: set[str]) -> dict[str, list[str]]:
    """Return ``{last part of the module name: files}``."""
    found: dict[str, list[str]] = {}
    for path in sorted(files):
        if path.endswith(".py"):
            stem = path[:-3].removesuffix("/__init__")
            found.setdefault(stem.rpartition("/")[2], []).append(path)
    return found


def _python_files(module: str, importer: str, by_module: dict[str, list[str]], files: set[str]) -> list[str]:
    """Return the file of a module: beside the importer, else the one whose path ends like the module's name."""
    if module.startswith("."):
        return []
    tail = module.replace(".", "/")
    home = parent_of(importer)
    for base in (f"{home}/{tail}" if home else tail, tail):
        for path in (f"{base}.py", f"{base}/__init__.py"):
            if path in files:
                return [path]
    candidates = [
        path
        for path in by_module.get(tail.rpartition("/")[2], [])
        if f"/{path}".removesuffix(".py").removesuffix("/__init__").endswith("/" + tail)
    ]
    return candidates if len(candidates) == 1 else []


def _jvm_classes(files: set[str]) -> dict[str, list[str]]:
    """Return ``{".class name": files}``; the dot keeps them apart from the modules of Python."""
    found: dict[str, list[str]] = {}
    for path in sorted(files):
        if path.endswith((".java", ".kt")):
            found.setdefault("." + name_of(path).rpartition(".")[0], []).append(path)
    return found


def _go_packages(tree: Tree, files: set[str]) -> dict[str, list[str]]:
    """Return ``{import path: files}`` of the packages of all modules here."""
    modules = {}
    for path in sorted(files):
        match = GO_MODULE.search(tree.read(path)) if name_of(path) == "go.mod" and tree.size(path) < MAX_BYTES else None
        if match is not None:
            modules[parent_of(path)] = match.group(1).decode("utf-8", "replace")
    found: dict[str, list[str]] = {}
    for path in sorted(files) if modules else ():
        if not path.endswith(".go"):
            continue
        home = directory = parent_of(path)
        while home and home not in modules:
            home = parent_of(home)
        if home in modules:
            found.setdefault(f"{modules[home]}/{directory[len(home) :].strip('/')}".rstrip("/"), []).append(path)
    return found


def _class_files(line: str, by_class: dict[str, list[str]]) -> list[str]:
    """Return the file of an imported class: the one whose path ends like the class's full name."""
    match = JVM.match(line)
    if match is None:
        return []
    full = match.group("name")
    for name in (full, full.rpartition(".")[0]):
        tail = "/" + name.replace(".", "/")
        found = [path for path in by_class.get("." + name.rpartition(".")[2], []) if _stem(path).endswith(tail)]
        if len(found) == 1:
            return found
    return []


def _stem(path: str) -> str:
    return "/" + path.rpartition(".")[0]


def _relative(importer: str, path: str, files: set[str]) -> list[str]:
    target = join(parent_of(importer), path)
    if target is None:
        return []
    tries = [
        target,
        *(target + end for end in (".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", ".json", "/index.js", "/index.ts")),
    ]
    return [found for found in tries if found in files][:1]
