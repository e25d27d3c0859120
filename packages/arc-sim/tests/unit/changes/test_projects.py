"""Who is built with a changed file, for each build tool."""

import pytest

from arc_sim.causal.changes.builds import Builds
from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.impact import affected
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Diff, FileChange, Graph, Service

PROJECT = '<Project Sdk="x"><ItemGroup>{}</ItemGroup></Project>'
POM = "<project xmlns='http://maven.apache.org/POM/4.0.0'><artifactId>{}</artifactId>{}</project>"
DEPENDENCY = "<dependencies><dependency><artifactId>{}</artifactId>{}</dependency></dependencies>"

WORKSPACES = {
    "dotnet": {
        "a/A.csproj": PROJECT.format('<ProjectReference Include="..\\lib\\Lib.csproj" />'),
        "b/B.csproj": PROJECT.format(""),
        "lib/Lib.csproj": PROJECT.format('<ProjectReference Include="../deep/Deep.csproj" />'),
        "deep/Deep.csproj": PROJECT.format(""),
    },
    "maven": {
        "a/pom.xml": POM.format("a", DEPENDENCY.format("lib", "")),
        "b/pom.xml": POM.format("b", DEPENDENCY.format("lib", "<scope>test</scope>")),
        "lib/pom.xml": POM.format("lib", DEPENDENCY.format("deep", "")),
        "deep/pom.xml": POM.format("deep", ""),
    },
    "gradle": {
        "settings.gradle": "include ':a', ':b', ':lib', ':core'\nproject(':core').projectDir = file('deep')\n",
        "a/build.gradle.kts": 'dependencies { implementation(projects.lib) } // project(":b")\n',
        "b/build.gradle": "",
        "lib/build.gradle": "dependencies { api project(':core') }\n",
        "deep/build.gradle": "",
    },
    "node": {
        "package.json": '{"workspaces": ["*"]}',
        "a/package.json": '{"name": "a", "dependencies": {"@x/lib": "workspace:*"}}',
        "b/package.json": '{"name": "b", "dependencies": {"react": "1"}}',
        "lib/package.json": '{"name": "@x/lib", "dependencies": {"deep": "file:../deep"}}',
        "deep/package.json": '{"name": "deep"}',
    },
    "node by alias": {
        "tsconfig.base.json": '{// mono\n"compilerOptions": {"paths": {"@x/lib": ["lib/src/index.ts"], "@x/d/*": ["deep/*"],}}}',  # noqa: E501 - one file on one line
        "a/project.json": "{}",
        "a/src/main.ts": 'import { f } from "@x/lib";\n',
        "b/project.json": "{}",
        "b/src/main.ts": 'import { f } from "other";\n',
        "lib/project.json": "{}",
        "lib/src/index.ts": 'export * from "@x/d/inner";\n',
        "deep/project.json": "{}",
    },
    "go module": {
        "go.mod": "module example.org/shop\n",
        "a/main.go": 'package main\n\nimport (\n\t"fmt"\n\n\tl "example.org/shop/lib"\n)\n',
        "b/main.go": 'package main\n\nimport "example.org/shopping/lib"\n',
        "b/b_test.go": 'package main\n\nimport "example.org/shop/lib"\n',
        "lib/lib.go": 'package lib\n\nimport "example.org/shop/deep"\n',
        "deep/deep.go": "package deep\n",
    },
    "go workspace": {
        "go.work": "go 1.22\n\nuse (\n\t./a\n\t./lib // shared\n\t./deep\n)\n",
        "a/go.mod": "module example.org/a\n",
        "a/main.go": 'package main\n\nimport "example.org/lib"\n',
        "b/go.mod": "module example.org/b\nrequire example.org/lib v1.0.0\n",
        "b/main.go": 'package main\n\nimport "example.org/lib"\n',
        "lib/go.mod": "module example.org/lib\n",
        "lib/lib.go": 'package lib\n\nimport "example.org/deep"\n',
        "deep/go.mod": "module example.org/deep\n",
        "deep/deep.go": "package deep\n",
    },
    "go replace": {
        "a/go.mod": "module example.org/a\nreplace example.org/lib => ../lib\nreplace example.org/deep v1.0.0 => ../deep\n",  # noqa: E501 - one file on one line
        "a/main.go": 'package main\n\nimport "example.org/lib"\nimport "example.org/deep"\n',
        "b/go.mod": "module example.org/b\n",
        "b/main.go": "package main\n",
        "lib/go.mod": "module example.org/lib\n",
        "lib/lib.go": "package lib\n",
        "deep/go.mod": "module example.org/deep\n",
        "deep/deep.go": "package deep\n",
    },
    "rust": {
        "Cargo.toml": '[workspace]\nmembers = ["*"]\n[workspace.dependencies]\nlib = { path = "lib" }\n',
        "a/Cargo.toml": '[package]\nname = "a"\n[dependencies]\nlib.workspace = true\n',
        "b/Cargo.toml": '[package]\nname = "b"\n[dev-dependencies]\nlib = { path = "../lib" }\n',
        "lib/Cargo.toml": '[package]\nname = "lib"\n[target."cfg(unix)".dependencies]\ndeep = { path = "../deep" }\n',
        "deep/Cargo.toml": '[package]\nname = "deep"\n',
    },
    "python": {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["*"]\n',
        "a/pyproject.toml": '[project]\nname = "a"\ndependencies = ["x_lib>=1"]\n[tool.uv.sources]\nx-lib = { workspace = true }\n',  # noqa: E501 - one file on one line
        "b/requirements.txt": "flask==3\n",
        "lib/pyproject.toml": '[project]\nname = "x-lib"\n[tool.poetry.dependencies]\ndeep = { path = "../deep", develop = true }\n',  # noqa: E501 - one file on one line
        "deep/setup.py": "from setuptools import setup\n",
    },
    "python requirements": {
        "a/requirements.txt": "flask\n-e ../lib\n",
        "b/requirements.txt": "# -e ../lib\n",
        "lib/requirements.txt": "../deep\n",
        "deep/setup.py": "",
    },
    "elixir": {
        "a/mix.exs": "defp deps, do: [{:lib, in_umbrella: true}]",
        "b/mix.exs": "defp deps, do: [{:plug, \"~> 1.0\"}] # {:lib, in_umbrella: true}",
        "lib/mix.exs": 'defp deps, do: [{:deep, path: "../deep"}]',
        "deep/mix.exs": "",
    },
    "ruby": {
        "a/Gemfile": 'gem "lib", path: "../lib"\n',
        "b/Gemfile": 'gem "rails"\n',
        "lib/Gemfile": "gem 'deep', :path => '../deep'\n",
        "deep/deep.gemspec": "",
    },
    "php": {
        "a/composer.json": '{"repositories": [{"type": "path", "url": "../*"}], "require": {"x/lib": "*"}}',
        "b/composer.json": '{"require": {"x/lib": "1.0"}}',
        "lib/composer.json": '{"name": "x/lib", "repositories": {"p": {"type": "path", "url": "../deep"}}, "require": {"x/deep": "*"}}',  # noqa: E501 - one file on one line
        "deep/composer.json": '{"name": "x/deep"}',
    },
}  # fmt: skip
GRAPH = Graph((Service("a", paths=("a",)), Service("b", paths=("b",))), ())


