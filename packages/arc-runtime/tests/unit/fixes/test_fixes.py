import copy
from typing import Any, Dict

import pytest

from arc_runtime.errors import PatternError
from arc_runtime.fixes import BODY_FIXES, PARAM_FIXES, PROMPT_FIXES
from arc_runtime.fixes.parse import parse_fix
from arc_runtime.model import MISSING

PARTS = [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "x"}}]


def apply(fix: Any, body: Dict[str, Any], operation: str = "chat.completions") -> Any:
    """Apply a fix, and check on the way what every fix promises."""
    before = copy.deepcopy(body)
    fixed, changes = body, ()
    for step in parse_fix(fix):
        fixed, done = step.apply(fixed, operation)
        changes += done
    assert body == before, "the given body is unchanged"
    assert (fixed is body) is (not changes)
    again = fixed
    for step in parse_fix(fix):
        again, _ = step.apply(again, operation)
    assert again == fixed, "twice is once"
    return fixed


@pytest.mark.parametrize(
    ("fix", "body", "fixed"),
    [
        ({"t": 0.7}, {"t": 1, "m": "x"}, {"t": 0.7, "m": "x"}),
        ({"t": 0.7}, {}, {"t": 0.7}),
        ({"t": {"set": {"drop": 1}}}, {}, {"t": {"drop": 1}}),
        ({"t": {"type": "json"}}, {"t": 1}, {"t": {"type": "json"}}),
        ({"t": None}, {"t": 1}, {"t": None}),
        ({"t": True}, {"t": 1}, {"t": True}),
        ({"a.b": 1}, {"a": {"c": 2}}, {"a": {"c": 2, "b": 1}}),
        ({"a.b": 1}, {}, {"a": {"b": 1}}),
        ({"a.b": 1}, {"a": "text"}, {"a": "text"}),
        ({"m[-1].x": 1}, {"m": [{}, {"y": 2}]}, {"m": [{}, {"y": 2, "x": 1}]}),
        ({"m[0].x": 1}, {"m": []}, {"m": []}),
        ({"m[0].x": 1}, {}, {}),
        ({"t": {"drop": True}}, {"t": None, "u": 1}, {"u": 1}),
        ({"t": {"drop": True}}, {"u": 1}, {"u": 1}),
        ({"a.b": {"drop": True}}, {"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}),
        ({"t": {"default": 5}}, {}, {"t": 5}),
        ({"t": {"default": 5}}, {"t": None}, {"t": None}),
        ({"t": {"clamp": [0, 1]}}, {"t": 1.5}, {"t": 1}),
        ({"t": {"clamp": [0, None]}}, {"t": -1}, {"t": 0}),
        ({"t": {"clamp": [0, 1]}}, {"t": "hot"}, {"t": "hot"}),
        ({"t": {"clamp": [0, 1]}}, {"t": True}, {"t": True}),
        ({"t": {"clamp": [0, 1]}}, {}, {}),
        ({"a": 1, "b": {"drop": True}}, {"b": 2}, {"a": 1}),
    ],
)
def test_parameters(fix: Any, body: Any, fixed: Any) -> None:
    result = apply(fix, body)
    assert result == fixed
    assert str(result) == str(fixed), "1, 1.0 and True are told apart"


def chat(*messages: Any) -> Dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in messages]}


