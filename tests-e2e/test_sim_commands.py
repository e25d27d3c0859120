"""``arc sim`` without an experiment: bad input, dry runs, the small commands, and what --help costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from arc_sim.cli.entry import main

ROOT = Path(__file__).resolve().parents[1]


def arc(cwd: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "ARC_"))}
    command = [sys.executable, "-m", "arc_sim", *words]
    environment = {**clean, "ARC_HOME": str(cwd / ".no-home"), "ARC_CACHE_DIR": "", **env}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def git(repo: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.com")
    done = subprocess.run(["git", "-C", str(repo), *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def lotus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lotus") / "lotus-demo"
    subprocess.run([sys.executable, str(ROOT / "tools" / "sample_repo.py"), str(path)], check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, lotus: Path) -> Path:
    """A folder with everything that can be wrong in it."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "plain").mkdir()
    git(folder, "clone", "--quiet", "--bare", str(lotus), str(folder / "bare.git"))
    git(folder, "init", "--quiet", str(folder / "young"))
    (folder / "young" / "a").write_text("a")
    git(folder / "young", "add", "a")
    git(folder / "young", "commit", "--quiet", "-m", "first")
    good = arc(lotus, "--dry-run", "--range", "HEAD~1..HEAD")
    assert good.returncode == 0, good.stderr
    (folder / "cut.json").write_text('{"base_commit": "abc", "files": [{"path": "a')
    (folder / "shape.json").write_text('{"files": 7}')
    (folder / "binary.json").write_bytes(b"\xff\xfe\x00\x01" * 50)
    (folder / "empty.json").write_text("")
    (folder / "commitless.json").write_text('{"files": ["services/orders/main.py"]}')
    return folder


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "__pycache__" not in path.parts}


BAD = {
    "not a repository": (["--repo", "{odd}/plain"], "not a git repository"),
    "no such directory": (["--repo", "{odd}/nowhere"], "does not exist"),
    "bare": (["--repo", "{odd}/bare.git"], "bare repository"),
    "one commit": (["--repo", "{odd}/young"], "unknown revision"),
    "unknown revision": (["--range", "nope..HEAD"], "unknown revision 'nope'"),
    "option as revision": (["--range", "--output=x..HEAD"], "not a revision"),
    "empty range": (["--range", "HEAD..HEAD"], "is empty"),
    "missing diff": (["--diff", "{odd}/none.json"], "no such file"),
    "diff is a directory": (["--diff", "{odd}"], "no such file"),
    "cut diff": (["--diff", "{odd}/cut.json"], "line 1, column"),
    "wrong shape": (["--diff", "{odd}/shape.json"], "files"),
    "binary diff": (["--diff", "{odd}/binary.json"], "neither JSON nor"),
    "empty diff": (["--diff", "{odd}/empty.json"], "is empty"),
    "diff without commits": (["--diff", "{odd}/commitless.json"], "between which commits"),
    "both": (["--diff", "{odd}/cut.json", "--range", "HEAD~1..HEAD"], "exclude each other"),
    "severity 101": (["--severity", "101"], "severity must be"),
    "severity -1": (["--severity", "-1"], "severity must be"),
    "severity word": (["--severity", "high"], "--severity"),
    "scenario": (["--scenario", "network_latncy"], "unknown scenario"),
    "one round": (["--rounds", "1"], "rounds must be"),
    "no time": (["--timeout", "0"], "timeout must be"),
    "sandbox": (["--sandbox", "moon"], "unknown sandbox"),
    "seed": (["--seed", "-1"], "seed must be"),
    "service": (["--service", "nobody"], "not affected"),
    "output in nowhere": (["--output", "{odd}/nowhere/r.json"], "--output"),
    "output is a directory": (["--output", "{odd}"], "is a directory"),
    "unknown option": (["--sevrity", "3"], "No such option"),
    "unknown command": (["frobnicate"], "No such command"),
    "verify nothing": (["verify", "{odd}/none.json"], "no such file"),
    "verify unknown run": (["verify", "sim-1"], "no attestation"),
    "graph of nothing": (["graph", "--rev", "nope"], "unknown revision"),
}


