"""Large repositories and odd ones: worker processes, the cache on disk, and what is left when they fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from arc_common.schemas import load
from arc_sim.causal.build import Reading, derive
from arc_sim.causal.code import library, scan, workers
from arc_sim.model import Graph

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import large_repo  # noqa: E402 - a tool, found beside the others

Truth = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    path = tmp_path_factory.mktemp("large") / "repo"
    return path, large_repo.make_large_repo(path, services=8, files=130, seed=7)


def check(graph: Graph, truth: Truth) -> None:
    assert {service.name for service in graph.services} == {service["name"] for service in truth["services"]}
    assert {edge.key for edge in graph.edges} == {(edge["source"], edge["target"]) for edge in truth["edges"]}


def lowered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the paths that this process lowers itself."""
    seen: list[str] = []
    real = library.lower_source

    def lower_source(source: library.Source) -> library.Entry:
        seen.append(source.path)
        return real(source)

    monkeypatch.setattr(library, "lower_source", lower_source)
    return seen


def test_the_generator_gives_the_same_commit_each_time(tmp_path: Path, large: tuple[Path, Truth]) -> None:
    again = large_repo.make_large_repo(tmp_path / "again", services=8, files=130, seed=7)
    names = [
        subprocess.run(["git", "-C", str(p), "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout
        for p in (large[0], tmp_path / "again")
    ]
    assert names[0] == names[1]
    assert again == large[1]
    assert large_repo.main([str(tmp_path), "--services", "3"]) == 3, "an existing folder is not touched"
    assert large_repo.main([str(tmp_path / "x"), "--services", "99999"]) == 3


def test_workers_find_the_graph_and_a_second_reading_needs_none(
    tmp_path: Path, large: tuple[Path, Truth], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, truth = large
    for module in (library, scan):
        monkeypatch.setattr(module, "worker_count", lambda: 2)
        monkeypatch.setattr(module, "MANY_FILES", 40)
    here = lowered(monkeypatch)
    steps: list[tuple[int, int]] = []
    graph = derive(repo, "HEAD~1", Reading(tmp_path / "cache", lambda done, total: steps.append((done, total))))
    check(graph, truth)
    assert steps[-1][0] == steps[-1][1] > 80
    assert len(here) < 10, "the workers did it"

    monkeypatch.setattr(workers, "PROGRAM", "raise SystemExit(7)")
    assert derive(repo, "HEAD~1", Reading(tmp_path / "cache")) == graph
    here.clear()
    check(derive(repo, "HEAD", Reading(tmp_path / "cache")), truth)
    changed = subprocess.run(
        ["git", "-C", str(repo), "diff", "--name-only", "HEAD~1", "HEAD"], capture_output=True, text=True, check=True
    )
    assert here == changed.stdout.split(), "one file changed, and only it is read"


@pytest.mark.slow
def test_without_workers_and_without_a_cache_the_graph_is_the_same(
    large: tuple[Path, Truth], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (library, scan):
        monkeypatch.setattr(module, "worker_count", lambda: 2)
        monkeypatch.setattr(module, "MANY_FILES", 40)
    monkeypatch.setattr(workers, "PROGRAM", "import sys; sys.stdin.buffer.read(100); raise SystemExit(7)")
    check(derive(large[0], "HEAD"), large[1])


def arc(cwd: Path, home: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "ARC_"))}
    return subprocess.run(
        [sys.executable, "-m", "arc_sim", "graph", *words],
        cwd=cwd,
        env={**clean, "ARC_HOME": str(home), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with hostile names, a huge file, a loop of links, and two systems."""
    repo = tmp_path_factory.mktemp("odd") / "repo"
    folder = os.fsencode(repo)
    for name in (b"a b \xff<x>", b"orders", b"island", b"tools"):
        os.makedirs(folder + b"/" + name)  # noqa: PTH103 - Path cannot hold such a name portably
    (repo / "compose.yaml").write_text(
        'services:\n  "web\\e[31m\\"><script>":\n    build: web\n    environment: {ORDERS_URL: "http://orders:80"}\n'
        "  orders:\n    build: orders\n    environment: {CACHE: redis://cache:6379}\n  cache: {image: redis}\n"
        "  island:\n    build: island\n    environment: {Q: amqp://queue:5672}\n  queue: {image: rabbitmq}\n"
    )
    (repo / "web").mkdir()
    for name, variable in (("web", "ORDERS_URL"), ("orders", "CACHE"), ("island", "Q")):
        (repo / name / "Dockerfile").write_text("FROM scratch\n")
        (repo / name / "app.py").write_text(f'import os\n\nURL = os.environ["{variable}"]\n')
    with open(folder + b"/a b \xff<x>/bad \xfe.py", "wb") as stream:  # noqa: PTH123 - no text, no Path
        stream.write(b"\0\1\2")
    (repo / "orders" / "loop").symlink_to("../orders")
    with (repo / "orders" / "huge.py").open("wb") as stream:
        stream.truncate(100 * 1024**2)
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "core.bigFileThreshold=1m")
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "all")):
        subprocess.run(["git", "-C", str(repo), *identity, *words], check=True, capture_output=True)
    return repo


@pytest.mark.parametrize("name", ["text", "json", "mermaid", "dot", "svg", "html"])
def test_every_format_of_an_odd_repository(odd: Path, tmp_path: Path, name: str) -> None:
    done = arc(odd, tmp_path / "home", "--format", name, "--output", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert done.stderr.decode().count("orders/huge.py: larger than 1 MiB") == 1
    if name == "json":
        value = json.loads(text)
        jsonschema.Draft202012Validator(load("service_graph")).validate(value)
        assert len(value["systems"]) == 2
    if name in ("svg", "html"):
        assert text.count("<script>") == (name == "html")


def test_a_folder_alone(odd: Path, tmp_path: Path) -> None:
    done = arc(odd, tmp_path, "--path", "island/", "--format", "json")
    assert [service["name"] for service in json.loads(done.stdout)["services"]] == ["island", "queue"]
    assert arc(odd, tmp_path, "--path", "../elsewhere").returncode == 3
    assert arc(odd, tmp_path, "--path", "tools").returncode == 3


def test_the_cache_is_the_users_and_can_be_left_out(odd: Path, tmp_path: Path) -> None:
    before = {path for path in odd.rglob("*") if ".git" not in path.parts}
    first = arc(odd, tmp_path / "home", "--no-cache")
    assert not (tmp_path / "home").exists()
    second, third = (arc(odd, tmp_path / "home") for _ in range(2))
    assert first.stdout == second.stdout == third.stdout
    assert [path.suffix for path in (tmp_path / "home" / "cache").iterdir()] == [".sqlite"]
    assert {path for path in odd.rglob("*") if ".git" not in path.parts} == before
