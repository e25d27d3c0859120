"""Segments: refused when damaged, read without a copy, changed only by withdrawal."""

import threading
from io import BytesIO
from pathlib import Path
from typing import Any, Dict, List

import pytest

from arc_runtime.errors import PatternError
from arc_runtime.model import Call
from arc_runtime.patterns.exact import request_hash
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.patterns.pattern import Pattern, PatternSpec, compile_pattern
from arc_runtime.patterns.segments import layout
from arc_runtime.patterns.segments.builder import build_in_one_go
from arc_runtime.patterns.segments.gate import Gate, make_gate
from arc_runtime.patterns.segments.records import record_of
from arc_runtime.patterns.segments.segment import Segment
from arc_runtime.patterns.store import PatternStore


def make(spec: Dict[str, Any], name: str, **more: Any) -> Pattern:
    return compile_pattern(PatternSpec(spec, {"temperature": 0.5}, name, **more))


def call(body: Dict[str, Any]) -> Call:
    return Call("", "openai", "chat.completions", body, False, "", 0.0)


def content_of(patterns: List[Pattern]) -> bytes:
    output = BytesIO()
    build_in_one_go([record_of(pattern, order) for order, pattern in enumerate(patterns)], output, 0.0)
    return output.getvalue()


def index_of(patterns: List[Pattern]) -> PatternIndex:
    return PatternIndex(segments=[Segment(layout.read(memoryview(content_of(patterns)), "segment"))])


def names(index: PatternIndex, body: Dict[str, Any]) -> List[str]:
    return [pattern.pattern_id for pattern in index.match(call(body))]


@pytest.fixture
def store() -> PatternStore:
    return PatternStore(lambda index: None, processes=False, background=False)


