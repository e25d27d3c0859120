"""Every way to call the SDKs of this environment; `make coverage` does the same for many releases and Pythons."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from sdk_coverage.table import ABSENT, OK, Result, cell, go, wrong


@pytest.mark.parametrize(("sdk", "least"), [("openai", 80), ("anthropic", 80)])
def test_every_way_to_call_is_caught_once_fixed_on_the_wire_and_answered_the_same(sdk: str, least: int) -> None:
    found, problem = go(Path(sys.executable), sdk)
    assert problem == ""
    assert [row for row in found["rows"] if row["verdict"] not in (OK, ABSENT)] == []
    done = [row for row in found["rows"] if row["verdict"] == OK]
    assert len(done) >= least
    assert found["intercepted"] == 2 * len(done), "each way is gone twice: once with a request that matches"


def test_the_table_shows_what_is_wrong_and_does_not_count_what_is_not_there() -> None:
    rows = [
        {"form": "a", "mode": "sync", "made": "before", "verdict": OK},
        {"form": "a", "mode": "sync", "made": "after", "verdict": "matching: 2 events"},
        {"form": "b", "mode": "sync", "made": "before", "verdict": ABSENT},
    ]
    result = Result("newest", "3.11", "openai", "9.9", rows)
    assert [cell(result, form) for form in ("a", "b")] == ["**1/2**", "–"]
    assert wrong([result]) == ["- openai 9.9, Python 3.11, a, sync, client made after: matching: 2 events"]
