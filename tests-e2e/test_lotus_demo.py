"""lotus-demo: the same commits everywhere, and services that do what each commit is there to show."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / "tools" / "sample_repo.py"
sys.path.insert(0, str(TOOL.parent))

import sample_repo  # noqa: E402 - found beside the tool
from lotus.shop import Shop, hold_port, wait_until  # noqa: E402

LAST_COMMIT = "77a852f42c2c1e37367063693615ba438d86d3a5"
"""Changes only together with tools/lotus; every figure measured on lotus-demo names its commits."""
SLUGS = [
    *("initial", "docs-only", "refactor", "shared-library", "fallback-added", "new-dependency", "manifest-change"),
    *("service-renamed", "timeout-lowered", "timeout-restored", "retry-storm", "retry-restored", "fallback-removed"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    path = tmp_path_factory.mktemp("demo") / "lotus-demo"
    done = subprocess.run([sys.executable, str(TOOL), str(path)], capture_output=True, text=True, check=True)
    commits = {slug: git(path, "rev-parse", f"lotus/{slug}") for slug in re.findall(r"lotus/(\S+)", done.stdout)}
    return path, commits


def git(path: Path, *arguments: str, **env: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(path), *arguments], env={**clean, **env}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


# --- the repository


def test_history_is_linear_and_tagged(demo: tuple[Path, dict[str, str]]) -> None:
    path, commits = demo
    assert list(commits) == SLUGS
    assert git(path, "rev-list", "--reverse", "--first-parent", "main").split() == list(commits.values())
    assert git(path, "rev-list", "--min-parents=2", "--count", "main") == "0"
    assert git(path, "status", "--porcelain") == ""
    assert git(path, "log", "-1", "--format=%an <%ae> %cn <%ce>") == " ".join(["Lotus Demo <lotus@example.com>"] * 2)


def test_commits_are_the_same_on_every_machine(demo: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """A hostile git configuration, another time zone and another umask change nothing."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    (tmp_path / ".gitconfig").write_text(
        f"[core]\nautocrlf = true\nhooksPath = {hooks}\nexcludesFile = {tmp_path / 'ignored'}\n"
        "[commit]\ngpgsign = true\n[tag]\ngpgsign = true\n[init]\ndefaultBranch = other\n"
    )
    (tmp_path / "ignored").write_text("*.yaml\n")
    env = {
        **os.environ,
        "HOME": str(tmp_path),
        "TZ": "Asia/Kathmandu",
        "GIT_DIR": str(tmp_path / "elsewhere"),
        "GIT_AUTHOR_DATE": "2001-01-01T00:00:00",
    }
    command = f'umask 077; exec "{sys.executable}" "{TOOL}" "{tmp_path / "again"}"'
    subprocess.run(["sh", "-c", command], env=env, capture_output=True, check=True)
    assert git(tmp_path / "again", "rev-parse", "main") == demo[1]["fallback-removed"] == LAST_COMMIT
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("options", [[], ["--force"]])
def test_a_foreign_folder_is_never_emptied(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "precious").write_text("mine")
    done = make(tmp_path, *options)
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_force_replaces_an_earlier_sample_only(tmp_path: Path) -> None:
    target = tmp_path / "demo"
    assert make(target).returncode == 0
    (target / "README.md").write_text("changed")
    refused = make(target)
    assert refused.returncode == 3
    assert "--force" in refused.stderr
    assert (target / "README.md").read_text() == "changed"
    assert make(target, "--force").returncode == 0
    assert git(target, "rev-parse", "HEAD") == LAST_COMMIT
    assert (target / "README.md").read_text() != "changed"
    (target / "precious").write_text("mine")
    assert make(target, "--force").returncode == 3
    assert (target / "precious").read_text() == "mine"


