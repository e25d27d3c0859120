"""A lock file above several services touches those that resolve what changed."""

import json

import pytest

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.locks import FORMATS, changed_projects
from arc_sim.causal.impact import affected
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Diff, FileChange, Graph, Service

CARGO = """version = 3
[[package]]
name = "a"
version = "0.1.0"
dependencies = ["deep", "lib"]
[[package]]
name = "b"
version = "0.1.0"
dependencies = ["other 1.0.0"]
[[package]]
name = "lib"
version = "0.1.0"
[[package]]
name = "deep"
version = "{deep}"
source = "registry"
[[package]]
name = "other"
version = "1.0.0"
source = "registry"
checksum = "{other}"
[[package]]
name = "other"
version = "2.0.0"
source = "registry"
"""
UV = """[[package]]
name = "a"
version = "0"
source = {{ editable = "a" }}
dependencies = [{{ name = "mid" }}]
[[package]]
name = "b"
version = "0"
source = {{ virtual = "b" }}
[package.optional-dependencies]
x = [{{ name = "other" }}]
[[package]]
name = "mid"
version = "1"
source = {{ registry = "r" }}
dependencies = [{{ name = "deep" }}]
[[package]]
name = "deep"
version = "{deep}"
source = {{ registry = "r" }}
[[package]]
name = "other"
version = "{other}"
source = {{ registry = "r" }}
"""
MIX = """%{{
  "mid": {{:hex, :mid, "1", "s", [:mix], [{{:deep, "~> 1", [hex: :deep]}}], "hexpm", "t"}},
  "deep": {{:hex, :deep, "{deep}", "s", [:mix], [], "hexpm", "t"}},
  "other": {{:hex, :other, "{other}", "s", [:mix], [], "hexpm", "t"}},
}}
"""
NPM = {
    "": {"workspaces": ["*"]},
    "a": {"dependencies": {"mid": "^1"}},
    "b": {"devDependencies": {"other": "^1"}},
    "node_modules/a": {"resolved": "a", "link": True},
    "node_modules/mid": {"version": "1", "dependencies": {"deep": "^1"}},
    "node_modules/mid/node_modules/deep": {"version": "DEEP"},
    "node_modules/deep": {"version": "9"},
    "node_modules/other": {"version": "OTHER"},
}
PNPM = """lockfileVersion: '9.0'
importers:
  .: {{}}
  a: {{dependencies: {{lib: {{specifier: 'workspace:*', version: 'link:../lib'}}}}}}
  b: {{devDependencies: {{other: {{specifier: ^1, version: {other}(x@1)}}}}}}
  lib: {{dependencies: {{'@s/deep': {{specifier: ^1, version: {deep}}}}}}}
packages:
  '@s/deep@{deep}': {{resolution: {{integrity: d}}}}
  other@{other}: {{resolution: {{integrity: o}}}}
snapshots:
  '@s/deep@{deep}': {{}}
  other@{other}(x@1): {{}}
"""
YARN = """# yarn lockfile v1


mid@^1, mid@^1.1:
  version "1.1"
  dependencies:
    "@s/deep" "^1"

"@s/deep@^1":
  version "{deep}"

other@^1:
  version "{other}"
"""
PACKAGES = {
    "package.json": '{"workspaces": ["*"]}',
    "a/package.json": '{"name": "a", "dependencies": {"mid": "^1.1"}}',
    "b/package.json": '{"name": "b", "devDependencies": {"other": "^1"}}',
}


def npm(deep: str, other: str) -> str:
    return json.dumps({"packages": NPM}).replace("DEEP", deep).replace("OTHER", other)


LOCKS = {
    "Cargo.lock": (
        CARGO.format,
        {f"{n}/Cargo.toml": f'[package]\nname = "{n}"\n' for n in ("b", "lib")}
        | {"a/Cargo.toml": '[package]\nname = "a"\n[dependencies]\nlib = { path = "../lib" }\n'},
    ),
    "uv.lock": (UV.format, {f"{n}/pyproject.toml": f'[project]\nname = "{n}"\n' for n in "ab"}),
    "mix.lock": (
        MIX.format,
        {"mix.exs": "[]", "a/mix.exs": '[{:mid, "~> 1"}]', "b/mix.exs": '[{:other, "~> 1"}]'},
    ),
    "package-lock.json": (npm, PACKAGES),
    "pnpm-lock.yaml": (
        PNPM.format,
        {"a/package.json": '{"dependencies": {"lib": "workspace:*"}}', "b/package.json": "{}"}
        | {"lib/package.json": '{"name": "lib"}', "package.json": "{}"},
    ),
    "yarn.lock": (YARN.format, PACKAGES),
}
GRAPH = Graph((Service("a", paths=("a",)), Service("b", paths=("b",))), ())


def direct(name: str, before: str, after: str, files: "dict[str, str]") -> "tuple[str, ...]":
    trees = MemoryTree({**files, name: before}), MemoryTree({**files, name: after})
    return affected(Diff("", "", (FileChange(name, "modified"),), "", ""), GRAPH, GRAPH, *trees).direct


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_touches_those_who_resolve_what_changed(name: str) -> None:
    make, files = LOCKS[name]
    before = make(deep="1.0.0", other="1.0.0")
    assert direct(name, before, make(deep="1.0.1", other="1.0.0"), files) == ("a",)
    assert direct(name, before, make(deep="1.0.0", other="1.0.1"), files) == ("b",)
    assert direct(name, before, make(deep="1.0.1", other="1.0.1"), files) == ("a", "b")


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize(
    "content", ["", "\0", "{", "[" * 5000, "package = 1", '{"packages": {"": 1, "a": []}}', "- a: &x [*x]"]
)
def test_a_lock_that_cannot_be_read_tells_nobody_apart(name: str, content: str) -> None:
    make, files = LOCKS[name]
    whole = make(deep="1.0.0", other="1.0.0")
    sides = [Listing(MemoryTree({**files, name: text})) for text in (whole, content)]
    assert changed_projects(name, sides[0], sides[1]) in (None, {"a", "b"}, {"a", "b", "lib"})
    assert direct(name, whole, content, files) == ("a", "b")


def test_what_the_root_itself_resolves_touches_all() -> None:
    files = {**PACKAGES, "package.json": '{"workspaces": ["*"], "dependencies": {"root-dep": "^1"}}'}
    before = YARN.format(deep="1", other="1") + '\nroot-dep@^1:\n  version "1"\n'
    assert direct("yarn.lock", before, before.replace('dep@^1:\n  version "1"', 'dep@^1:\n  version "2"'), files) == (
        "a",
        "b",
    )


def test_cycles_between_packages_end() -> None:
    cycle = UV.replace('version = "{deep}"', 'version = "{deep}"\ndependencies = [{{ name = "mid" }}]', 1)
    files = LOCKS["uv.lock"][1]
    assert direct("uv.lock", cycle.format(deep="1", other="1"), cycle.format(deep="2", other="1"), files) == ("a",)


def test_every_format_is_tested() -> None:
    assert FORMATS.keys() - {"npm-shrinkwrap.json"} == LOCKS.keys()