@pytest.mark.parametrize("name", WORKSPACES)
@pytest.mark.parametrize("directory", ["lib", "deep"])
def test_a_library_is_built_into_those_that_use_it(name: str, directory: str) -> None:
    tree = MemoryTree({**WORKSPACES[name]})
    builds = Builds(tree, GRAPH, Listing(tree))
    assert builds.built_with(f"{directory}/file.txt") == {"a": directory}
    assert set(builds.built_with("a/file.txt")) == {"a"}
    assert builds.built_with("elsewhere/file.txt") == {}


@pytest.mark.parametrize("path", ["a/A.csproj", "a/pom.xml", "a/package.json", "a/Cargo.toml", "a/pyproject.toml",
                                  "a/composer.json", "a/go.mod", "a/build.gradle", "go.work"])  # fmt: skip
@pytest.mark.parametrize(
    "content", ["", "\0\0", "<a", "{", "[" * 5000, "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "é\udc80"]
)
def test_broken_build_files_say_nothing(path: str, content: str) -> None:
    tree = MemoryTree({path: content.encode("utf-8", "surrogateescape"), "a/main.go": "package main"})
    assert set(Builds(tree, GRAPH, Listing(tree)).built_with("a/x.txt")) <= {"a"}


def direct(before: "dict[str, str]", after: "dict[str, str]", graph: Graph = GRAPH) -> "tuple[str, ...]":
    changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    status = {True: "modified", False: "added"}
    files = tuple(
        FileChange(path, status[path in before] if path in after else "deleted")  # type: ignore[arg-type]
        for path in sorted(changed)
    )
    return affected(Diff("", "", files, "", ""), graph, graph, MemoryTree({**before}), MemoryTree({**after})).direct


CENTRAL = (
    "<Project><PropertyGroup><One>1</One><Flag>true</Flag></PropertyGroup><ItemGroup>"
    '<PackageVersion Include="First" Version="$(One)" /><PackageVersion Include="Second" Version="2" />'
    "</ItemGroup></Project>"
)
REFERENCING = {
    "Directory.Packages.props": CENTRAL,
    "a/A.csproj": PROJECT.format('<ProjectReference Include="../lib/Lib.csproj" />'),
    "b/B.csproj": PROJECT.format('<PackageReference Include="second" />'),
    "lib/Lib.csproj": PROJECT.format('<PackageReference Include="First" />'),
}


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("<One>1</One>", "<One>2</One>", ("a",)),
        ('"2"', '"3"', ("b",)),
        ("</ItemGroup>", '<PackageVersion Include="Third" Version="1" /></ItemGroup>', ()),
        ("<Project>", "<Project>\n  <!-- why -->", ()),
        ("<Flag>true", "<Flag>false", ("a", "b")),
        ("</ItemGroup>", '<GlobalPackageReference Include="Analyzer" Version="1" /></ItemGroup>', ("a", "b")),
    ],
)
def test_central_versions_touch_those_who_refer_to_them(old: str, new: str, names: "tuple[str, ...]") -> None:
    after = {**REFERENCING, "Directory.Packages.props": CENTRAL.replace(old, new)}
    assert direct(REFERENCING, after) == names


