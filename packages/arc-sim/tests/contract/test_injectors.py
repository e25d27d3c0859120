"""What every injector promises."""

import threading

import pytest

from arc_sim.errors import InjectError
from arc_sim.injectors import INJECTORS, create_injector
from arc_sim.model import Cell, Fault, LoadSpec
from arc_sim.probes import create_probe
from arc_sim.sandboxes import create_sandbox

LATENCY = Fault("latency", delay_ms=200)
EDGE = (("orders", "payments"),)
LOAD = LoadSpec("gateway", rate_per_s=20, duration_s=0.5, warm_up_s=0.1)


@pytest.fixture(params=sorted(INJECTORS))
def kind(request):
    return request.param


@pytest.fixture
def injector(kind):
    return create_injector(kind)


@pytest.fixture
def running(kind, chain):
    found, undo = create_sandbox(kind).up(chain.deployment())
    yield found
    undo()


@pytest.fixture
def probe(kind):
    return create_probe("memory" if kind == "memory" else "http")


def fastest_ms(probe, running) -> float:
    return min(probe.measure(running, LOAD, Cell(0, "head", "calm")).latencies_ms)


def test_latency_is_felt_and_gone_after_undo(injector, running, probe):
    calm = fastest_ms(probe, running)
    undo = injector.inject(LATENCY, EDGE, running)
    assert fastest_ms(probe, running) >= 200
    undo()
    undo()
    assert fastest_ms(probe, running) < 200
    assert calm < 200


def test_an_edge_that_is_not_there_is_left_out(injector, running, probe):
    undo = injector.inject(LATENCY, (("nobody", "payments"), ("payments", "orders")), running)
    assert fastest_ms(probe, running) < 200
    undo()


def test_a_kind_that_is_not_supported_is_refused(injector, running):
    fault = Fault("gravity")
    assert injector.supports(LATENCY)
    assert not injector.supports(fault)
    with pytest.raises(InjectError, match="gravity"):
        injector.inject(fault, EDGE, running)


def test_a_second_fault_on_an_edge_is_refused_and_changes_nothing(injector, running, probe):
    undo = injector.inject(LATENCY, EDGE, running)
    with pytest.raises(InjectError, match="orders -> payments"):
        injector.inject(LATENCY, (("gateway", "orders"), *EDGE), running)
    undo()
    assert fastest_ms(probe, running) < 200


def test_undo_from_another_thread(injector, running, probe):
    undo = injector.inject(LATENCY, EDGE, running)
    thread = threading.Thread(target=undo)
    thread.start()
    thread.join()
    assert fastest_ms(probe, running) < 200


def test_nothing_can_be_injected_into_what_is_down(kind, injector, chain):
    running, undo = create_sandbox(kind).up(chain.deployment())
    recover = injector.inject(LATENCY, EDGE, running)
    undo()
    recover()
    with pytest.raises(InjectError, match="down"):
        injector.inject(LATENCY, EDGE, running)


def test_a_sandbox_of_another_kind_is_refused(kind, injector, chain):
    other = "memory" if kind != "memory" else "local"
    running, undo = create_sandbox(other).up(chain.deployment())
    with pytest.raises(InjectError):
        injector.inject(LATENCY, EDGE, running)
    undo()


@pytest.mark.parametrize("fault", [Fault("latency", -1), Fault("latency", float("nan")), Fault("latency", 1, -5)])
def test_a_fault_without_sense_is_refused(injector, running, fault):
    with pytest.raises(InjectError):
        injector.inject(fault, EDGE, running)
