"""Each framework in an environment of its own, against the local server: caught once, fixed as it arrived."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from catalog import ALL, Framework
from running import NotMade, attended, judge, run
from table import DOCUMENT, Progress, one, rows

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


def test_an_interrupted_run_goes_on_with_what_was_not_good(tmp_path: Path) -> None:
    begun = Progress(tmp_path / "seen.json", resume=False)
    begun.keep(ALL[0].name, f"| {ALL[0].name} | seen |", True, 60.0)
    begun.keep(ALL[1].name, f"| {ALL[1].name} | broken |", False, 60.0)
    resumed = Progress(tmp_path / "seen.json", resume=True)
    assert list(resumed.seen) == [ALL[0].name]
    table = resumed.table(ALL)
    assert f"| {ALL[0].name} | seen |" in table
    assert f"| {ALL[1].name} | not run | | the run ended before its turn |" in table
    assert all(f"| {framework.name} |" in table for framework in ALL)
    assert Progress(tmp_path / "seen.json", resume=False).seen == {}


def test_other_sources_are_another_run(tmp_path: Path) -> None:
    begun = Progress(tmp_path / "seen.json", resume=False)
    begun.sources = "of yesterday"
    begun.keep(ALL[0].name, "| row |", True, 1.0)
    assert Progress(tmp_path / "seen.json", resume=True).seen == {}


def test_a_framework_that_cannot_run_gets_a_row_that_says_why(tmp_path: Path) -> None:
    absent = Framework("Nothing", "llm/nothing.py", ("arc-no-such-distribution ==0",))
    assert one(absent, tmp_path, 0.0) == ("| Nothing | not run | | time was up before its turn |", False)


@pytest.mark.slow
def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    child = f"import time; open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid())); time.sleep(600)"
    program = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}]).wait()"
    with pytest.raises(subprocess.TimeoutExpired):
        attended([sys.executable, "-c", program], dict(os.environ), 10.0)
    pid = int((tmp_path / "pid").read_text())
    status = Path(f"/proc/{pid}/stat")
    assert not status.exists() or status.read_text().rpartition(")")[2].split()[0] in "ZX"
