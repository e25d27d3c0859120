"""Code that several services use: found by their imports, added to their paths."""

import re
from dataclasses import replace

from arc_sim.causal.code.gather import Gatherer
from arc_sim.causal.code.program import Program
from arc_sim.causal.paths import VENDORED, contains, has_no_effect, join, parent_of
from arc_sim.causal.tree import Tree
from arc_sim.model import Service

MAX_ROUNDS = 6
"""Imports of imports are followed this far."""

PYTHON = re.compile(r"^\s*(?:from\s+(?P<from>[.\w]+)\s+import\s+(?P<names>[\w\s,()*]+)|import\s+(?P<import>[\w.,\s]+))")
RELATIVE = re.compile(r"""["'](?P<path>\.{1,2}/[^"']+)["']""")


def with_shared_code(tree: Tree, services: tuple[Service, ...]) -> tuple[Service, ...]:
    """Return the services with the files outside their own directories that their code imports."""
    files = {path for path in tree.paths() if has_no_effect(path) is None and not VENDORED.search(path)}
    by_module = _python_modules(files)
    return tuple(_with_imports(tree, service, services, files, by_module) for service in services)


def _with_imports(
    tree: Tree, service: Service, services: tuple[Service, ...], files: set[str], by_module: dict[str, list[str]]
) -> Service:
    foreign = [
        path for other in services if other.name != service.name for path in other.paths if path not in service.paths
    ]
    for _ in range(MAX_ROUNDS):
        gatherer = Gatherer(tree, (service,))
        wanted = {
            path
            for program in gatherer.programs(service)
            for path in _imported(program, files, by_module)
            if not any(contains(own, path) for own in service.paths) and not _is_foreign(path, foreign)
        }
        if not wanted:
            break
        service = replace(service, paths=tuple(sorted({*service.paths, *wanted})))
    return service


def _is_foreign(path: str, foreign: list[str]) -> bool:
    """Tell whether a file stands in another service's directory; a file that the other only imports is shared."""
    return any(contains(other, path) and other not in ("", path) for other in foreign)


def _imported(program: Program, files: set[str], by_module: dict[str, list[str]]) -> set[str]:
    if program.language == "python":
        modules = [module for line in program.imports for module in _modules(line)]
        return {path for module in modules for path in _python_files(module, program.path, by_module, files)}
    if program.language not in ("javascript", "typescript", "tsx"):
        return set()
    wanted = [match.group("path") for line in program.imports for match in RELATIVE.finditer(line)]
    required = [item for site in program.calls if site.call.text == "require" for _, item in site.call.items]
    wanted += [item.text for item in required if item.kind == "string" and item.text.startswith(".")]
    return {path for relative in wanted for path in _relative(program.path, relative, files)}


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


def _relative(importer: str, path: str, files: set[str]) -> list[str]:
    target = join(parent_of(importer), path)
    if target is None:
        return []
    tries = [
        target,
        *(target + end for end in (".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", ".json", "/index.js", "/index.ts")),
    ]
    return [found for found in tries if found in files][:1]
