"""What every sandbox promises, and what the local one promises about services that misbehave."""

import os
import signal
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from arc_sim.errors import InjectError, SandboxError, StartTimeout
from arc_sim.injectors.local_proxy import LocalProxyInjector
from arc_sim.model import Edge, Fault, Graph, Service
from arc_sim.sandboxes import SANDBOXES, create_sandbox
from arc_sim.sandboxes.local import LocalRunning, LocalSandbox


@pytest.fixture(params=sorted(SANDBOXES))
def sandbox(request):
    return create_sandbox(request.param)


@pytest.fixture
def local():
    return LocalSandbox(grace_s=0.3)


def pids_of(running: LocalRunning) -> set[int]:
    """Every process that carries the sandbox's token, as /proc tells."""
    return pids_with(running._assembly.token)


def pids_with(token: str) -> set[int]:
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if token.encode() in (entry / "environ").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def refuses(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) != 0


def wait_for(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory, monkeypatch):
    """No test may leave a thread or a temporary directory of ours behind."""
    base = tmp_path_factory.mktemp("sandboxes")
    monkeypatch.setattr("arc_sim.sandboxes.assembly.temporary_directory", lambda: base)
    yield
    assert list(base.iterdir()) == []
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("arc-sim-")]
    assert left == []


class TestContract:
    def test_the_registry_name_is_the_name(self, sandbox):
        assert SANDBOXES[sandbox.name]
        sandbox.preflight()

    def test_up_says_what_runs_and_undo_ends_it(self, sandbox, chain):
        running, undo = sandbox.up(chain.real())
        try:
            assert running.revision == "head"
            assert running.evidence == ("model" if running.stand_ins else "process")
            assert [edge.key for edge in running.proxied_edges()] == [("gateway", "orders"), ("orders", "payments")]
            assert running.notes
            running.check_alive()
        finally:
            undo()
        undo()
        with pytest.raises(SandboxError):
            running.check_alive()

    def test_base_and_head_are_up_side_by_side(self, sandbox, chain):
        first, undo_first = sandbox.up(chain.real())
        second, undo_second = sandbox.up(chain.real())
        undo_first()
        second.check_alive()
        undo_second()
        with pytest.raises(SandboxError):
            first.check_alive()

    def test_close_ends_what_nobody_kept_the_way_back_of(self, sandbox, chain):
        running, undo = sandbox.up(chain.real())
        sandbox.close()
        with pytest.raises(SandboxError):
            running.check_alive()
        undo()
        sandbox.close()

    def test_services_out_of_scope_have_no_edges(self, sandbox, chain):
        running, undo = sandbox.up(chain.deployment(chain.start("gateway"), scope=("gateway",)))
        assert running.proxied_edges() == ()
        undo()

    def test_an_entry_out_of_scope_is_an_error(self, sandbox, chain):
        with pytest.raises(SandboxError, match="gateway"):
            sandbox.up(chain.deployment(chain.start("orders"), scope=("orders",)))