def test_a_file_that_is_damaged_or_cut_short_is_refused(tmp_path: Path, store: PatternStore) -> None:
    whole = content_of([make({"model": f"m{number}"}, str(number)) for number in range(20)])
    for place in (0, 9, 30, len(whole) // 2, len(whole) - 1):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        (tmp_path / "damaged").write_bytes(bytes(damaged))
        with pytest.raises(PatternError):
            store.load(str(tmp_path / "damaged"))
    for size in (0, 7, 40, len(whole) - 1):
        (tmp_path / "short").write_bytes(whole[:size])
        with pytest.raises(PatternError):
            store.load(str(tmp_path / "short"))
    assert len(store.index) == 0


def test_what_is_built_is_loaded_behind_what_was_there(tmp_path: Path, store: PatternStore) -> None:
    store.change([make({"model": "m"}, "built"), make({"model": "m", "t": {">": 1}}, "range")])
    assert store.build(str(tmp_path / "file")) == 2
    other = PatternStore(lambda index: None, processes=False, background=False)
    other.change([make({"model": "m"}, "first")])
    assert other.load(str(tmp_path / "file")) == 2
    assert names(other.index, {"model": "m", "t": 2}) == ["first", "built", "range"]
    assert other.remove("built")
    assert names(other.index, {"model": "m", "t": 2}) == ["first", "range"]


def test_a_view_of_a_row_is_as_good_as_the_pattern() -> None:
    pattern = make({"model": "m", "t": {">": 1}}, "p", confidence=0.9, priority=3, tags=("a",), owner="o", source="s")
    (view,) = index_of([pattern]).match(call({"model": "m", "t": 2}))
    for name in ("pattern_id", "confidence", "priority", "risk", "expires_at_s", "tags", "owner", "version", "source"):
        assert getattr(view, name) == getattr(pattern, name), name
    assert view.fixes[0].apply({"temperature": 1}, "chat.completions")[0] == {"temperature": 0.5}
    assert view.matches(call({}), {"model": "m", "t": 2})
    assert not view.matches(call({}), {"model": "m", "t": 1})


def test_expired_and_withdrawn_patterns_make_room_for_the_next_best() -> None:
    patterns = [make({"model": "m"}, f"old{number}", expires_at_s=5.0) for number in range(20)]
    patterns += [make({"model": "m", "t": {">": number}}, f"new{number}") for number in range(20)]
    index = index_of(patterns)
    index.clock = lambda: 4.0
    assert names(index, {"model": "m", "t": 2})[0] == "old0"
    index.clock = lambda: 5.0
    assert names(index, {"model": "m", "t": 2}) == ["new0", "new1"]
    assert names(index.changed(removed=["new0"]), {"model": "m", "t": 2}) == ["new1"]


def test_two_values_with_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arc_runtime.patterns.segments.requests.value_hash", lambda value, seed: 7)
    patterns = [make({"model": f"m{number % 3}", "t": {">": 0}}, str(number)) for number in range(12)]
    assert names(index_of(patterns), {"model": "m1", "t": 1}) == ["1", "4", "7", "10"]
    assert names(index_of(patterns), {"model": "other", "t": 1}) == []


def test_the_gate_never_loses_a_key() -> None:
    keys = [number * 0x9E3779B97F4A7C15 % 2**64 for number in range(2000)]
    shape, bits = make_gate(keys)
    gate = Gate(shape, memoryview(bits))
    assert all(gate.may_hold(key) for key in keys)
    others = [number * 0xC2B2AE3D27D4EB4F % 2**64 for number in range(1, 4000)]
    assert sum(map(gate.may_hold, others)) < 200


def test_texts_are_found_wherever_the_pattern_looks() -> None:
    patterns = [
        make({"messages[-1].content": {"contains": f"alpha beta {number} gamma"}}, str(number)) for number in range(50)
    ]
    patterns.append(make({"messages[*].content": {"contains": "short one"}}, "any"))
    index = index_of(patterns)
    text = "x" * 300 + " alpha beta 7 gamma " + "y " * 100
    assert names(index, {"messages": [{"role": "user", "content": text}]}) == ["7"]
    parts = [{"type": "text", "text": "a short ones"}]
    assert names(index, {"messages": [{"role": "user", "content": parts}, {"role": "user", "content": "no"}]}) == [
        "any"
    ]
    assert names(index, {"messages": [{"role": "user", "content": 3}]}) == []


def test_a_similar_prompt_is_found_only_when_nothing_else_matches_and_is_less_sure(store: PatternStore) -> None:
    prompt = "please write a short and friendly answer to the customer who asks about the delayed delivery of a parcel"
    alike = make({"$prompt": {"similar": prompt}}, "alike")
    for compacted in (False, True):
        store.change([alike, make({"model": "known"}, "exact")])
        if compacted:
            store.compact(everything=True)
        body = {"model": "m", "messages": [{"role": "user", "content": prompt.replace("short", "brief")}]}
        (found,) = store.index.match(call(body))
        assert found.pattern_id == "alike"
        assert 0.6 <= found.confidence < 1
        assert names(store.index, {**body, "model": "known"}) == ["exact"]
        assert names(store.index, {"messages": [{"role": "user", "content": "something else entirely"}]}) == []


def test_the_hash_of_a_request_finds_it_in_any_spelling() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "temperature": 1}
    pattern = make({"$request_hash": request_hash(body)}, "same")
    for index in (PatternIndex().changed([pattern]), index_of([pattern] * 1)):
        assert names(index, {"temperature": 1.0, "stream": True, **body}) == ["same"]
        assert names(index, {**body, "temperature": 0.9}) == []
        assert names(index, {**body, "temperature": True}) == []


def test_many_are_registered_from_a_generator_all_or_none(store: PatternStore) -> None:
    ids = store._register_many(make({"model": f"m{number}"}, f"p{number}") for number in range(100))
    assert (len(ids), ids[0], ids[-1], ids[2:4]) == (100, "p0", "p99", ["p2", "p3"])

    def broken() -> Any:
        yield make({"model": "new"}, "new")
        raise PatternError("refused")

    with pytest.raises(PatternError):
        store._register_many(broken())
    assert len(store.index) == 100
    assert names(store.index, {"model": "new"}) == []


def test_threads_match_while_patterns_come_and_go(store: PatternStore) -> None:
    store._register_many(make({"model": "m", "t": {">": number}}, f"p{number}") for number in range(200))
    stop = threading.Event()
    wrong: List[Any] = []

    def read() -> None:
        while not stop.is_set():
            found = names(store.index, {"model": "m", "t": 50})
            if len(found) != len(set(found)) or "p0" not in found:
                wrong.append(found)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(60):
        store.change([make({"model": "m", "t": {">": 40}}, f"p{number + 1}")], removed=[f"p{number + 100}"])
        if number % 20 == 19:
            store.compact()
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(store.index) == 140


def test_what_is_near_are_the_patterns_that_share_the_keys_of_a_request() -> None:
    patterns = [make({"model": f"m{number % 3}", "t": {">": number}}, str(number)) for number in range(12)]
    index = index_of(patterns).changed([make({"model": "x"}, "fresh")])
    near = [pattern.pattern_id for pattern in index.near(call({"model": "m1", "t": -1}))]
    assert near == ["fresh", "1", "4", "7", "10"]
