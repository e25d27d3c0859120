"""lotus-demo's own services in the local sandbox: measured calm, under a fault and after it, and nothing left."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from arc_sim.causal import derive
from arc_sim.config.repo import load_repo_config, start_specs
from arc_sim.injectors.local_proxy import LocalProxyInjector
from arc_sim.model import Cell, Fault
from arc_sim.probes.http import HttpProbe
from arc_sim.sandboxes.base import Deployment
from arc_sim.sandboxes.local import LocalSandbox
from arc_sim.sandboxes.processes.leftovers import clean_leftovers

TOOL = Path(__file__).resolve().parents[1] / "tools" / "sample_repo.py"
SERVICES = ("gateway", "inventory", "mailer", "orders", "payments", "store")


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sandbox") / "lotus-demo"
    subprocess.run([sys.executable, str(TOOL), str(path)], check=True, capture_output=True)
    subprocess.run(["git", "-C", str(path), "checkout", "-q", "lotus/service-renamed"], check=True, capture_output=True)
    return path


def deployment(demo: Path, only: tuple[str, ...] = SERVICES) -> Deployment:
    config = load_repo_config(demo)
    assert config is not None
    graph = derive(demo, "HEAD")
    starts = tuple(spec for spec in start_specs(config, graph) if spec.service in only)
    return Deployment("head", "HEAD", demo, graph, starts, SERVICES, "gateway")


def processes_of(path: Path) -> list[str]:
    """Command lines of living processes whose working directory is the demo."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == path:
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return [line for line in found if line]


def fastest_ms(running, demo: Path) -> float:
    """The fastest of all requests: what the system needs at least, whatever else this machine does."""
    config = load_repo_config(demo)
    assert config is not None
    assert config.load is not None
    seen = HttpProbe().measure(running, config.load.spec("gateway"), Cell(0, "head", "calm"))
    assert seen.error_kinds == {}
    return min(seen.latencies_ms)


@pytest.mark.parametrize("only", [SERVICES, SERVICES[:2] + SERVICES[3:], ()], ids=["real", "one stand-in", "stand-ins"])
def test_a_delay_on_an_edge_is_what_the_entry_feels_and_goes_away(demo, only):
    running, undo = LocalSandbox().up(deployment(demo, only))
    try:
        assert running.evidence == ("process" if only == SERVICES else "model")
        assert running.stand_ins == tuple(sorted(set(SERVICES) - set(only)))
        assert len(processes_of(demo)) == len(only)
        calm = fastest_ms(running, demo)
        recover = LocalProxyInjector().inject(Fault("latency", 250), (("orders", "payments"),), running)
        slow = fastest_ms(running, demo)
        recover()
        after = fastest_ms(running, demo)
        running.check_alive()
    finally:
        undo()
    assert calm < 250 <= slow < 500
    assert after < 250
    assert processes_of(demo) == []
    with socket.socket() as probe:
        assert probe.connect_ex(running.entry_address) != 0


PROGRAM = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_sandbox_local as test
from arc_sim.sandboxes.local import LocalSandbox

demo = Path(sys.argv[2])
wanted = test.deployment(demo)
print("starting", flush=True)
try:
    running, undo = LocalSandbox().up(wanted)
    print("up", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(2)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["starting", "up"])
def test_no_process_survives_a_signal_to_arc_sim(demo, number, moment, tmp_path):
    """SIGINT at ``up`` is not caught by anybody who holds the undo: leaving the interpreter has to clean up."""
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(Path(__file__).parent), str(demo)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as program:
        assert program.stdout is not None
        while program.stdout.readline().strip() != moment:
            assert program.poll() is None
        if moment == "starting":
            deadline = time.monotonic() + 20
            while len(processes_of(demo)) < 3:
                assert time.monotonic() < deadline
        os.kill(program.pid, number)
        status = program.wait(20)
    assert status == (2 if number == signal.SIGINT else -signal.SIGKILL)
    deadline = time.monotonic() + 5
    while processes_of(demo):
        assert time.monotonic() < deadline, processes_of(demo)
        time.sleep(0.02)
    left = list(tmp_path.glob("arc-sim-*"))
    assert len(left) == (1 if number == signal.SIGKILL else 0)
    assert clean_leftovers(tmp_path) == left
    assert not list(tmp_path.glob("arc-sim-*"))


def test_the_next_run_ends_what_a_killed_one_could_not(tmp_path):
    """A child in a session of its own gets no signal from the kernel when arc-sim is killed."""
    program = """
    import sys, subprocess, os
    from pathlib import Path
    from arc_sim.sandboxes.processes.leftovers import SandboxDirectory
    held = SandboxDirectory(Path(sys.argv[1]), "0123456789abcdef")
    env = {**os.environ, "ARC_SIM_SANDBOX": "0123456789abcdef"}
    print(subprocess.Popen(["sleep", "300"], start_new_session=True, env=env).pid, flush=True)
    sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        stray = Path("/proc") / owner.stdout.readline().strip()
        assert clean_leftovers(tmp_path) == []  # its owner lives: hands off
        assert stray.exists()
        while b"0123456789abcdef" not in (stray / "environ").read_bytes():
            time.sleep(0.01)  # the kernel shows the environment a moment after the start
        owner.kill()
    assert len(clean_leftovers(tmp_path)) == 1
    deadline = time.monotonic() + 5
    while stray.exists() and "State:\tZ" not in (stray / "status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
