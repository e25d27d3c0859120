import threading
from typing import List

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from arc_runtime import guard
from arc_runtime.config import MetricsConfig
from arc_runtime.metrics.counters import ADDED_BOUNDS_S, COUNTERS, Counters
from arc_runtime.metrics.exposition import ArcCollector


def exposed(counters: Counters) -> List[str]:
    registry = CollectorRegistry()
    registry.register(ArcCollector(counters, lambda: {"patterns_active": 3.0}))
    return generate_latest(registry).decode().splitlines()


def test_nothing_counted_is_nought_everywhere() -> None:
    counters = Counters()
    assert counters.totals() == dict.fromkeys(COUNTERS, 0)
    assert sum(counters.added().counts) == 0
    assert "arc_requests_intercepted_total 0.0" in exposed(counters)


def test_no_count_is_lost_between_threads() -> None:
    counters = Counters()

    def work() -> None:
        for _ in range(5_000):
            counters.add("requests_intercepted")
            counters.observe(1e-6, 0.1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.totals()["requests_intercepted"] == 40_000
    assert sum(counters.added().counts) == sum(counters.provider().counts) == 40_000
    assert counters.provider().total == pytest.approx(4_000)


def test_threads_that_come_and_go_leave_little_behind() -> None:
    counters = Counters()
    for _ in range(100):
        thread = threading.Thread(target=counters.add, args=("fixes_applied",))
        thread.start()
        thread.join()
    assert counters.totals()["fixes_applied"] == 100
    assert len(counters._shards) < 50


def test_a_bound_belongs_to_its_bucket() -> None:
    counters = Counters()
    for value in (0.0, ADDED_BOUNDS_S[0], ADDED_BOUNDS_S[0] * 1.01, 99.0):
        counters.observe(value, 0.0)
    counts = counters.added().counts
    assert (counts[0], counts[1], counts[-1]) == (2, 1, 1)


@pytest.mark.usefixtures("production")
def test_what_is_exposed() -> None:
    counters = Counters()
    counters.add("fixes_applied", 2)
    counters.observe(3e-6, 0.2)
    guard.run("test.exposed", None, int, "x")
    lines = exposed(counters)
    assert "arc_fixes_applied_total 2.0" in lines
    assert "arc_patterns_active 3.0" in lines
    assert 'arc_added_latency_seconds_bucket{le="2e-06"} 0.0' in lines
    assert 'arc_added_latency_seconds_bucket{le="5e-06"} 1.0' in lines
    assert 'arc_added_latency_seconds_bucket{le="+Inf"} 1.0' in lines
    assert "arc_added_latency_seconds_count 1.0" in lines
    assert any(line.startswith('arc_internal_failures_total{place="test.exposed"}') for line in lines)


def test_the_address_is_this_machine_unless_told() -> None:
    assert MetricsConfig().host == "127.0.0.1"
