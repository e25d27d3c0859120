import random
from typing import Any, List, Tuple

import pytest

from arc_runtime.errors import PatternError
from arc_runtime.model import Call
from arc_runtime.patterns.index import MAX_MATCHES, MAX_UNPINNED, PatternIndex
from arc_runtime.patterns.pattern import Pattern, PatternSpec, compile_pattern


def make(pattern: Any, name: str = "", priority: int = 0) -> Pattern:
    return compile_pattern(PatternSpec(pattern, {"x": 1}, name or None, 1.0, priority))


def call(body: Any, operation: str = "chat.completions", provider: str = "openai") -> Call:
    return Call("", provider, operation, body, False, "", 0.0)


def names(index: PatternIndex, body: Any, **kind: str) -> List[str]:
    return [pattern.pattern_id for pattern in index.match(call(body, **kind))]


def test_the_best_rank_comes_first_whatever_the_signature() -> None:
    index = PatternIndex().changed(
        [
            make({"model": "m"}, "by model"),
            make({"temperature": {">": 0}}, "unpinned"),
            make({"model": "m", "user": "u"}, "by both"),
            make({"user": "u"}, "urgent", priority=5),
        ]
    )
    assert names(index, {"model": "m", "user": "u", "temperature": 1}) == ["urgent", "by model", "unpinned", "by both"]
    assert names(index, {"model": "m"}) == ["by model"]
    assert names(index, {}) == []


@pytest.mark.parametrize("value", [None, [], {}, object(), float("nan"), b"m", 1, True])
def test_values_of_other_types_hit_nothing(value: Any) -> None:
    assert names(PatternIndex().changed([make({"model": "m"})]), {"model": value}) == []


def test_equal_hashes_are_not_equal_values() -> None:
    index = PatternIndex().changed(
        [make({"n": 1}, "one"), make({"n": True}, "true"), make({"n": -1}), make({"n": None})]
    )
    assert names(index, {"n": 1}) == ["one"]
    assert names(index, {"n": 1.0}) == ["one"]
    assert names(index, {"n": True}) == ["true"]
    assert names(index, {"n": -2}) == []


def test_a_choice_is_looked_up_like_equalities_and_a_wide_one_still_matches() -> None:
    few = make({"model": {"in": ["a", "b"]}}, "few")
    many = make({"model": {"in": [str(number) for number in range(100)]}}, "many")
    assert len(few.keys) == 2
    assert many.keys == ()
    index = PatternIndex().changed([few, many])
    assert names(index, {"model": "b"}) == ["few"]
    assert names(index, {"model": "99"}) == ["many"]


def test_the_same_id_replaces_and_keeps_its_place() -> None:
    index = PatternIndex().changed([make({"model": "m"}, "a"), make({"model": "m"}, "b")])
    index = index.changed([make({"model": "m", "user": "u"}, "a")])
    assert len(index) == 2
    assert names(index, {"model": "m", "user": "u"}) == ["a", "b"]
    assert names(index, {"model": "m"}) == ["b"]


def test_a_snapshot_never_changes() -> None:
    first = PatternIndex().changed([make({"model": "m"}, "a")])
    second = first.changed([make({"model": "m"}, "b"), make({"t": {">": 1}}, "c")], removed=["a"])
    assert names(first, {"model": "m", "t": 2}) == ["a"]
    assert names(second, {"model": "m", "t": 2}) == ["b", "c"]
    assert names(second.changed(removed=["b", "c", "nobody"]), {"model": "m", "t": 2}) == []


def test_only_text_generation_is_fixed_unless_a_pattern_names_the_operation() -> None:
    index = PatternIndex().changed([make({"model": "m"}, "text")])
    assert names(index, {"model": "m"}, operation="embeddings") == []
    assert names(index, {"model": "m"}, operation="responses") == ["text"]
    index = index.changed([make({"model": "m", "operation": "embeddings"}, "vectors")])
    assert names(index, {"model": "m"}, operation="embeddings") == ["vectors"]
    assert names(index, {"model": "m"}) == ["text"]


def test_a_pattern_may_name_the_provider() -> None:
    index = PatternIndex().changed([make({"model": "m", "provider": "anthropic"}, "a")])
    assert names(index, {"model": "m"}, provider="openai") == []
    assert names(index, {"model": "m"}, provider="anthropic", operation="messages") == ["a"]
    assert names(index, {"model": "m", "provider": "anthropic"}, provider="openai") == []


def test_one_request_gets_the_best_few() -> None:
    index = PatternIndex().changed([make({"model": "m"}, str(number), priority=number) for number in range(20)])
    assert names(index, {"model": "m"}) == [str(number) for number in range(19, 19 - MAX_MATCHES, -1)]


def test_patterns_that_pin_nothing_are_few_and_a_refusal_changes_nothing() -> None:
    index = PatternIndex().changed([make({"t": {">": number}}, str(number)) for number in range(MAX_UNPINNED)])
    with pytest.raises(PatternError, match="without an equality"):
        index.changed([make({"model": "m"}, "fine"), make({"t": {">": -1}}, "too many")])
    assert len(index) == MAX_UNPINNED
    assert names(index, {"model": "m"}) == []


def test_it_agrees_with_trying_them_all() -> None:
    draw = random.Random(7)

    def some(fields: str) -> Any:
        return {field: draw.choice([0, 1, True, "1", None, {">": 0}, {"in": [0, "1"]}]) for field in fields}

    patterns = [make(some(draw.choice(["a", "ab", "abc", "bc", "c"])), str(number)) for number in range(60)]
    index = PatternIndex().changed(patterns)
    for _ in range(300):
        body = {field: draw.choice([0, 1, 2.0, True, False, "1", "0", None, [], "x"]) for field in "abc"}
        expected: Tuple[Pattern, ...] = tuple(p for p in patterns if p.matches(call(body), body))[:MAX_MATCHES]
        assert index.match(call(body)) == expected


def test_the_same_content_has_the_same_id() -> None:
    one = compile_pattern(PatternSpec({"model": "m", "t": 1}, {"x": 1}))
    two = compile_pattern(PatternSpec({"t": 1, "model": "m"}, {"x": 1}))
    other = compile_pattern(PatternSpec({"t": 1, "model": "m"}, {"x": 2}))
    assert one.pattern_id == two.pattern_id != other.pattern_id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"confidence": 2}, "confidence"),
        ({"confidence": "high"}, "confidence"),
        ({"confidence": float("nan")}, "confidence"),
        ({"confidence": True}, "confidence"),
        ({"priority": 1.5}, "priority"),
        ({"priority": True}, "priority"),
        ({"pattern_id": ""}, "id"),
        ({"pattern_id": 7}, "id"),
    ],
)
def test_the_rest_of_a_pattern_is_checked_too(change: Any, message: str) -> None:
    with pytest.raises(PatternError, match=message):
        compile_pattern(PatternSpec({"model": "m"}, {"x": 1})._replace(**change))
