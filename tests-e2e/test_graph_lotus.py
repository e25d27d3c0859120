"""The sample repository through diff, graph, impact and comparison: each commit does what its name says."""

import subprocess
import sys
from pathlib import Path

import pytest

from arc_sim.causal import derive
from arc_sim.causal.compare import compare
from arc_sim.causal.impact import affected_in
from arc_sim.diff.git import read_diff
from arc_sim.model import EdgeChange, Impact

TOOL = Path(__file__).resolve().parents[1] / "tools" / "sample_repo.py"


@pytest.fixture(scope="module")
def lotus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "lotus"
    subprocess.run([sys.executable, str(TOOL), str(path)], check=True, capture_output=True)
    return path


def read(lotus: Path, slug: str) -> "tuple[Impact, tuple[EdgeChange, ...]]":
    diff = read_diff(f"lotus/{slug}", lotus)
    base, head = derive(lotus, diff.base_commit), derive(lotus, diff.head_commit)
    return affected_in(lotus, diff, base, head), compare(base, head)


def test_the_edge_with_its_timeout_line(lotus: Path) -> None:
    graph = derive(lotus, "lotus/initial")
    edge = next(edge for edge in graph.edges if edge.key == ("orders", "payments"))
    assert edge.timeout_ms is not None
    assert edge.timeout_ms.value == 2000.0
    line = (edge.timeout_ms.location.path, edge.timeout_ms.location.line)
    text = subprocess.run(
        ["git", "-C", str(lotus), "show", f"lotus/initial:{line[0]}"], check=True, capture_output=True, text=True
    ).stdout.splitlines()[line[1] - 1]
    assert "PAYMENTS_URL" in text
    assert "timeout_s=2.0" in text
    assert graph.warnings == ()


def test_documentation_touches_nothing(lotus: Path) -> None:
    impact, changes = read(lotus, "docs-only")
    assert (impact.direct, impact.upstream, changes) == ((), (), ())


def test_a_lowered_timeout(lotus: Path) -> None:
    impact, changes = read(lotus, "timeout-lowered")
    assert (impact.direct, impact.upstream) == (("orders",), ("gateway",))
    found = [(c.source, c.target, c.what, c.before, c.after) for c in changes]
    assert found == [("orders", "payments", "timeout_ms", 2000.0, 200.0)]


def test_a_retry_storm(lotus: Path) -> None:
    _, changes = read(lotus, "retry-storm")
    retries = next(change for change in changes if change.what == "retries")
    assert (retries.source, retries.target) == ("orders", "payments")
    assert (retries.after or 0) > (retries.before or 0)


@pytest.mark.parametrize(("slug", "after"), [("fallback-added", 1.0), ("fallback-removed", None)])
def test_a_fallback_comes_and_goes(lotus: Path, slug: str, after: "float | None") -> None:
    impact, changes = read(lotus, slug)
    assert impact.direct == ("gateway",)
    assert [(c.target, c.after) for c in changes if c.what == "fallback"] == [("inventory", after)]


def test_a_new_dependency(lotus: Path) -> None:
    _, changes = read(lotus, "new-dependency")
    assert [(c.source, c.target) for c in changes if c.what == "added"] == [("payments", "inventory")]


def test_the_shared_library_touches_everyone_who_uses_it(lotus: Path) -> None:
    impact, changes = read(lotus, "shared-library")
    assert {"gateway", "orders", "payments", "inventory"} <= set(impact.direct)
    assert changes == ()


def test_a_manifest_touches_the_service_it_describes(lotus: Path) -> None:
    impact, _ = read(lotus, "manifest-change")
    assert impact.direct == ("inventory",)
    assert impact.reasons["inventory"] == ("k8s/inventory.yaml: Deployment inventory changed",)
