"""Whatever is given to the parsers of patterns, fixes and packs: PatternError or a result, at once (slow: 10^6).

``pytest -m slow packages/arc-runtime/tests/property/test_pattern_parsers.py`` runs the long one.
"""

import json
import random
from time import perf_counter
from typing import Any, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arc_runtime.errors import PatternError
from arc_runtime.fixes import BODY_FIXES, PARAM_FIXES
from arc_runtime.patterns.files import parse_document, parse_pack
from arc_runtime.patterns.operators import OPERATORS
from arc_runtime.patterns.pattern import PatternSpec, compile_pattern
from arc_runtime.patterns.regexes import SafeRegex

LONGEST_S = 0.1
"""For one input; a first try may meet a garbage collection, so the best of three counts."""
PATHS = [
    "model",
    "messages[-1].content",
    "tools[*].function.name",
    "$model.family",
    "$tokens",
    "a.b[0]",
    "[",
    "",
    "$",
    "x[*][*][*]",
]
REGEXES = [
    "a+",
    "(a+)+",
    "(a|a)*",
    "a*a*a*a*",
    "(?=a)",
    "(a)\\1",
    "[",
    "a{9999}",
    "(?:x{1,5}y)+",
    "\\d{1,3}",
    "^a|b$",
    "a" * 600,
]
keys = st.sampled_from([*PATHS, *OPERATORS, *PARAM_FIXES, *BODY_FIXES]) | st.text(max_size=4)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(REGEXES)
values: Any = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)


def is_settled(pattern: Any, fix: Any) -> None:
    try:
        compile_pattern(PatternSpec(pattern, fix))
    except PatternError:
        return


@given(values, values)
@settings(max_examples=150)
def test_a_pattern_and_a_fix_compile_or_are_refused(pattern: Any, fix: Any) -> None:
    is_settled(pattern, fix)


@given(st.text(max_size=200) | values.map(lambda value: json.dumps(value, default=str)))
@settings(max_examples=100)
def test_a_pack_loads_or_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        parse_pack(text, "here")


@pytest.mark.parametrize(
    "text", ["(a+)+$", "(a|a)*$", "(a|ab)*c", "(.*)*", "a*b*c*d*e", "(?<=a)b", "(a)\\1", "(?(1)a)", "x{2000}"]
)
def test_an_expression_that_can_run_away_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        SafeRegex(text, "here")


@given(
    st.text("ab|()*+?{}[]^$.\\d,19", max_size=14), st.sampled_from(["a" * 2000, "ab" * 900, "1a" * 60, "a" * 149 + "!"])
)
@settings(max_examples=200, deadline=None)
def test_what_is_accepted_ends_soon_on_hostile_text(expression: str, text: str) -> None:
    try:
        regex = SafeRegex(expression, "here")
    except PatternError:
        return
    spent: List[float] = []
    for _ in range(3):
        started = perf_counter()
        regex.found_in(text)
        spent.append(perf_counter() - started)
    assert min(spent) < LONGEST_S


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ({"t": {">": 2, "<": 1}}, "contradictory"),
        ({"t": {"==": 1, ">": 2}}, "contradictory"),
        ({"t": {"missing": True, "prefix": "a"}}, "contradictory"),
        ({"t": {">": 1, "prefix": "a"}}, "different types"),
        ({"model.name": "x"}, "unreachable"),
        ({"a": 1, "a.b": 2}, "unreachable"),
        ({"$nothing": 1}, "no such fact"),
        ({"t": {"between": [2, 1]}}, "contradictory"),
    ],
)
def test_what_can_match_nothing_is_refused(pattern: Any, reason: str) -> None:
    with pytest.raises(PatternError, match=reason):
        compile_pattern(PatternSpec(pattern, {"t": 1}))


def _random_value(random_: random.Random, depth: int) -> Any:
    kind = random_.randrange(8 if depth else 5)
    if kind < 5:
        return random_.choice([None, True, 0, -1, 1.5, 10**30, "x", "", *REGEXES, *PATHS])
    size = random_.randrange(3)
    if kind == 5:
        return [_random_value(random_, depth - 1) for _ in range(size)]
    names = [*PATHS, *OPERATORS, *PARAM_FIXES, *BODY_FIXES, "id", "pattern", "fix", "source", "version", "patterns"]
    return {random_.choice(names): _random_value(random_, depth - 1) for _ in range(size + 1)}


@pytest.mark.slow
def test_a_million_inputs_end_in_a_result_or_a_refusal() -> None:
    random_ = random.Random(7)
    slowest = 0.0
    for number in range(1_000_000):
        pattern, fix = _random_value(random_, 4), _random_value(random_, 3)
        started = perf_counter()
        if number % 10:
            is_settled(pattern, fix)
        else:
            with pytest.raises(PatternError):
                parse_document(pattern, "here")
        slowest = max(slowest, perf_counter() - started)
        if slowest > LONGEST_S:
            started = perf_counter()
            is_settled(pattern, fix)
            slowest = min(slowest, perf_counter() - started)
            assert slowest < LONGEST_S, (pattern, fix)
