"""Each framework in an environment of its own, against the local server: caught once, fixed as it arrived."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from catalog import ALL, Framework
from running import NotMade, judge, run
from table import DOCUMENT, rows

GOOD = {
    "step": "s", "answer": "a", "error": "", "problem": "", "caught": True, "fixed": {"t": 1}, "bodies": [{"t": 1}],
    "statuses": [200], "events": [["id", "ok", True]],
}  # fmt: skip
BARE = {**GOOD, "bodies": [{"t": 2}], "events": []}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("framework", ALL, ids=lambda framework: framework.name)
def test_every_call_of_the_framework_is_caught_once_and_arrives_fixed(framework: Framework) -> None:
    try:
        _, verdicts = run(framework)
    except NotMade as error:
        pytest.skip(f"{framework.name} cannot be installed here: {error}")
    assert verdicts
    assert [verdict for verdict in verdicts if verdict.problem] == []


@pytest.mark.parametrize(
    "change",
    [
        {"bodies": [{"t": 2}]},
        {"bodies": [{"t": 1}, {"t": 1}]},
        {"statuses": [400]},
        {"events": []},
        {"events": [["id", "ok", True], ["id", "ok", True]]},
        {"events": [["id", "ok", False]]},
        {"events": [["id", "cancelled", True]]},
        {"answer": "b"},
        {"error": "TypeError: x"},
        {"problem": "mixed tags"},
        {"caught": False},
    ],
)
def test_the_judge_finds_what_is_wrong(change: dict) -> None:
    assert judge(BARE, GOOD, "first") == ""
    assert judge(BARE, {**GOOD, **change}, "first") != ""


def test_a_program_that_sends_nothing_to_fix_proves_nothing() -> None:
    assert "nothing to fix" in judge({**BARE, "bodies": [{"t": 1}]}, GOOD, "first")


def test_the_guide_names_every_framework_that_is_tried() -> None:
    shown = DOCUMENT.read_text(encoding="utf-8")
    assert [framework.name for framework in ALL if f"| {framework.name} " not in shown] == []
    assert rows(ALL[0], {ALL[0].requirements[0]: "1"}, []) != []
