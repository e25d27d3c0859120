"""Faults in the processes of lotus-demo: killed, restarted, paused, throttled, and whole again afterwards."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from arc_sim.causal import derive
from arc_sim.config.repo import load_repo_config, start_specs
from arc_sim.errors import InjectError
from arc_sim.injectors.local import KINDS, LocalInjector
from arc_sim.model import Fault
from arc_sim.sandboxes.base import Deployment
from arc_sim.sandboxes.local import LocalSandbox

TOOL = Path(__file__).resolve().parents[1] / "tools" / "sample_repo.py"
SERVICES = ("gateway", "inventory", "mailer", "orders", "payments", "store")
EDGE = (("orders", "payments"),)


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("processes") / "lotus-demo"
    subprocess.run([sys.executable, str(TOOL), str(path)], check=True, capture_output=True)
    subprocess.run(["git", "-C", str(path), "checkout", "-q", "lotus/service-renamed"], check=True, capture_output=True)
    return path


def up(demo, real=SERVICES):
    config = load_repo_config(demo)
    graph = derive(demo, "HEAD")
    starts = tuple(spec for spec in start_specs(config, graph) if spec.service in real)
    return LocalSandbox().up(Deployment("head", "HEAD", demo, graph, starts, SERVICES, "gateway"))


@pytest.fixture(scope="module")
def running(demo):
    found, undo = up(demo)
    yield found
    undo()


def check_out(running, timeout_s=5.0):
    """One checkout: its status, or the name of what went wrong."""
    connection = http.client.HTTPConnection(*running.entry_address, timeout=timeout_s)
    try:
        connection.request("POST", "/checkout", '{"item":"lotus"}', {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def works(running, status=201):
    """Whether a checkout succeeds in the end: on a busy machine one may run into a timeout of the demo's own."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if check_out(running) == status:
            return True
    return False


def pid_of(running, service):
    return running._assembly.processes[service].pid


def test_a_killed_callee_is_gone_and_comes_back_at_the_same_address(running):
    before = pid_of(running, "payments")
    assert works(running)
    undo = LocalInjector().inject(Fault("kill"), EDGE, running)
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    assert check_out(running) >= 500
    running.check_alive()  # this end was ordered
    undo()
    undo()
    running.check_alive()
    assert pid_of(running, "payments") != before
    assert works(running)


def test_what_dies_by_itself_is_still_noticed(running):
    os.killpg(pid_of(running, "payments"), signal.SIGKILL)
    deadline = time.monotonic() + 5
    while running._assembly.processes["payments"].exit_status() is None:
        assert time.monotonic() < deadline
    with pytest.raises(Exception, match="payments was ended by SIGKILL"):
        running.check_alive()
    running.processes.start("payments")
    running.check_alive()


def test_a_restarted_callee_is_away_for_a_while(running):
    undo = LocalInjector().inject(Fault("restart", delay_ms=300), EDGE, running)
    assert check_out(running) >= 500
    undo()
    assert works(running)
    running.check_alive()


def test_a_paused_callee_keeps_everybody_waiting(running):
    undo = LocalInjector().inject(Fault("pause"), EDGE, running)
    state = Path(f"/proc/{pid_of(running, 'payments')}/stat").read_text().rpartition(")")[2].split()[0]
    assert state == "T"
    assert check_out(running, timeout_s=1.0) != 201
    undo()
    assert works(running)


def test_a_throttled_callee_gets_the_share_and_is_let_go(running):
    pid = pid_of(running, "payments")

    def stopped_share():
        states = []
        for _ in range(100):
            states.append(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0])
            time.sleep(0.007)
        return states.count("T") / len(states)

    undo = LocalInjector().inject(Fault("cpu_throttle", share=0.3), EDGE, running)
    assert 0.4 < stopped_share() < 0.95
    undo()
    assert stopped_share() == 0
    assert works(running)


def test_two_faults_on_one_process_are_refused(running):
    undo = LocalInjector().inject(Fault("pause"), EDGE, running)
    with pytest.raises(InjectError, match="payments already has a fault"):
        LocalInjector().inject(Fault("kill"), EDGE, running)
    undo()
    assert works(running)


def test_a_stand_in_is_seen_as_killed_and_cannot_be_throttled(demo):
    running, undo = up(demo, real=())
    try:
        assert works(running, 200)
        recover = LocalInjector().inject(Fault("kill"), EDGE, running)
        assert check_out(running) >= 500
        recover()
        assert works(running, 200)
        with pytest.raises(InjectError, match="needs a real process"):
            LocalInjector().inject(Fault("cpu_throttle", share=0.5), EDGE, running)
        recover = LocalInjector().inject(Fault("kill"), EDGE, running)
    finally:
        undo()
    recover()  # after the end there is nothing to start


def test_ending_the_sandbox_under_a_fault_leaves_no_process(demo):
    for kind in ("kill", "restart", "pause", "cpu_throttle"):
        running, undo = up(demo)
        pids = [process.pid for process in running._assembly.processes.values()]
        recover = LocalInjector().inject(Fault(kind, delay_ms=50, share=0.5), EDGE, running)
        undo()
        recover()
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


def test_every_kind_of_the_catalogue_can_be_done():
    from arc_sim.faults.catalog import all_scenarios

    assert {scenario.fault.kind for scenario in all_scenarios()} <= set(KINDS)