def test_version_catalogs_touch_those_who_use_the_accessor() -> None:
    catalog = (
        '[versions]\nk = "1"\nz = "1"\n[libraries]\nktor-core = {{ module = "io.ktor:core", version.ref = "{}" }}\n'
    )
    before = {
        "settings.gradle": "include 'a', 'b'",
        "gradle/libs.versions.toml": catalog.format("k"),
        "a/build.gradle": "dependencies { implementation libs.ktor.core }",
        "b/build.gradle": "dependencies { implementation libs.other }",
    }
    assert direct(
        before, {**before, "gradle/libs.versions.toml": catalog.format("k").replace('k = "1"', 'k = "2"')}
    ) == ("a",)
    assert (
        direct(before, {**before, "gradle/libs.versions.toml": catalog.format("k").replace('z = "1"', 'z = "2"')}) == ()
    )


def test_a_library_that_another_service_is_touches_both() -> None:
    before = {
        "a/A.csproj": PROJECT.format('<ProjectReference Include="../b/B.csproj" />'),
        "b/B.csproj": "<Project/>",
        "b/x.cs": "class X {}",
    }
    assert direct(before, {**before, "b/x.cs": "class Y {}"}) == ("a", "b")


def test_what_dockerignore_leaves_out_touches_nothing() -> None:
    before = {
        "a/Dockerfile": "FROM x\nCOPY . .\n",
        "a/.dockerignore": "# c\nnotes\n**/*.log\n!keep.log\n",
        "a/notes/n.txt": "1",
        "a/x/d.log": "1",
        "a/keep.log": "1",
        "a/main.txt": "1",
    }
    for path, names in (("a/notes/n.txt", ()), ("a/x/d.log", ()), ("a/keep.log", ("a",)), ("a/main.txt", ("a",))):
        assert direct(before, {**before, path: "2"}) == names, path
