"""``arc sim`` on lotus-demo with its real services: what it says, what it leaves, and what a signal does to it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from arc_common.schemas import load

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_S = 150


@dataclass
class Lab:
    """One copy of lotus-demo with a home and a temporary directory of its own."""

    repo: Path
    home: Path
    temporary: Path

    def env(self, **more: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "ARC_", "LANG"))}
        return {**clean, "ARC_HOME": str(self.home), "TMPDIR": str(self.temporary), "LANG": "C.UTF-8", **more}

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "arc_sim", *words, "--repo", str(self.repo)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.env(**env), stdout=pipe, stderr=pipe, text=True, cwd=self.temporary)

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words, **env)
        out, err = process.communicate(timeout=TIMEOUT_S)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def journal(self) -> list[dict[str, object]]:
        """The newest run's journal."""
        path = max((self.repo / ".arc" / "sim").glob("*/journal.jsonl"), key=lambda found: found.stat().st_mtime_ns)
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def processes(self) -> list[str]:
        """Command lines of all processes that work below the temporary directory, but for arc sim itself."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if (entry / "cwd").readlink().is_relative_to(self.temporary) and (entry / "exe").exists():
                    found.append((entry / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return [line for line in found if "-m arc_sim" not in line]

    def check_clean(self) -> None:
        """Nothing runs, nothing is checked out, nothing is left in the temporary directory or in the repository."""
        assert self.processes() == []
        assert list(self.temporary.iterdir()) == []
        assert git(self.repo, "status", "--porcelain") == ""
        assert len(git(self.repo, "worktree", "list").splitlines()) == 1
        assert not (self.repo / ".git" / "worktrees").exists() or not any((self.repo / ".git/worktrees").iterdir())


def git(repo: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(repo), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def change(slug: str) -> str:
    return f"lotus/{slug}~1..lotus/{slug}"


@pytest.fixture(scope="module")
def lotus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lotus") / "lotus-demo"
    subprocess.run([sys.executable, str(ROOT / "tools" / "sample_repo.py"), str(path)], check=True, capture_output=True)
    return path


@pytest.fixture
def lab(lotus: Path, tmp_path: Path) -> Iterator[Lab]:
    (tmp_path / "tmp").mkdir()
    made = Lab(lotus, tmp_path / "home", tmp_path / "tmp")
    yield made
    made.check_clean()


def test_a_lowered_timeout_is_found_explained_and_signed(lab: Lab) -> None:
    done = lab.run("--range", change("timeout-lowered"), "--seed", "7")
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    Draft202012Validator(load("simulation_result")).validate(result)
    for words in ("orders -> payments", "2000 ms to 200 ms", "services/orders/main.py:"):
        assert words in result["explanation"]
    place = re.search(r"(services/orders/main\.py):(\d+)", result["explanation"])
    assert place is not None
    text = git(lab.repo, "show", f"lotus/timeout-lowered:{place[1]}").splitlines()
    assert "0.2" in text[int(place[2]) - 1]
    assert (result["verdict"], result["evidence"]) == ("fail", "process")
    assert result["experiments"][0]["stand_ins"] == []
    assert result["metrics"]["error_rate"] > 0.9
    assert result["metrics"]["arms"]["base_fault"]["error_rate"] < 0.05
    assert result["commit_target"] == git(lab.repo, "rev-parse", "lotus/timeout-lowered^{commit}")
    check_journal(lab.journal())
    check_attestation(lab, result["sim_id"], done.stdout)


def check_journal(entries: list[dict[str, object]]) -> None:
    actions = [entry["action"] for entry in entries]
    assert actions.count("inject") == actions.count("recover") == 10
    assert actions[-1] == "clean"
    assert "undo_failed" not in actions
    order = [(e["round"], e["revision"], e["condition"]) for e in entries if e["action"] == "measured"]
    assert len(set(order)) == 20


def check_attestation(lab: Lab, sim_id: str, printed: str) -> None:
    folder = lab.repo / ".arc" / ".attest"
    assert (folder / f"{sim_id}.result.json").read_text("utf-8") == printed
    key = lab.home / "keys" / "arc-sim.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    accepted = lab.run("verify", sim_id)
    assert accepted.returncode == 0, accepted.stderr
    assert "accepted" in accepted.stdout
    assert lab.run("verify", str(folder / f"{sim_id}.intoto.jsonl")).returncode == 0
    assert lab.run("verify", str(folder / f"{sim_id}.json"), "--key", str(key.with_suffix(".pub"))).returncode == 0
    (folder / f"{sim_id}.result.json").write_text(printed.replace('"risk_score": ', '"risk_score": 1'), "utf-8")
    refused = lab.run("verify", sim_id)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "another artifact" in refused.stderr
    other = lab.run("verify", sim_id, ARC_HOME=str(lab.home / "other"))
    assert other.returncode == 3
    assert "cannot be read" in other.stderr


def test_a_refactoring_passes_and_output_takes_the_result(lab: Lab, tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    done = lab.run("--range", change("refactor"), "--rounds", "3", "--output", str(output), "--open-ui")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    result = json.loads(output.read_text("utf-8"))
    assert result["risk_score"] < 50
    assert result["services"] == ["inventory"]
    assert result["experiments"][0]["targets"] == [{"source": "inventory", "target": "store"}]
    assert "round 3/3" in done.stderr
    assert "no viewer yet" in done.stderr
    assert "\x1b[" not in done.stderr


def test_documentation_starts_nothing_and_calls_nobody(lab: Lab) -> None:
    """With tracing asked for in the environment: a run is nobody else's business."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        calls = []
        done_event = threading.Event()

        def accept() -> None:
            while not done_event.is_set():
                try:
                    calls.append(listener.accept()[0].close())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        tracing = {"LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true", "LANGSMITH_API_KEY": "x"}
        done = lab.run("--range", change("docs-only"), **tracing, LANGSMITH_ENDPOINT=url)
        done_event.set()
        thread.join()
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["evidence"], result["risk_score"], result["experiments"]) == ("none", 0, [])
    assert "nothing was measured" in result["explanation"]
    assert not {"up", "measure"} & {str(entry["action"]) for entry in lab.journal()}
    assert calls == []