class TestLocal:
    def test_real_services_are_reached_through_the_proxies(self, local, chain):
        running, undo = local.up(chain.real())
        try:
            assert running.evidence == "process"
            assert running.stand_ins == ()
            assert len(pids_of(running)) == 3
            assert running.log_tail("orders") == "hello from orders"
            assert not refuses(running.entry_address)
        finally:
            undo()
        assert pids_of(running) == set()
        assert refuses(running.entry_address)

    def test_what_cannot_be_started_is_a_stand_in_and_it_says_so(self, local, chain):
        running, undo = local.up(chain.deployment(chain.start("gateway"), chain.start("orders")))
        assert running.stand_ins == ("payments",)
        assert running.evidence == "model"
        assert running.log_tail("payments") == ""
        undo()

    def test_an_edge_that_no_variable_leads_to_has_no_proxy_and_a_note(self, local, chain):
        chain.downstream.pop("orders")
        running, undo = local.up(chain.real())
        assert [edge.key for edge in running.proxied_edges()] == [("gateway", "orders")]
        assert any("orders -> payments" in note for note in running.notes)
        undo()

    def test_the_address_variable_of_the_code_is_set_when_no_manifest_does(self, local, chain):
        chain.downstream.pop("orders")
        edges = (Edge("gateway", "orders", "http"), Edge("orders", "payments", "http", address_env="DOWNSTREAM_URL"))
        graph = Graph((Service("gateway"), Service("orders", aliases=("orders-svc",)), Service("payments")), edges)
        starts = [chain.start(name) for name in ("gateway", "orders", "payments")]
        running, undo = local.up(chain.deployment(*starts, graph=graph))
        assert ("orders", "payments") in [edge.key for edge in running.proxied_edges()]
        undo()

    def test_the_users_environment_stays_out(self, local, chain, monkeypatch):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-tell")
        running, undo = local.up(chain.real())
        environments = [Path(f"/proc/{pid}/environ").read_bytes() for pid in pids_of(running)]
        undo()
        assert len(environments) == 3
        assert not any(b"do-not-tell" in environment for environment in environments)

    @pytest.mark.parametrize("mode", ["ignore_sigterm", "forks", "leaves_session", "ignore_sigterm forks prints"])
    def test_services_that_resist_are_ended_with_all_their_children(self, local, chain, mode):
        running, undo = local.up(chain.real(orders=mode))
        if "forks" in mode or "leaves_session" in mode:
            wait_for(lambda: len(pids_of(running)) == 4)
        undo()
        assert pids_of(running) == set()

    def test_a_service_that_prints_a_lot_neither_blocks_nor_fills_the_disk(self, local, chain):
        running, undo = local.up(chain.real(orders="prints"))
        log = running._assembly.processes["orders"].log
        assert running.log_tail("orders", 1) == "last words"
        assert log.path.stat().st_size <= 4 * 1024 * 1024
        undo()

    def test_a_service_that_is_never_ready(self, local, chain):
        stuck = chain.start("orders", "never_ready", ready_timeout_s=3.0)
        with pytest.raises(StartTimeout, match=r"(?s)orders did not get ready within 3 s.*waiting for godot"):
            local.up(chain.deployment(chain.start("gateway"), stuck, chain.start("payments")))

    def test_a_service_that_binds_another_port(self, local, chain):
        stray = chain.start("orders", "other_port", ready_timeout_s=3.0)
        with pytest.raises(StartTimeout, match=r"it listens on port \d+, not on \d+"):
            local.up(chain.deployment(chain.start("gateway"), stray, chain.start("payments")))

    def test_a_service_that_dies_at_once(self, local, chain):
        with pytest.raises(SandboxError, match=r"(?s)orders exited with status 1.*cannot find my secret") as caught:
            local.up(chain.real(orders="dies"))
        assert caught.value.code == "sandbox.service_died"

    def test_a_service_that_crashes_later(self, local, chain):
        running, undo = local.up(chain.real())
        with socket.create_connection(running._assembly.address("payments")) as caller:
            caller.sendall(b"GET /crash HTTP/1.1\r\nHost: x\r\n\r\n")
            caller.recv(1)
        wait_for(lambda: running._assembly.processes["payments"].exit_status() is not None)
        with pytest.raises(SandboxError, match=r"(?s)payments exited with status 7.*about to crash"):
            running.check_alive()
        undo()

    def test_a_service_that_is_killed(self, local, chain):
        running, undo = local.up(chain.real())
        os.kill(running._assembly.processes["orders"].pid, signal.SIGKILL)
        wait_for(lambda: running._assembly.processes["orders"].exit_status() is not None)
        with pytest.raises(SandboxError, match="orders was ended by SIGKILL"):
            running.check_alive()
        undo()

    @pytest.mark.parametrize(
        ("command", "cwd"), [(("no-such-program",), "."), (("./service.py",), "."), (("python3",), "nowhere")]
    )
    def test_a_command_that_is_not_there(self, local, chain, command, cwd):
        start = chain.start("gateway")
        broken = type(start)(**{**start.__dict__, "command": command, "cwd": cwd})
        with pytest.raises(SandboxError, match="gateway cannot be started"):
            local.up(chain.deployment(broken, scope=("gateway",)))

    def test_a_file_that_is_no_program(self, local, chain):
        script = chain.worktree / "broken"
        script.write_bytes(b"\x7fELF nonsense")
        script.chmod(0o755)
        start = type(chain.start("gateway"))("gateway", ("./broken",), ".", port_env="PORT")
        with pytest.raises(SandboxError, match=r"(?s)gateway exited with status 127.*cannot run"):
            local.up(chain.deployment(start, scope=("gateway",)))

    def test_a_worker_without_a_port(self, local, chain):
        graph = Graph((Service("gateway"), Service("worker")), (Edge("worker", "gateway", "http"),))
        worker = chain.start("worker", "worker", port_env=None, ready_path=None)
        worker = type(worker)(**{**worker.__dict__, "env": (*worker.env, ("PORT", "1"), ("UP", "http://gateway:1"))})
        running, undo = local.up(chain.deployment(chain.start("gateway"), worker, graph=graph))
        assert [edge.key for edge in running.proxied_edges()] == [("worker", "gateway")]
        running.check_alive()
        undo()

    def test_a_dead_event_loop_does_not_save_the_services(self, local, chain):
        running, undo = local.up(chain.real())
        running._assembly.loop_thread.loop.call_soon_threadsafe(running._assembly.loop_thread.loop.stop)
        wait_for(lambda: not running._assembly.loop_thread.is_alive)
        with pytest.raises(InjectError, match="down"):
            LocalProxyInjector().inject(Fault("latency", 1), (("orders", "payments"),), running)
        undo()
        assert pids_of(running) == set()
        assert all(refuses(proxy.address) for proxy in running._assembly.proxies.values())

    def test_undo_from_two_threads(self, local, chain):
        running, undo = local.up(chain.real())
        threads = [threading.Thread(target=undo) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert pids_of(running) == set()

    def test_undo_survives_the_thread_that_called_up(self, local, chain):
        got = []
        starter = threading.Thread(target=lambda: got.append(local.up(chain.real())))
        starter.start()
        starter.join()
        running, undo = got[0]
        time.sleep(0.05)
        running.check_alive()
        undo()

    def test_a_relative_worktree(self, local, chain, monkeypatch):
        monkeypatch.chdir(chain.worktree.parent)
        wanted = chain.deployment(chain.start("gateway"), scope=("gateway",))
        running, undo = local.up(replace(wanted, worktree=Path(chain.worktree.name)))
        running.check_alive()
        undo()

    @pytest.mark.parametrize("after_s", [0.0, 0.05, 0.15, 0.3])
    def test_ctrl_c_while_starting_leaves_nothing(self, local, chain, after_s, monkeypatch):
        tokens = []
        real = __import__("secrets").token_hex
        monkeypatch.setattr(
            "arc_sim.sandboxes.assembly.secrets.token_hex", lambda n: tokens.append(real(n)) or tokens[-1]
        )
        main = threading.main_thread().ident
        timer = threading.Timer(after_s, lambda: signal.pthread_kill(main, signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the signal may come anywhere in here
            timer.start()
            local.up(chain.real(payments="never_ready"))
        timer.join()
        assert all(pids_with(token) == set() for token in tokens)
