"""Searches by text and by likeness: with and without the extra, alone and among threads, and what ends them early."""

import sys
import threading
from typing import Any, Dict, List

import pytest

from arc_runtime.model import Call
from arc_runtime.patterns.facts import Facts
from arc_runtime.patterns.index import deadline
from arc_runtime.patterns.pattern import Pattern, PatternSpec, compile_pattern
from arc_runtime.patterns.searches import likeness, needles
from arc_runtime.patterns.store import PatternStore

WAYS = ("alone", "among threads", "without the extra")


def make(spec: Dict[str, Any], name: str) -> Pattern:
    return compile_pattern(PatternSpec(spec, {"temperature": 0.5}, name))


def asking(text: str) -> Call:
    return Call("", "openai", "chat.completions", {"messages": [{"role": "user", "content": text}]}, False, "", 0.0)


def store_of(patterns: List[Pattern]) -> PatternStore:
    store = PatternStore(lambda index: None, processes=False, background=False)
    store.change(patterns)
    store.compact(everything=True)
    return store


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set how needles are searched."""
    if request.param == "without the extra":
        monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    else:
        pytest.importorskip("ahocorasick_rs", reason="the extra `text` is not installed")
    monkeypatch.setattr(needles, "_is_alone", lambda: request.param == "alone")
    monkeypatch.setattr(needles, "PIECE", 8)
    return str(request.param)


def test_texts_of_any_length_are_found_in_every_way(way: str) -> None:
    long = [f"alpha beta {number} gamma delta" for number in range(40)]
    short = [f"needle{number:03}" for number in range(40)]
    patterns = [make({"messages[-1].content": {"contains": text}}, text) for text in (*long, *short)]
    store = store_of(patterns)
    text = f"{'x ' * 200} {long[7]} and {short[9]}{short[39]} \ud800 {long[31]}."
    found = {pattern.pattern_id for pattern in store.index.match(asking(text))}
    assert found == {long[7], long[31], short[9], short[39]}
    assert store.index.match(asking("nothing of the kind " * 30)) == ()
    assert store.index.stopped == {}


def test_short_texts_that_are_not_searched_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    monkeypatch.setattr(needles, "MAX_SHORT", 5)
    store = store_of(
        [make({"messages[-1].content": {"contains": f"needle{number}"}}, str(number)) for number in range(9)]
    )
    store.index.match(asking("hay"))
    assert store.index.stopped == {"text.short": 1}


def test_only_a_thread_that_nobody_waits_for_makes_a_large_automaton() -> None:
    release = threading.Event()
    others = [threading.Thread(target=release.wait, name=name) for name in ("arc-telemetry", "worker")]
    before = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    if any(not thread.name.startswith("arc-") for thread in before):
        pytest.skip("another thread of the test run is alive")
    try:
        assert needles._is_alone()
        others[0].start()
        assert needles._is_alone()
        others[1].start()
        assert not needles._is_alone()
    finally:
        release.set()
        for thread in others:
            if thread.ident is not None:
                thread.join()


def test_prompts_that_a_budget_leaves_out_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "MAX_BUCKET", 4)
    monkeypatch.setattr(likeness, "MAX_COMPARED", 2)
    words = " ".join(f"word{number}" for number in range(30))
    store = store_of([make({"$prompt": {"similar": words}, "n": number}, str(number)) for number in range(12)])
    assert store.index.match(asking(words)) == ()
    assert store.index.stopped["similar.bucket"] >= 1
    assert store.index.stopped["similar.compared"] == 1


def spent(self: deadline.Deadline, stage: str) -> None:
    raise deadline.OutOfTime(stage)


@pytest.mark.parametrize(
    ("spec", "stage", "arranged"),
    [
        ({"model": "m", "s": {"regex": "^x"}}, "tables", False),
        ({"$prompt": {"similar": "some words to compare"}}, "similar", False),
        ({"$prompt": {"similar": "some words to compare"}}, "similar", True),
        ({"model": "m", "s": {"regex": "^x"}}, "tried", True),
        ({"messages[-1].content": {"contains": "some words to compare"}}, "text", True),
    ],
)
def test_the_deadline_ends_every_stage(
    monkeypatch: pytest.MonkeyPatch, spec: Dict[str, Any], stage: str, arranged: bool
) -> None:
    misses = {**spec, "s": {"regex": "^y"}} if "s" in spec else spec
    patterns = [make(misses, str(number)) for number in range(30)] + [make(spec, "last")]
    store = PatternStore(lambda index: None, processes=False, background=False)
    store.change(patterns)
    if arranged:
        store.compact(everything=True)
    call = asking("some words to compare")._replace(
        body={**asking("some words to compare").body, "model": "m", "s": "x"}
    )
    assert store.index.match(call)
    monkeypatch.setattr(deadline.Deadline, "check", lambda self, at: spent(self, at) if at == stage else None)
    assert store.index.match(call) == ()
    assert store.index.stopped[f"deadline.{stage}"] == 1


def test_the_time_of_each_stage_is_told() -> None:
    store = store_of([make({"model": f"m{number}"}, str(number)) for number in range(40)])
    call = asking("hello")
    stages = store.index.stages_us(call, Facts(call))
    assert set(stages) == {"match.tables", "match.keys", "match.text", "match.similar"}
    assert all(value >= 0 for value in stages.values())
    assert store.index.stopped == {}


def test_what_the_gate_lets_in_is_counted() -> None:
    store = store_of([make({"model": f"m{number}"}, str(number)) for number in range(40)])
    for number in range(400):
        store.index.match(Call("", "openai", "chat.completions", {"model": f"m{number}"}, False, "", 0.0))
    health = store.health()
    assert health["gate_opened"] - health["gate_erred"] == 40
    assert health["gate_erred"] < 40