def listening(pid: int) -> set[int]:
    """Ports on which a process and its children listen."""
    pids = {pid, *(int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())}
    inodes = set()
    for each in pids:
        for link in Path(f"/proc/{each}/fd").glob("*"):
            try:
                match = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
            except OSError:
                continue
            if match:
                inodes.add(match[1])
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and row[9] in inodes}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("moment", "signals"),
    [
        ("reading the services", [signal.SIGINT]),
        ("starting base", [signal.SIGTERM]),
        ("the fault is on", [signal.SIGINT]),
        ("round 2/5", [signal.SIGINT, signal.SIGINT, signal.SIGTERM]),
    ],
    ids=["while reading", "while starting", "before the first cell", "in the middle, thrice"],
)
def test_a_signal_takes_everything_back(lab: Lab, moment: str, signals: list[signal.Signals]) -> None:
    process = lab.start("--range", change("timeout-lowered"))
    assert process.stderr is not None
    assert process.stdout is not None
    said = ""
    while moment not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    time.sleep(0.3)  # into the step
    ports = listening(process.pid)
    if "round" in moment:
        assert len(ports) > 10
        assert len(lab.processes()) >= 10
    for number in signals:
        process.send_signal(number)
        time.sleep(0.05)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "error: interrupted (SIG" in err
    assert "Traceback" not in err
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()


def test_the_timeout_ends_a_run(lab: Lab) -> None:
    started = time.monotonic()
    done = lab.run("--range", change("timeout-lowered"), "--timeout", "8")
    assert (done.returncode, done.stdout) == (2, "")
    assert "timeout" in done.stderr
    assert time.monotonic() - started < 30


def test_a_service_that_does_not_start_is_named_with_its_last_words(lab: Lab, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(lab.repo), str(clone))
    main = clone / "services" / "orders" / "main.py"
    main.write_text("import sys\nsys.exit('cannot find my secret')\n")
    git(clone, "-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "-am", "orders: break it")
    broken = Lab(clone, lab.home, lab.temporary)
    done = broken.run()
    assert (done.returncode, done.stdout) == (2, "")
    assert "orders" in done.stderr
    assert "cannot find my secret" in done.stderr
    broken.check_clean()


def test_a_service_that_dies_under_the_fault_is_the_finding(lab: Lab, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(lab.repo), str(clone))
    main = clone / "services" / "orders" / "main.py"
    text = main.read_text()
    watched = text.replace("    try:\n        payments", "    began = time.monotonic()\n    try:\n        payments")
    watched = watched.replace(
        "    order = {", "    if time.monotonic() - began > 0.2:\n        give_up()\n    order = {"
    )
    watched = watched.replace(
        "def place_order", "def give_up():\n    print('too slow', flush=True)\n    os._exit(9)\n\n\ndef place_order"
    )
    assert watched.count("give_up()") == 2
    main.write_text(watched.replace("import sys\n", "import sys\nimport time\n"))
    git(clone, "-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "-am", "orders: a watchdog")
    fragile = Lab(clone, lab.home, lab.temporary)
    done = fragile.run("--rounds", "2")
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    Draft202012Validator(load("simulation_result")).validate(result)
    words = "a service of head died in 2 of 2 rounds (orders exited with status 9; its last lines are in the journal)"
    assert words in result["explanation"]
    arms = result["metrics"]["arms"]
    assert (arms["head_fault"]["error_rate"], arms["head_calm"]["error_rate"]) == (1.0, 0.0)
    assert arms["base_fault"]["error_rate"] == 0.0
    told = [entry for entry in fragile.journal() if entry["action"] == "died"]
    assert len(told) == 2
    assert all("too slow" in str(entry["text"]) for entry in told)
    fragile.check_clean()