def make(target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), str(target), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_function_returns_the_commits(demo: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    assert sample_repo.make_sample_repo(tmp_path / "made") == demo[1]


@pytest.mark.parametrize(
    ("slug", "changed"),
    [
        ("docs-only", {"docs/runbook.md"}),
        ("refactor", {"services/inventory/main.py"}),
        ("shared-library", {"libs/lotus/client.py", "libs/lotus/request_id.py", "libs/lotus/server.py"}),
        ("fallback-added", {"services/gateway/main.py"}),
        ("manifest-change", {"k8s/inventory.yaml"}),
        ("timeout-lowered", {"services/orders/main.py"}),
        ("timeout-restored", {"services/orders/main.py"}),
        ("retry-storm", {"services/orders/main.py"}),
        ("retry-restored", {"services/orders/main.py"}),
        ("fallback-removed", {"services/gateway/main.py"}),
    ],
)
def test_a_commit_changes_one_thing(demo: tuple[Path, dict[str, str]], slug: str, changed: set[str]) -> None:
    path, _ = demo
    assert set(git(path, "diff", "--name-only", f"lotus/{slug}~", f"lotus/{slug}").split()) == changed


def test_restoring_commits_restore(demo: tuple[Path, dict[str, str]]) -> None:
    path, _ = demo
    for restored in ("timeout-restored", "retry-restored"):
        assert git(path, "diff", "lotus/service-renamed", f"lotus/{restored}") == ""


def test_a_renamed_service_leaves_no_trace(demo: tuple[Path, dict[str, str]]) -> None:
    path, _ = demo
    names = git(path, "ls-tree", "-r", "--name-only", "lotus/service-renamed")
    assert "services/mailer/main.py" in names.split()
    assert "notifier" not in names
    found = subprocess.run(["git", "-C", str(path), "grep", "-i", "notifier", "lotus/service-renamed"], check=False)
    assert found.returncode == 1


@pytest.mark.parametrize("slug", ["initial", "fallback-removed"])
def test_compose_kubernetes_and_arc_sim_agree(demo, tmp_path: Path, slug: str) -> None:
    tree = checkout(demo[0], slug, tmp_path)
    compose = yaml.safe_load((tree / "compose.yaml").read_text())["services"]
    experiment = yaml.safe_load((tree / "arc-sim.yaml").read_text())
    assert set(compose) == set(experiment["services"]) == {path.stem for path in (tree / "k8s").iterdir()}
    for name, service in compose.items():
        deployment = next(iter(yaml.safe_load_all((tree / "k8s" / f"{name}.yaml").read_text())))
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        assert {entry["name"]: entry["value"] for entry in container["env"]} == service["environment"]
        assert (tree / service["build"]["dockerfile"]).is_file()
        assert (tree / experiment["services"][name]["command"][-1]).is_file()


@pytest.mark.parametrize("slug", SLUGS)
def test_the_shop_passes_its_own_tests(demo: tuple[Path, dict[str, str]], tmp_path: Path, slug: str) -> None:
    tree = checkout(demo[0], slug, tmp_path)
    command = [sys.executable, "-m", "unittest", "discover", "tests"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- the running shop


@pytest.mark.parametrize("slug", SLUGS)
def test_every_commit_is_healthy_when_calm(demo: tuple[Path, dict[str, str]], tmp_path: Path, slug: str) -> None:
    with Shop(checkout(demo[0], slug, tmp_path)) as shop:
        status, body, _ = shop.checkout()
        assert status == 201, body
        assert body["order"]["amount_cents"] == 1200
        assert body["recommended"] == ["vase", "ribbon"]
        assert [shop.checkout()[0] for _ in range(10)] == [201] * 10
        assert shop.call("gateway", "GET", "/catalog")[1]["items"][0]["left"] == 1_000_000 - 11
        assert shop.call("payments", "GET", "/ledger")[1] == {"total_cents": 11 * 1200}
        mailer = "mailer" if "mailer" in shop.services else "notifier"
        wait_until(lambda: shop.call(mailer, "GET", "/sent")[1] == {"sent": 11})


@pytest.mark.parametrize(
    ("slug", "edge", "expected"),
    [
        ("initial", ("orders", "payments"), 201),
        ("service-renamed", ("orders", "payments"), 201),
        ("timeout-lowered", ("orders", "payments"), 503),
        ("timeout-restored", ("orders", "payments"), 201),
        ("retry-storm", ("orders", "payments"), 503),
        ("retry-restored", ("orders", "payments"), 201),
        ("new-dependency", ("payments", "inventory"), 201),
        ("shared-library", ("gateway", "inventory"), 201),
        ("fallback-added", ("gateway", "inventory"), 201),
        ("retry-restored", ("gateway", "inventory"), 201),
        ("fallback-removed", ("gateway", "inventory"), 503),
    ],
)
def test_what_a_slow_edge_does(demo, tmp_path: Path, slug: str, edge: tuple[str, str], expected: int) -> None:
    with Shop(checkout(demo[0], slug, tmp_path), slow_edge=edge) as shop:
        assert {shop.checkout()[0] for _ in range(3)} == {expected}
        assert shop.slow_connections > 0


def test_a_lost_recommendation_is_left_out(demo: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    with Shop(checkout(demo[0], "fallback-added", tmp_path), slow_edge=("gateway", "inventory")) as shop:
        assert shop.checkout()[1]["recommended"] == []


def test_a_retry_storm_multiplies_the_load(demo: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    tree = checkout(demo[0], "retry-storm", tmp_path)
    with Shop(tree, slow_edge=("orders", "payments")) as shop:
        shop.checkout()
        assert shop.slow_connections == 6


def test_a_failed_charge_gives_the_goods_back(demo: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    with Shop(checkout(demo[0], "initial", tmp_path)) as shop:
        shop.stop("payments")
        assert shop.checkout()[0] == 503
        assert shop.call("gateway", "GET", "/catalog")[1]["items"][0]["left"] == 1_000_000


def test_services_stop_at_once(demo: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """Also with a client connected and a queue being waited for."""
    with Shop(checkout(demo[0], "initial", tmp_path)) as shop, socket.create_connection(shop.address("store")):
        assert [shop.stop(name) for name in ("notifier", "gateway", "store")] == [0, 0, 0]


def test_a_signal_before_the_service_waits_for_it_ends_it_in_order(demo, tmp_path: Path) -> None:
    """Threads that were started before the signals are blocked would be killed by them."""
    tree = checkout(demo[0], "initial", tmp_path)
    code = (
        "import os, signal, threading, lotus.server as server, logging\n"
        "start = threading.Thread(target=threading.Event().wait, daemon=True).start\n"
        "make = lambda: os.kill(os.getpid(), signal.SIGTERM) or server.HttpServer(('127.0.0.1', 0), None)\n"
        "server.run_until_signal(make, logging.getLogger(), start)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(tree / "libs")}
    assert subprocess.run([sys.executable, "-c", code], env=env, check=False, timeout=30).returncode == 0
    assert "start=worker.start" in (tree / "services" / "notifier" / "main.py").read_text()


def test_a_held_port_is_given_to_nobody_but_its_service() -> None:
    with hold_port() as held:
        address = held.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, 5)
        with socket.create_server(address) as service, socket.create_connection(address, 5):
            assert service.getsockname() == address
        with socket.socket() as foreign, pytest.raises(OSError, match="in use"):
            foreign.bind(address)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"PING\r\n", b"+PONG\r\n"),
        (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
        (b"GET nothing\r\n", b"$-1\r\n"),
        (b"HELLO 3\r\n", b"%5\r\n$6\r\nserver\r\n$5\r\nlotus\r\n"),
        (b"HELLO 4\r\n", b"-NOPROTO unsupported protocol version\r\n"),
        (b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"+OK\r\n$4\r\na\r\nb\r\n"),
        (b"GET\r\n", b"-ERR wrong number of arguments for 'get' command\r\n"),
        (b"FLY me\r\n", b"-ERR unknown command 'FLY'\r\n"),
        (b"*1\r\n$-5\r\n", b"-ERR Protocol error: expected an array of bulk strings\r\n"),
        (b"*99999999\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
        (b"*1\r\n$99999999\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
        (b"*x\r\n", b"-ERR Protocol error: "),
    ],
)
def test_the_store_speaks_resp(store_address: tuple[str, int], sent: bytes, answer: bytes) -> None:
    with socket.create_connection(store_address, 10) as client:
        client.sendall(sent)
        received = b""
        while len(received) < len(answer):
            chunk = client.recv(4096)
            assert chunk, received
            received += chunk
    assert received.startswith(answer)


@pytest.fixture(scope="module")
def store_address(demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    with Shop(checkout(demo[0], "initial", tmp_path_factory.mktemp("store")), only=("store",)) as shop:
        yield shop.address("store")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"item": 1}', 400),
        (b'{"item": "../etc"}', 400),
        (b'{"item": "lotus", "quantity": 11}', 400),
        (b'{"item": "lotus", "quantity": "1"}', 400),
        (b'{"item": "tulip"}', 404),
    ],
)
def test_bad_checkouts_are_refused(running_shop: Shop, body: bytes, status: int) -> None:
    assert running_shop.call("gateway", "POST", "/checkout", body)[0] == status


@pytest.fixture(scope="module")
def running_shop(demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(checkout(demo[0], "fallback-removed", tmp_path_factory.mktemp("shop"))) as shop:
        yield shop


def checkout(repo: Path, slug: str, into: Path) -> Path:
    """Return the files of one commit in a folder of their own."""
    tree = into / slug
    git(repo, "worktree", "prune")
    tree.mkdir(parents=True)
    git(repo, "--work-tree", str(tree), "checkout", f"lotus/{slug}", "--", ".", GIT_INDEX_FILE=str(into / "index"))
    return tree
