from enum import Enum
from typing import Any

import pytest

from arc_runtime.errors import PatternError
from arc_runtime.patterns.conditions import OPERATORS, parse_conditions

NESTED = {
    "messages": [{"content": "a"}, {"content": "Hello"}],
    "response_format": {"type": "json_object"},
    "parts": [{"type": "text", "text": "one"}, {"type": "image"}, {"type": "text", "text": "two"}],
    "stop": ["x", "y"],
    "t": 0.95,
    "n": None,
    "flag": True,
    "count": 1,
}


def holds(pattern: Any, body: Any = None) -> bool:
    return all(condition.holds(NESTED if body is None else body) for condition in parse_conditions(pattern))


class Kind(str, Enum):
    GPT = "gpt-4"


@pytest.mark.parametrize(
    "pattern",
    [
        {"t": {">": 0.9}},
        {"t": {">=": 0.95, "<=": 0.95}},
        {"t": {"<": 1, ">": 0}},
        {"t": {"!=": 0.9}},
        {"count": 1.0},
        {"count": {"in": [3, 1]}},
        {"count": {"not_in": [2, "1", True]}},
        {"flag": True},
        {"n": None},
        {"n": {"exists": True}},
        {"n": {"missing": False}},
        {"nothing": {"exists": False}},
        {"nothing": {"missing": True}},
        {"messages[-1].content": {"prefix": "Hel", "suffix": "lo", "contains": "ell"}},
        {"messages[0].content": "a"},
        {"response_format.type": "json_object"},
        {"response_format": {"==": {"type": "json_object"}}},
        {"stop": ["x", "y"]},
        {"stop": {"contains": "y"}},
        {"parts": {"contains": "wo", "prefix": "on", "suffix": "o"}},
    ],
)
def test_it_holds(pattern: Any) -> None:
    assert holds(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        {"t": {">": 0.95}},
        {"count": True},
        {"flag": 1},
        {"flag": {">": 0}},
        {"n": {">": 0}},
        {"n": {"!=": "x"}},
        {"n": {"not_in": ["x"]}},
        {"nothing": {"!=": 1}},
        {"nothing": None},
        {"messages[2].content": "a"},
        {"messages[-3].content": "a"},
        {"messages.content": "a"},
        {"t[0]": 1},
        {"t.x": {"exists": True}},
        {"stop": {"contains": "z"}},
        {"stop": {">": 1}},
        {"stop": {"prefix": "x"}},
        {"messages[-1].content": {"contains": "hello"}},
        {"response_format": {"==": {"type": "json_object", "x": 1}}},
    ],
)
def test_it_does_not_hold(pattern: Any) -> None:
    assert not holds(pattern)


def test_an_enum_of_texts_is_its_text() -> None:
    assert holds({"model": "gpt-4"}, {"model": Kind.GPT})


@pytest.mark.parametrize("operator", sorted(OPERATORS))
@pytest.mark.parametrize("value", [object(), float("nan"), float("inf"), 10**400, {1: 2}, [[]], b"x", Ellipsis])
def test_strange_values_never_raise(operator: str, value: Any) -> None:
    operand = {
        **{"in": [1], "not_in": [1], "exists": True, "missing": True, "prefix": "x", "suffix": "x"},
        **{
            "regex": "x",
            "similar": "x",
            "type": "string",
            "between": [0, 1],
            "any": {"a": 1},
            "all": {">": 0},
            "not": {"==": 1},
        },
    }.get(operator, 1)
    holds({"t": {operator: operand}}, {"t": value})


def test_an_object_with_a_bad_temper_is_not_asked() -> None:
    class Angry:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __gt__ = __eq__
        __hash__ = None  # type: ignore[assignment]

    for operator in (">", "==", "!=", "contains"):
        assert not holds({"t": {operator: 1}}, {"t": Angry()})


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ({}, "empty"),
        ([], "expected an object"),
        (None, "expected an object"),
        ({"t": {"=>": 1}}, r"pattern\.t: unknown operator '=>'"),
        ({"t": {1: 1}}, "the key 1 is no text"),
        ({"t": {}}, "says nothing"),
        ({"t": {">": "hot"}}, r"pattern\.t\.>: expected a number"),
        ({"t": {">": True}}, "expected a number"),
        ({"t": {">": float("nan")}}, "no JSON form"),
        ({"t": float("inf")}, "no JSON form"),
        ({"t": {"in": 3}}, "list"),
        ({"t": {"in": []}}, "not empty"),
        ({"t": {"prefix": ""}}, "expected a text"),
        ({"t": {"exists": 1}}, "expected a bool"),
        ({"t": object()}, r"pattern\.t: a object has no JSON form"),
        ({"t": [1, {"a": {1: 2}}]}, r"pattern\.t\[1\]\.a: the key 1"),
        ({1: 2}, "the key 1"),
        ({"": 1}, "is not a path"),
        ({"a..b": 1}, "from character 2"),
        ({"a[x]": 1}, "from character 2"),
        ({"[0]": 1}, "is not a path"),
        ({"a b": 1}, "from character 2"),
        ({".a": 1}, "is not a path"),
    ],
)
def test_a_wrong_pattern_is_refused_with_place_and_reason(pattern: Any, message: str) -> None:
    with pytest.raises(PatternError, match=message):
        parse_conditions(pattern)


def test_a_pattern_that_holds_itself_is_refused() -> None:
    loop: Any = []
    loop.append(loop)
    with pytest.raises(PatternError, match="deeper"):
        parse_conditions({"t": loop})


def test_later_edits_of_the_pattern_change_nothing() -> None:
    models = ["gpt-4"]
    conditions = parse_conditions({"model": {"in": models}})
    models.append("gpt-5")
    assert not conditions[0].holds({"model": "gpt-5"})