@pytest.mark.parametrize(
    ("operation", "fix", "body", "fixed"),
    [
        ("chat.completions", "A ", chat(("system", "S"), ("user", "U")), chat(("system", "A S"), ("user", "U"))),
        ("chat.completions", "A ", chat(("developer", "S")), chat(("developer", "A S"))),
        ("chat.completions", "A ", chat(("user", "U")), chat(("system", "A "), ("user", "U"))),
        ("chat.completions", "A ", {"messages": "no list"}, {"messages": "no list"}),
        ("chat.completions", "A ", {}, {}),
        ("chat.completions", "A ", chat(("system", None)), chat(("system", "A "))),
        ("chat.completions", "A ", chat(("system", 7)), chat(("system", 7))),
        (
            "chat.completions",
            {"text": "A ", "role": "user"},
            chat(("user", "old"), ("user", PARTS), ("assistant", "x")),
            chat(("user", "old"), ("user", [{"type": "text", "text": "A Hi"}, PARTS[1]]), ("assistant", "x")),
        ),
        (
            "chat.completions",
            {"text": "A ", "role": "user"},
            chat(("user", [PARTS[1]])),
            chat(("user", [{"type": "text", "text": "A "}, PARTS[1]])),
        ),
        ("chat.completions", {"text": "A ", "role": "user"}, chat(("system", "S")), chat(("system", "S"))),
        ("messages", "A ", {"messages": []}, {"messages": [], "system": "A "}),
        ("messages", "A ", {"system": "S", "messages": []}, {"system": "A S", "messages": []}),
        (
            "messages",
            "A ",
            {"system": [{"type": "text", "text": "S", "cache_control": {}}], "messages": []},
            {"system": [{"type": "text", "text": "A S", "cache_control": {}}], "messages": []},
        ),
        ("responses", "A ", {"input": "U"}, {"input": "U", "instructions": "A "}),
        ("responses", "A ", {"input": "U", "instructions": "S"}, {"input": "U", "instructions": "A S"}),
        ("responses", {"text": "A ", "role": "user"}, {"input": "U"}, {"input": "A U"}),
        (
            "responses",
            {"text": "A ", "role": "user"},
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            {"input": [{"role": "user", "content": [{"type": "input_text", "text": "A "}, {"type": "input_image"}]}]},
        ),
        ("completions", "A ", {"prompt": "U"}, {"prompt": "A U"}),
        ("completions", "A ", {"prompt": [1, 2]}, {"prompt": [1, 2]}),
    ],
)
def test_prompts(operation: str, fix: Any, body: Any, fixed: Any) -> None:
    assert apply({"prompt_prefix": fix}, body, operation) == fixed


def test_a_suffix_goes_to_the_end() -> None:
    body = chat(("system", "S"), ("user", PARTS))
    assert apply({"prompt_suffix": " Z"}, body)["messages"][0]["content"] == "S Z"
    fixed = apply({"prompt_suffix": {"text": " Z", "role": "user"}, "prompt_prefix": "A "}, body)
    assert fixed == chat(("system", "A S"), ("user", [{"type": "text", "text": "Hi Z"}, PARTS[1]]))


def test_changes_say_what_was_and_what_is() -> None:
    (fix,) = parse_fix({"t": {"drop": True}})
    assert fix.apply({"t": 1}, "")[1] == (("t", 1, MISSING),)
    (fix,) = parse_fix({"prompt_prefix": "A "})
    assert fix.apply(chat(("system", "S")), "chat.completions")[1] == (("messages[0].content", "S", "A S"),)


def test_a_value_is_never_shared_between_requests() -> None:
    given = {"type": "json"}
    (fix,) = parse_fix({"response_format": {"set": given}})
    one = fix.apply({}, "")[0]
    one["response_format"]["type"] = "spoiled"
    given["type"] = "spoiled"
    assert fix.apply({}, "")[0] == {"response_format": {"type": "json"}}


@pytest.mark.parametrize(
    ("fix", "message"),
    [
        ({}, "at least one"),
        (None, "expected an object"),
        ({1: 2}, "the key 1"),
        ({"t": object()}, r"fix\.t: a object"),
        ({"t": float("nan")}, "nan"),
        ({"t": {"drop": 1}}, "expected true"),
        ({"m[0]": {"drop": True}}, "cannot be dropped"),
        ({"t": {"drop": True, "set": 1}}, "one operation"),
        ({"t": {"clamp": [1, 0]}}, "above"),
        ({"t": {"clamp": 3}}, "lowest, highest"),
        ({"t": {"clamp": [None, "x"]}}, "lowest, highest"),
        ({"stream": False}, "what type of object"),
        ({"operation": "x"}, "no part of the body"),
        ({"a": {"set": {}}, "a.b": 1}, "same place"),
        ({"a.b": 1, "a": 2}, "same place"),
        ({"prompt_prefix": ""}, "not empty"),
        ({"prompt_prefix": 7}, "expected a text"),
        ({"prompt_prefix": {"text": "x", "role": "assistant"}}, "system or user"),
        ({"prompt_suffix": {"text": "x", "at": 1}}, "expected a text or"),
        ({"a b": 1}, "is not a path"),
    ],
)
def test_a_wrong_fix_is_refused_with_place_and_reason(fix: Any, message: str) -> None:
    with pytest.raises(PatternError, match=message):
        parse_fix(fix)


def test_every_fix_of_the_registry_can_be_made() -> None:
    values = {"clamp": [0, 1], "default": 1, "drop": True, "rename": "u", "set": 1}
    assert set(values) == set(PARAM_FIXES)
    for name, value in values.items():
        assert parse_fix({"t": {name: value}})
    for name in PROMPT_FIXES:
        assert parse_fix({name: "x"})
    for name in BODY_FIXES:
        assert parse_fix({name: {"model": "m"} if name == "route" else True})
