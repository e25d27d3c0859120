"""Who is meant where several services share a build context, a mounted folder or a library for tests."""

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.changes.builds import Builds
from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.meaning import means_the_same
from arc_sim.causal.impact import affected
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Diff, FileChange, Graph, Service


def direct(before: "dict[str, str]", changes: "dict[str, str]") -> "tuple[str, ...]":
    after = {**before, **changes}
    files = tuple(FileChange(path, "modified" if path in before else "added") for path in sorted(changes))
    trees = MemoryTree({**before}), MemoryTree({**after})
    return affected(Diff("", "", files, "", ""), derive_tree(trees[0]), derive_tree(trees[1]), *trees).direct


ONE_DOCKERFILE = {
    "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
    "crates/web/Cargo.toml": '[package]\nname = "web"\n[dependencies]\ncore = { path = "../core" }\n',
    "crates/web/src/main.rs": "fn main() {}",
    "crates/jobs/Cargo.toml": '[package]\nname = "jobs"\n',
    "crates/jobs/src/main.rs": "fn main() {}",
    "crates/core/Cargo.toml": '[package]\nname = "core"\n',
    "crates/core/src/lib.rs": "pub fn f() {}",
}


@pytest.mark.parametrize(
    ("dockerfile", "compose"),
    [
        ("ARG NAME\nCOPY . .\nRUN cargo build --bin ${NAME}\n", "build: {{context: ., args: {{NAME: {0}}}}}"),
        ("ARG NAME\nCOPY . .\nCMD ./target/$NAME\n", "build: {{context: ., args: [NAME={0}]}}"),
        ("ARG NAME\nCOPY . .\nRUN ./build.sh\n", "build: {{context: ., args: {{NAME: crates/{0}}}}}"),
        ("COPY . .\n", "{{build: ., command: cargo run {0}}}"),
    ],
)
def test_one_dockerfile_for_all_is_narrowed_to_what_it_is_given(dockerfile: str, compose: str) -> None:
    entries = {name: compose.format(name) for name in ("web", "jobs")}
    lines = [f"  {name}: {entry if entry.startswith('{') else '{' + entry + '}'}" for name, entry in entries.items()]
    files = {
        **ONE_DOCKERFILE,
        "Dockerfile": "FROM rust\n" + dockerfile,
        "compose.yaml": "\n".join(["services:", *lines]),
    }
    assert direct(files, {"crates/web/src/main.rs": "fn main() { f() }"}) == ("web",)
    assert direct(files, {"crates/jobs/src/main.rs": "fn main() { f() }"}) == ("jobs",)
    assert direct(files, {"crates/core/src/lib.rs": "pub fn g() {}"}) == ("web",)
    assert direct(files, {"Dockerfile": "FROM rust:2\n" + dockerfile}) == ("jobs", "web")


def test_without_a_name_all_are_built_from_the_whole() -> None:
    lines = ["services:", "  front: {build: {context: ., args: {MODE: fast}}}", "  back: {build: .}"]
    files = {**ONE_DOCKERFILE, "Dockerfile": "FROM rust\nCOPY . .\n", "compose.yaml": "\n".join(lines)}
    assert direct(files, {"crates/web/src/main.rs": "fn main() { f() }"}) == ("back", "front")


def test_who_mounts_the_folder_of_all_is_not_changed_by_each() -> None:
    files = {
        "compose.yaml": "services:\n  proxy: {image: nginx, volumes: ['./services:/srv', './proxy.conf:/etc/x']}\n"
        "  web: {build: services/web}\n  jobs: {build: services/jobs, volumes: ['./services/jobs:/app']}\n",
        "services/web/Dockerfile": "FROM x\n",
        "services/jobs/Dockerfile": "FROM x\n",
        "services/index.html": "a",
        "proxy.conf": "a",
    }
    assert direct(files, {"services/web/main.php": "<?php f();"}) == ("web",)
    assert direct(files, {"services/jobs/main.php": "<?php f();"}) == ("jobs",)
    assert direct(files, {"services/index.html": "b"}) == ("proxy",)
    assert direct(files, {"proxy.conf": "b"}) == ("proxy",)