@pytest.mark.parametrize(("words", "expected"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_line_and_leaves_nothing(
    lotus: Path,
    odd: Path,
    words: list[str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(lotus)
    monkeypatch.setenv("ARC_HOME", str(tmp_path))
    before = everything(odd), everything(lotus)
    assert main([word.format(odd=odd) for word in words]) == 3
    out, err = capfd.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if not line.endswith(" ...")]  # the steps that went well
    assert [line.split(":")[0] for line in lines] in (["error"], ["error", "hint"]), lines
    assert expected in lines[0]
    assert (everything(odd), everything(lotus)) == before


def test_bad_input_in_a_process_of_its_own(odd: Path) -> None:
    done = arc(odd / "plain")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert list((odd / "plain").iterdir()) == []


def test_verbose_shows_where(odd: Path) -> None:
    done = arc(odd / "plain", "-v")
    assert done.returncode == 3
    assert "Traceback" in done.stderr


def test_a_dry_run_prints_the_plan_and_writes_nothing(lotus: Path) -> None:
    before = everything(lotus)
    words = ["--dry-run", "--range", "lotus/timeout-lowered~1..lotus/timeout-lowered", "--rounds", "6"]
    first, second = arc(lotus, *words), arc(lotus, *words)
    assert (first.returncode, first.stdout) == (0, second.stdout)
    asked = json.loads(first.stdout)
    assert (asked["services"], asked["entry"]) == (["orders"], "gateway")
    plan = asked["plan"]
    assert len(plan["cells"]) == 24
    assert ["orders", "payments"] in plan["experiments"][0]["targets"]
    assert "NetworkChaos" in plan["manifest"]
    assert plan["load"]["path"] == "/checkout"
    other = json.loads(arc(lotus, *words, "--seed", "5").stdout)["plan"]
    assert other["cells"] != plan["cells"]
    assert other["manifest_hash"] == plan["manifest_hash"]
    assert everything(lotus) == before


def test_a_dry_run_of_documentation_has_no_plan(lotus: Path) -> None:
    done = arc(lotus, "--dry-run", "--range", "lotus/docs-only~1..lotus/docs-only")
    assert json.loads(done.stdout) == {"services": [], "entry": None, "plan": None}


def test_a_diff_file_is_the_same_as_its_range(lotus: Path, tmp_path: Path) -> None:
    code = (
        "import arc_sim, json, sys;"
        "diff = arc_sim.serialize_diff('lotus/timeout-lowered~1..lotus/timeout-lowered');"
        "print(json.dumps(diff)); print(arc_sim.analyze_diff(diff), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=lotus, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "['orders']"
    path = tmp_path / "diff.json"
    path.write_text(done.stdout)
    by_file = arc(lotus, "--dry-run", "--diff", str(path))
    by_range = arc(lotus, "--dry-run", "--range", "lotus/timeout-lowered~1..lotus/timeout-lowered")
    assert by_file.stdout == by_range.stdout != ""


def test_small_commands(lotus: Path) -> None:
    graph = arc(lotus, "graph")
    assert graph.returncode == 0
    assert "-> payments" in graph.stdout
    data = json.loads(arc(lotus, "graph", "--format", "json", "--rev", "lotus/initial").stdout)
    assert {service["name"] for service in data["services"]} >= {"gateway", "orders", "payments"}
    affected = arc(lotus, "affected", "--range", "lotus/timeout-lowered~1..lotus/timeout-lowered", "--json")
    impact = json.loads(affected.stdout)
    assert (impact["direct"], impact["upstream"]) == (["orders"], ["gateway"])
    none = arc(lotus, "affected", "--range", "lotus/docs-only~1..lotus/docs-only")
    assert none.stdout.strip() == "no service is affected"
    assert "network_latency" in arc(lotus, "scenarios").stdout
    known = {one["scenario_id"]: one for one in json.loads(arc(lotus, "scenarios", "--json").stdout)}
    assert known["network_latency"]["fault"]["delay_ms"] == 250
    assert all(one["sandboxes"] == ["local"] for one in known.values())
    assert "Finds missing fallbacks" in arc(lotus, "scenarios", "connection_refused").stdout
    assert arc(lotus, "scenarios", "conection_refused").returncode == 3


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from arc_sim.cli.entry import main; code = main(['--help']);"
        "heavy = {'langgraph', 'scipy', 'aiohttp', 'git', 'pydantic', 'yaml', 'jsonschema', 'cryptography'};"
        "print('HEAVY', sorted(heavy & set(sys.modules)), code)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY [] 0"
    for option in ("--range", "--diff", "--scenario", "--severity", "--timeout", "--output", "--open-ui", "--verbose"):
        assert option in done.stdout


def test_importing_the_package_imports_almost_nothing(tmp_path: Path) -> None:
    code = "import sys, arc_sim; print([m for m in sys.modules if m.startswith('arc_')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['arc_sim']"
