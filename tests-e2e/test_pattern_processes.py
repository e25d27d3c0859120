"""Patterns beyond what fits in dictionaries: built by a real child process, mapped, and shared by forked workers."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from arc_runtime.errors import PatternError
from arc_runtime.model import Call
from arc_runtime.patterns.pattern import Pattern, PatternSpec, compile_pattern
from arc_runtime.patterns.store import PatternStore

MANY = 6_000
"""More than is built in the process itself."""


def make(name: str, model: str, above: float = 0.0) -> Pattern:
    return compile_pattern(PatternSpec({"model": model, "t": {">": above}}, {"t": 0.5}, name))


def names(store: PatternStore, model: str, value: float = 1.0) -> list[str]:
    body: dict[str, Any] = {"model": model, "t": value}
    return [p.pattern_id for p in store.index.match(Call("", "openai", "chat.completions", body, False, "", 0.0))]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    made = PatternStore(lambda index: None, cache_dir=str(tmp_path))
    made.register(make(f"p{number}", f"m{number}") for number in range(MANY))
    yield made
    made.close()


def test_a_child_builds_what_is_found_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: PatternStore
) -> None:
    assert [names(store, f"m{number}") for number in (0, 77, MANY - 1)] == [["p0"], ["p77"], [f"p{MANY - 1}"]]
    assert names(store, f"m{MANY}") == []
    assert store.index.segments[0].descriptor >= 0
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(sys, "executable", "/nowhere/python")  # no child can be started: built here instead
    store.register(make(f"q{number}", f"n{number}") for number in range(MANY))
    assert names(store, "n5") == ["q5"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_parent_and_fork_match_and_register_apart(tmp_path: Path, store: PatternStore) -> None:
    child = os.fork()
    if child == 0:
        try:
            store.change([make("child", "c")])
            store.register(make(f"r{number}", f"f{number}") for number in range(MANY))
            good = names(store, "m7") == ["p7"] and names(store, "c") == ["child"] and names(store, "f9") == ["r9"]
            store.close()
            os._exit(0 if good else 1)
        finally:
            os._exit(2)
    store.change([make("parent", "c")])
    store.register(make(f"s{number}", f"g{number}") for number in range(MANY))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert names(store, "m7") == ["p7"]
    assert names(store, "c") == ["parent"]
    assert (names(store, "f9"), names(store, "g9")) == ([], ["s9"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_64_threads_see_every_pattern_while_others_come_and_go(store: PatternStore) -> None:
    stop, wrong = threading.Event(), []

    def read(number: int) -> None:
        while not stop.is_set():
            number = (number * 31 + 7) % MANY
            if number % 10 and names(store, f"m{number}") != [f"p{number}"]:
                wrong.append(number)
            stop.wait(0.002)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    try:
        for number in range(1500):
            store.change([make(f"new{number}", f"new{number}")], removed=[f"p{number * 10 % MANY}"])
            if names(store, f"new{number}") != [f"new{number}"]:
                wrong.append(-number)
        store.compact(everything=True)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert store.merges >= 2
    assert names(store, "m10") == []
    assert names(store, "m11") == ["p11"]


def test_a_damaged_file_is_refused_and_what_was_there_stays(tmp_path: Path, store: PatternStore) -> None:
    path = tmp_path / "built"
    assert store.build(str(path)) == MANY
    whole = path.read_bytes()
    other = PatternStore(lambda index: None)
    other.change([make("kept", "kept")])
    for place in (0, 40, len(whole) // 3, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        with pytest.raises(PatternError):
            other.load(str(path))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PatternError):
        other.load(str(path))
    assert (len(other.index), names(other, "kept")) == (1, ["kept"])
    path.write_bytes(whole)
    assert other.load(str(path)) == MANY
    assert names(other, "m5") == ["p5"]
    path.unlink()