@pytest.mark.parametrize(
    ("image", "extra", "touched"),
    [
        ("$IMAGE", {}, ("app",)),
        ("public/app:1", {}, ()),
        ("$IMAGE", {"other/Dockerfile": "FROM y\n"}, ()),
        ("$IMAGE", {".ci/Dockerfile": "FROM y\n"}, ("app",)),
    ],
)
def test_the_only_dockerfile_is_the_one_of_the_only_image_without_a_name(
    image: str, extra: "dict[str, str]", touched: "tuple[str, ...]"
) -> None:
    files = {
        "compose.yaml": f"services:\n  app: {{image: {image}}}\n  db: {{image: postgres}}\n",
        "Dockerfile": "FROM elixir\nCOPY lib lib\n",
        "lib/a.txt": "1",
        **extra,
    }
    assert direct(files, {"lib/a.txt": "2"}) == touched


POM = "<project><artifactId>{}</artifactId><dependencies>{}</dependencies></project>"
TESTED = "<dependency><artifactId>probe</artifactId><scope>test</scope></dependency>"
FOR_TESTS = {
    "cargo": {
        "a/Cargo.toml": '[package]\nname = "a"\n[dev-dependencies]\nprobe = { path = "../probe" }\n',
        "probe/Cargo.toml": '[package]\nname = "probe"\n[dependencies]\ninner = { path = "../inner" }\n',
        "inner/Cargo.toml": '[package]\nname = "inner"\n',
    },
    "maven": {"a/pom.xml": POM.format("a", TESTED), "probe/pom.xml": POM.format("probe", "")},
    "gradle": {
        "settings.gradle": "include 'a', 'probe'",
        "a/build.gradle": "dependencies {\n  integrationTestCompile project(':probe')\n}\n",
        "probe/build.gradle": "",
    },
    "mix": {"a/mix.exs": '[{:probe, path: "../probe", only: :test}]', "probe/mix.exs": "[]"},
}


@pytest.mark.parametrize("name", FOR_TESTS)
def test_a_library_that_only_tests_are_built_with_touches_nothing(name: str) -> None:
    tree = MemoryTree({**FOR_TESTS[name], "a/Dockerfile": "FROM x"})
    builds = Builds(tree, Graph((Service("a", paths=("a", "probe")),), ()), Listing(tree))
    assert builds.is_for_tests("probe/src/lib.x")
    assert not builds.is_for_tests("a/src/lib.x")
    assert builds.built_with("a/x") == {"a": "a"}


def test_a_service_that_tests_of_others_are_built_with_stays_one() -> None:
    files = {**FOR_TESTS["cargo"], "probe/src/main.rs": "fn main() {}"}
    tree = MemoryTree(files)
    builds = Builds(tree, Graph((Service("a", paths=("a",)), Service("probe", paths=("probe",))), ()), Listing(tree))
    assert not builds.is_for_tests("probe/src/lib.rs")


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("fn f() {}\n#[cfg(test)]\nmod tests { fn a() {} }\n", "fn f() {}\n", True),
        ("fn f() {}\n#[test]\nfn a() { f() }\n", "fn f() {}\n#[tokio::test]\nasync fn a() { f(); f() }\n", True),
        ("#[cfg(feature = \"test\")]\nfn f() {}\n", "#[cfg(feature = \"test\")]\nfn f() { g() }\n", False),
        ("#[cfg(not(test))]\nfn f() {}\n", "#[cfg(not(test))]\nfn f() { g() }\n", False),
        ("#[derive(Debug)]\nstruct A;\n", "struct A;\n", False),
    ],
)  # fmt: skip
def test_tests_inside_rust_files_say_nothing(before: str, after: str, same: bool) -> None:
    assert means_the_same("src/lib.rs", before.encode(), after.encode()) is same
