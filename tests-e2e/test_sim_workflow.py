"""The whole workflow over a real git repository, with the fakes in place of processes: fast, and every branch."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from arc_common.clock import ManualClock
from arc_common.undo import Undo
from arc_sim.api import serialize_diff
from arc_sim.errors import (
    ArcError,
    ConfigError,
    DiffError,
    Interrupted,
    PlanError,
    ProbeError,
    SandboxError,
    StartTimeout,
)
from arc_sim.experiment.events import CellMeasured, CellStarted, PhaseStarted
from arc_sim.probes.memory import LatencyModel, ModelArm
from arc_sim.sandboxes.base import Deployment, Running
from arc_sim.sandboxes.memory import MemorySandbox
from arc_sim.testing import memory_hooks
from arc_sim.workflow.request import read_request
from arc_sim.workflow.run import run_workflow

COMPOSE = """
services:
  gateway:
    build: services/gateway
    environment: {ORDERS_URL: "http://orders:8080"}
  orders:
    build: services/orders
    environment: {PAYMENTS_URL: "http://payments:8080"}
  payments:
    build: services/payments
"""
CALLER = """
import os
import urllib.request

def call():
    return urllib.request.urlopen(os.environ["{variable}"], timeout=1).read()
"""
CODE = {
    "gateway": CALLER.format(variable="ORDERS_URL"),
    "orders": CALLER.format(variable="PAYMENTS_URL"),
    "payments": "print('paid')\n",
}
HARMFUL = LatencyModel(head=ModelArm(fault_error_rate=0.8))


def git(repo: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.com")
    done = subprocess.run(["git", "-C", str(repo), *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    repo = tmp_path / "shop"
    for name, code in CODE.items():
        (repo / "services" / name).mkdir(parents=True)
        (repo / "services" / name / "main.py").write_text(code)
    (repo / "compose.yaml").write_text(COMPOSE)
    (repo / "README.md").write_text("one\n")
    git(repo, "init", "--quiet")
    git(repo, "add", ".")
    git(repo, "commit", "--quiet", "-m", "one")
    (repo / "services" / "orders" / "main.py").write_text(CODE["orders"] + "print('two')\n")
    git(repo, "commit", "--quiet", "-am", "orders: say two")
    return repo


def actions(repo: Path) -> list[str]:
    paths = list((repo / ".arc" / "sim").glob("*/journal.jsonl"))
    assert len(paths) == 1
    return [json.loads(line)["action"] for line in paths[0].read_text("utf-8").splitlines()]


def test_harm_is_found_and_every_step_is_told_and_checkpointed(shop: Path) -> None:
    events: list[object] = []
    sandbox = MemorySandbox()
    request = read_request({"seed": 3, "rounds": 4}, shop)
    result = run_workflow(request, memory_hooks(HARMFUL, listen=events.append, sandbox=sandbox))
    assert (result["verdict"], result["evidence"], result["services"]) == ("fail", "model", ["orders"])
    assert result["experiments"][0]["targets"] == [{"source": "orders", "target": "payments"}]
    assert result["experiments"][0]["stand_ins"] == ["gateway", "orders", "payments"]
    names = [event.name for event in events if isinstance(event, PhaseStarted)]
    steps = ["diff", "graph", "affected", "plan", "sandbox", "experiment", "score", "explain", "attest", "report"]
    assert names == steps
    assert sum(isinstance(event, CellMeasured) for event in events) == 16
    assert sandbox.running == []
    folder = shop / ".arc" / "sim" / result["sim_id"]
    assert json.loads((folder / "result.json").read_text("utf-8")) == result
    assert "NetworkChaos" in (folder / "manifest.yaml").read_text("utf-8")
    assert (shop / ".arc" / ".attest" / f"{result['sim_id']}.intoto.jsonl").is_file()
    assert git(shop, "status", "--porcelain") == ""
    with sqlite3.connect(folder / "checkpoint.sqlite") as database:
        (count,) = database.execute("select count(*) from checkpoints").fetchone()
    database.close()
    assert count >= len(steps)


def test_no_difference_passes_and_the_seed_repeats_it(shop: Path) -> None:
    request = read_request({"seed": 3}, shop)
    first = run_workflow(request, memory_hooks())
    second = run_workflow(request, memory_hooks())
    assert first["risk_score"] < 20
    assert first["verdict"] == "pass"
    same = {key: first[key] for key in first if key != "sim_id"}
    assert same == {key: second[key] for key in second if key != "sim_id"}


def test_documentation_ends_before_the_plan(shop: Path) -> None:
    (shop / "README.md").write_text("two\n")
    git(shop, "commit", "--quiet", "-am", "docs")
    sandbox = MemorySandbox(failing_service="gateway")
    result = run_workflow(read_request({}, shop), memory_hooks(sandbox=sandbox))
    assert (result["evidence"], result["verdict"], result["experiments"]) == ("none", "pass", [])
    assert "up" not in actions(shop)


@pytest.mark.parametrize(
    ("model", "sandbox", "error"),
    [
        (LatencyModel(base=ModelArm(error_rate=0.5)), MemorySandbox(), ProbeError),
        (None, MemorySandbox(failing_service="payments"), StartTimeout),
    ],
)
def test_a_run_that_fails_takes_everything_back(
    shop: Path, model: LatencyModel | None, sandbox: MemorySandbox, error: type[Exception]
) -> None:
    with pytest.raises(error):
        run_workflow(read_request({}, shop), memory_hooks(model, sandbox=sandbox))
    assert sandbox.running == []
    assert actions(shop)[-2:] == ["ended", "clean"]
    assert len(git(shop, "worktree", "list").splitlines()) == 1
    assert git(shop, "status", "--porcelain") == ""


def test_an_interrupt_in_a_step_takes_everything_back(shop: Path) -> None:
    sandbox = MemorySandbox()

    def interrupt(event: object) -> None:
        if isinstance(event, CellStarted) and event.number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_workflow(read_request({}, shop), memory_hooks(listen=interrupt, sandbox=sandbox))
    assert sandbox.running == []
    assert len(git(shop, "worktree", "list").splitlines()) == 1


def test_the_timeout_is_a_deadline_for_the_whole_run(shop: Path) -> None:
    clock = ManualClock()

    def slow(event: object) -> None:
        if isinstance(event, CellStarted):
            clock.advance(20)

    with pytest.raises(Interrupted, match="timeout of 100 s"):
        run_workflow(read_request({"timeout": 100}, shop), memory_hooks(listen=slow, clock=clock))
    assert actions(shop)[-1] == "clean"


def test_wrong_input_that_only_the_graph_shows_leaves_nothing(shop: Path) -> None:
    with pytest.raises(PlanError, match="not affected"):
        run_workflow(read_request({"service": "nobody"}, shop), memory_hooks())
    (shop / "arc-sim.yaml").write_text("version: 1\nentry: nobody\n")
    git(shop, "add", "arc-sim.yaml")
    (shop / "services" / "orders" / "main.py").write_text(CODE["orders"] + "print('three')\n")
    git(shop, "commit", "--quiet", "-am", "wrong entry")
    with pytest.raises(ConfigError, match="nobody"):
        run_workflow(read_request({}, shop), memory_hooks())
    assert not (shop / ".arc").exists()


def test_an_existing_arc_folder_is_kept(shop: Path) -> None:
    (shop / ".arc").mkdir()
    (shop / ".arc" / "config.json").write_text("{}")
    with pytest.raises(PlanError):
        run_workflow(read_request({"service": "nobody"}, shop), memory_hooks())
    assert (shop / ".arc" / "config.json").read_text() == "{}"
    assert not (shop / ".arc" / "sim").exists()


@pytest.mark.parametrize(
    "payload",
    [
        {"severity": True},
        {"severity": 50.5},
        {"rounds": 1},
        {"timeout": float("nan")},
        {"timeout": "600"},
        {"seed": 2**53},
        {"sevrity": 3},
        {"diff": {}, "range": "HEAD~1..HEAD"},
        {"scenario": "nope"},
    ],
)
def test_a_wrong_payload_is_refused(shop: Path, payload: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        read_request(payload, shop)


def test_a_service_without_any_edge_is_no_error_and_starts_nothing(shop: Path) -> None:
    (shop / "compose.yaml").write_text(COMPOSE + "  lonely:\n    build: services/lonely\n")
    (shop / "services" / "lonely").mkdir()
    (shop / "services" / "lonely" / "main.py").write_text("print('one')\n")
    git(shop, "add", ".")
    git(shop, "commit", "--quiet", "-m", "lonely")
    (shop / "services" / "lonely" / "main.py").write_text("print('two')\n")
    git(shop, "commit", "--quiet", "-am", "lonely: say two")
    result = run_workflow(read_request({"range": "HEAD~1..HEAD"}, shop), memory_hooks(HARMFUL))
    assert (result["services"], result["evidence"], result["experiments"]) == (["lonely"], "none", [])
    assert result["verdict"] == "pass"
    assert "neither calls another service nor is called by one" in result["explanation"]
    assert "up" not in actions(shop)


def test_a_run_inside_a_git_hook_leaves_what_is_staged(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "staged.txt").write_text("staged\n")
    git(shop, "add", "staged.txt")
    with monkeypatch.context() as hook:  # as git sets them for pre-commit
        hook.setenv("GIT_DIR", str(shop / ".git"))
        hook.setenv("GIT_INDEX_FILE", str(shop / ".git" / "index"))
        hook.setenv("GIT_PREFIX", "")
        run_workflow(read_request({"rounds": 2}, shop), memory_hooks())
    assert git(shop, "status", "--porcelain") == "A  staged.txt"


def test_an_interrupt_between_a_start_and_its_way_back_leaves_nothing(shop: Path) -> None:
    class Interrupted(MemorySandbox):
        def up(self, deployment: Deployment) -> tuple[Running, Undo]:
            super().up(deployment)
            raise KeyboardInterrupt

    sandbox = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        run_workflow(read_request({}, shop), memory_hooks(sandbox=sandbox))
    assert sandbox.running == []


def test_a_start_is_not_held_against_interrupts(shop: Path) -> None:
    held: list[str] = []

    @contextmanager
    def hold() -> Iterator[None]:
        held.append("held")
        yield
        held.pop()

    class Watching(MemorySandbox):
        def up(self, deployment: Deployment) -> tuple[Running, Undo]:
            assert held == [], "Ctrl-C would wait until the services are ready"
            return super().up(deployment)

    run_workflow(read_request({"rounds": 2}, shop), replace(memory_hooks(sandbox=Watching()), hold=hold))


def test_what_cannot_be_taken_back_is_said(shop: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn(MemorySandbox):
        def up(self, deployment: Deployment) -> tuple[Running, Undo]:
            def fail() -> None:
                raise SandboxError("cannot be killed: payments")

            return super().up(deployment)[0], Undo(fail, "stop everything")

    run_workflow(read_request({"rounds": 2}, shop), memory_hooks(sandbox=Stubborn()))
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said == ["left behind, for it could not be taken back (stop everything): cannot be killed: payments"] * 2


def test_a_diff_may_name_its_commits_in_short(shop: Path) -> None:
    diff = {**serialize_diff("HEAD~1..HEAD", shop), "base_commit": "HEAD~1", "head_commit": "HEAD"}
    result = run_workflow(read_request({"diff": diff, "rounds": 2}, shop), memory_hooks())
    assert result["commit_target"] == git(shop, "rev-parse", "HEAD")
    with pytest.raises(DiffError, match="both ends"):
        read_request({"diff": {**diff, "base_commit": "HEAD"}}, shop)


@pytest.mark.parametrize("link", [".arc", ".arc/sim", ".arc/.attest"])
def test_a_repository_cannot_lead_the_writing_elsewhere(shop: Path, tmp_path: Path, link: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (shop / link).parent.mkdir(exist_ok=True)
    (shop / link).symlink_to(elsewhere)
    with pytest.raises(ArcError, match="symbolic link"):
        run_workflow(read_request({}, shop), memory_hooks())
    assert list(elsewhere.iterdir()) == []


def test_all_that_ran_is_named_with_or_without_a_proxy(shop: Path) -> None:
    class Processes(MemorySandbox):
        def up(self, deployment: Deployment) -> tuple[Running, Undo]:
            running, undo = super().up(deployment)
            running.stand_ins, running.evidence = (), "process"
            running.proxied_edges = lambda: deployment.graph.outgoing("gateway")  # type: ignore[method-assign]
            return running, undo

    (shop / "services" / "gateway" / "main.py").write_text(CODE["gateway"] + "print('two')\n")
    git(shop, "commit", "--quiet", "-am", "gateway: say two")
    result = run_workflow(read_request({"rounds": 2}, shop), memory_hooks(sandbox=Processes()))
    assert result["experiments"][0]["targets"] == [{"source": "gateway", "target": "orders"}]
    assert result["experiments"][0]["real"] == ["gateway", "orders", "payments"]
