"""What holds for every request body, however strange, and every pattern."""

import copy
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from arc_runtime.errors import PatternError
from arc_runtime.model import PASS_THROUGH, Call
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.patterns.pattern import PatternSpec, compile_pattern
from arc_runtime.pipeline import Pipeline
from arc_runtime.snapshot import freeze

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["gpt-4", "user"])
)
strange = scalars | st.builds(object) | st.binary(max_size=3) | st.just(...)
values = st.recursive(
    strange,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "text", "a"]), inner)
    ),
    max_leaves=6,
)
messages = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": values}), max_size=4
)
bodies = st.dictionaries(
    st.sampled_from(["model", "temperature", "messages", "system", "instructions", "input", "prompt", "a"]),
    values | messages,
    max_size=6,
)
json_numbers = st.integers(-5, 5) | st.floats(-5, 5)
operations = st.sampled_from(["chat.completions", "messages", "responses", "completions", "embeddings"])
patterns = st.dictionaries(
    st.sampled_from(["model", "temperature", "messages[-1].content", "a", "a.content", "operation"]),
    st.sampled_from(["gpt-4", "user", "embeddings"])
    | st.fixed_dictionaries({">": json_numbers})
    | st.fixed_dictionaries({"contains": st.text(max_size=2)})
    | st.fixed_dictionaries({"missing": st.booleans()}),
    min_size=1,
    max_size=3,
)
fixes = st.fixed_dictionaries(
    {},
    optional={
        "temperature": json_numbers | st.just({"drop": True}) | st.just({"clamp": [0, 1]}) | st.just({"default": 1}),
        "a": st.just({"type": "x"}) | st.none() | st.just({"drop": True}),
        "messages[-1].content": st.text(max_size=3),
        "prompt_prefix": st.text(min_size=1, max_size=3)
        | st.fixed_dictionaries({"text": st.just("P "), "role": st.sampled_from(["system", "user"])}),
        "prompt_suffix": st.text(min_size=1, max_size=3)
        | st.fixed_dictionaries({"text": st.just(" S"), "role": st.sampled_from(["system", "user"])}),
    },
).filter(bool)


def call(body: Any, operation: str) -> Call:
    return Call("", "openai", operation, body, False, "", 0.0)


def shape(value: Any) -> Any:
    """Return something comparable, which keeps apart what JSON keeps apart; NaN equals itself."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return (type(value).__name__, id(value) if type(value) is object else repr(value))


def compiled_or_skipped(pattern: Any, fix: Any) -> Any:
    """Return the pattern; conditions that contradict each other are refused, and another example is taken."""
    try:
        return compile_pattern(PatternSpec(pattern, fix, "p"))
    except PatternError as error:
        assume("unreachable" not in str(error))
        raise


def pipeline(pattern: Any, fix: Any) -> Pipeline:
    return Pipeline(PatternIndex().changed([compiled_or_skipped(pattern, fix)]))


@given(bodies, patterns, fixes, operations)
def test_a_request_is_never_changed_in_place_and_never_raises(
    body: Any, pattern: Any, fix: Any, operation: str
) -> None:
    before = shape(body)
    decision = pipeline(pattern, fix).before(call(body, operation))
    assert shape(body) == before
    assert decision.changed is bool(decision.fixes) is (decision.reason == "fixed")
    if decision.body is not None:
        assert decision.body is not body
        assert shape(decision.body) != before


@given(bodies, fixes, operations)
def test_a_fix_applied_to_its_own_result_has_nothing_to_do(body: Any, fix: Any, operation: str) -> None:
    compiled = compile_pattern(PatternSpec({"model": "any"}, fix))
    for step in compiled.fixes:
        once, _ = step.apply(body, operation)
        twice, changes = step.apply(once, operation)
        assert twice is once
        assert changes == ()


@given(bodies, patterns, fixes, operations)
def test_the_index_and_the_pattern_agree(body: Any, pattern: Any, fix: Any, operation: str) -> None:
    compiled = compiled_or_skipped(pattern, fix)
    index = PatternIndex().changed([compiled])
    asked = call(body, operation)
    matches = compiled.matches(asked, body)
    assert index.match(asked) == ((compiled,) if matches else ())
    if not matches:
        assert pipeline(pattern, fix).before(asked) is PASS_THROUGH


@given(values)
def test_a_snapshot_shares_nothing_that_changes_and_is_plain(value: Any) -> None:
    def check(copied: Any, original: Any) -> None:
        assert copied is None or type(copied) in (str, int, float, bool, list, dict)
        if isinstance(copied, (list, dict)):
            assert copied is not original
        if isinstance(copied, list):
            for one, other in zip(copied, original):
                check(one, other)
        if isinstance(copied, dict):
            for key, one in copied.items():
                check(one, original[key])

    before = shape(value)
    check(freeze(value).value, value)
    assert shape(value) == before


def test_a_snapshot_is_bounded() -> None:
    wide = freeze(list(range(1_000_000))).value
    assert len(wide) < 30_000
    assert wide[-1] == "[cut]"
    loop: Any = {}
    loop["again"] = loop
    assert "[cut]" in str(freeze(copy.copy(loop)).value)
