"""What every fix promises, for each one in the registries: a fix without a case here fails."""

import copy
from typing import Any, Dict, List, Tuple

import pytest

from arc_runtime.fixes import BODY_FIXES, PARAM_FIXES, PROMPT_FIXES
from arc_runtime.fixes.parse import parse_fix
from arc_runtime.model import Change

SPECS: Dict[str, Dict[str, Any]] = {
    "clamp": {"temperature": {"clamp": [0, 1]}},
    "default": {"seed": {"default": {"nested": [1]}}},
    "drop": {"temperature": {"drop": True}},
    "rename": {"temperature": {"rename": "heat"}},
    "set": {"response_format": {"set": {"type": "json_object"}}},
    "prompt_prefix": {"prompt_prefix": "A "},
    "prompt_suffix": {"prompt_suffix": {"text": " Z", "role": "user"}},
}
U = {"role": "user", "content": "U"}
CHAT = {"model": "gpt-4o", "messages": [U]}
CLAUDE = {"model": "claude-sonnet-4-5", "max_tokens": 2000, "messages": [U]}
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "a:1", "name": "f", "input": "{}"}]}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a:1", "content": "R"}]}
PDF = {"type": "image", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}}
CACHED = [{"type": "text", "text": str(n), "cache_control": {"type": "ephemeral"}} for n in range(5)]
WHOLE: Dict[str, Tuple[str, Dict[str, Any]]] = {
    "cache_breakpoints": ("messages", {**CLAUDE, "system": CACHED}),
    "call_ids": ("messages", {**CLAUDE, "messages": [U, USE, RESULT]}),
    "clamp_ranges": ("chat.completions", {**CHAT, "temperature": 9}),
    "coerce_types": ("chat.completions", {**CHAT, "temperature": "1.5"}),
    "content_parts": ("chat.completions", {**CHAT, "messages": [{"role": "user", "content": ["U"]}]}),
    "drop_unknown": ("chat.completions", {**CHAT, "top_k": 1}),
    "effort": ("chat.completions", {"model": "gpt-5.1", "messages": [U], "reasoning_effort": "max"}),
    "effort_object": ("responses", {"model": "gpt-5", "input": "U", "reasoning": "low"}),
    "first_message": ("messages", {**CLAUDE, "messages": [{"role": "assistant", "content": "A"}, U]}),
    "forced_tool": ("messages", {**CLAUDE, "model": "claude-opus-5-5", "tool_choice": {"type": "any"}}),
    "images": ("messages", {**CLAUDE, "messages": [{"role": "user", "content": [PDF]}]}),
    "include_reasoning": ("responses", {"model": "gpt-4o", "input": "U", "include": ["reasoning.encrypted_content"]}),
    "item_links": ("responses", {"model": "o3", "input": [U, {"type": "reasoning", "id": "rs_1", "summary": []}, U]}),
    "json_instruction": ("chat.completions", {**CHAT, "response_format": {"type": "json_object"}}),
    "message_content": ("chat.completions", {**CHAT, "messages": [{"role": "user", "content": None}]}),
    "message_fields": ("chat.completions", {**CHAT, "messages": [{**U, "id": "m"}]}),
    "message_roles": ("chat.completions", {**CHAT, "messages": [{"role": "Human", "content": "U"}]}),
    "metadata_limits": ("chat.completions", {**CHAT, "metadata": {"a": 1}}),
    "pair_tools": ("chat.completions", {**CHAT, "messages": [U, {"role": "tool", "content": "R"}]}),
    "prefill": (
        "messages",
        {**CLAUDE, "model": "claude-opus-4-6", "messages": [U, {"role": "assistant", "content": "A"}]},
    ),
    "rename_aliases": ("responses", {"model": "gpt-4o", "messages": [U]}),
    "response_format_form": ("chat.completions", {**CHAT, "response_format": "json"}),
    "route": ("chat.completions", CHAT),
    "stop_limits": ("messages", {**CLAUDE, "stop_sequences": [" "]}),
    "stream_settings": ("chat.completions", {**CHAT, "stream_options": {"include_usage": True}}),
    "strict_schemas": (
        "responses",
        {
            "model": "gpt-4o",
            "input": "U",
            "tools": [{"type": "function", "strict": True, "parameters": {"type": "object"}}],
        },
    ),
    "system_blocks": ("messages", {**CLAUDE, "system": ["S"]}),
    "system_role": ("messages", {**CLAUDE, "messages": [{"role": "system", "content": "S"}, U]}),
    "thinking_form": ("messages", {**CLAUDE, "thinking": {"type": "adaptive"}}),
    "token_limit": ("chat.completions", {"model": "o3", "messages": [U], "max_tokens": 9}),
    "tool_calls_form": ("messages", {**CLAUDE, "messages": [U, USE, RESULT]}),
    "tool_choice_form": ("chat.completions", {**CHAT, "tool_choice": "auto"}),
    "tool_descriptions": (
        "chat.completions",
        {**CHAT, "tools": [{"type": "function", "function": {"name": "f", "description": "d" * 1025}}]},
    ),
    "tool_names": ("chat.completions", {**CHAT, "tools": [{"type": "function", "function": {"name": "a.b"}}]}),
    "tool_schemas": ("messages", {**CLAUDE, "tools": [{"name": "f", "input_schema": {}}]}),
    "tool_shape": ("messages", {**CLAUDE, "tools": [{"type": "function", "function": {"name": "f"}}]}),
    "tool_stubs": ("messages", {**CLAUDE, "messages": [U, USE, RESULT]}),
    "trailing_space": ("messages", {**CLAUDE, "messages": [U, {"role": "assistant", "content": "A "}]}),
}
"""A request for each repair of a whole area, in which it finds something to do."""
BODIES: List[Tuple[str, Any]] = [
    ("chat.completions", {"temperature": 1.5, "messages": [{"role": "user", "content": "U"}]}),
    (
        "messages",
        {"temperature": 1.5, "system": [{"type": "text", "text": "S"}], "messages": [{"role": "user", "content": "U"}]},
    ),
    ("responses", {"temperature": 1.5, "input": "U"}),
    ("completions", {"temperature": 1.5, "prompt": "U"}),
]
ODD: List[Any] = [
    {},
    {"messages": None},
    {"messages": [None, 1, {"role": "user"}]},
    {"prompt": 1, "input": {}},
    {"temperature": []},
]
NAMES = sorted({**PARAM_FIXES, **PROMPT_FIXES})
HOSTILE: List[Any] = [
    {"messages": [None, 1, "x", [], {"role": 1, "content": {}}, {"role": "user", "content": [None, 1, {"type": 2}]}]},
    {
        "messages": [
            {"role": "assistant", "tool_calls": [None, 1, {}, {"id": 3, "function": {"arguments": {1: object()}}}]}
        ]
    },
    {"messages": {}, "tools": {"a": 1}, "stop": {}, "metadata": [], "thinking": 3, "system": 4, "include": "x"},
    {
        "tools": [
            None,
            1,
            {"function": 2},
            {"name": 3, "input_schema": "{"},
            {"type": "function", "function": {"name": []}},
        ]
    },
    {"input": [None, {"type": []}, {"type": "function_call", "arguments": 1, "id": 2}, {"role": "tool"}]},
    {
        "model": 7,
        "max_tokens": "x",
        "temperature": {},
        "tool_choice": [1],
        "response_format": [],
        "text": {"format": 3},
    },
    {
        "messages": [
            {"role": "user", "content": [{"type": "tool_result", "content": [3]}, {"type": "image", "source": 1}]}
        ]
    },
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("operation", "body"), BODIES, ids=[operation for operation, _ in BODIES])
def test_it_changes_a_copy_says_what_and_has_nothing_left_to_do(name: str, operation: str, body: Any) -> None:
    (fix,) = parse_fix(SPECS[name])
    before = copy.deepcopy(body)
    fixed, changes = fix.apply(body, operation)
    assert body == before
    assert fixed is not body
    assert fixed != body
    assert changes
    assert all(isinstance(change, Change) for change in changes)
    again, nothing = fix.apply(fixed, operation)
    assert again is fixed
    assert nothing == ()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("body", ODD, ids=repr)
@pytest.mark.parametrize("operation", ["chat.completions", "messages", "responses", "completions", "embeddings"])
def test_a_body_of_an_odd_shape_is_no_error(name: str, body: Any, operation: str) -> None:
    (fix,) = parse_fix(SPECS[name])
    before = copy.deepcopy(body)
    fixed, changes = fix.apply(body, operation)
    assert body == before
    assert (fixed is body) is (changes == ())
    assert fix.apply(fixed, operation) == (fixed, ())


def test_every_repair_of_an_area_has_a_case() -> None:
    assert set(WHOLE) == set(BODY_FIXES)


@pytest.mark.parametrize("name", sorted(BODY_FIXES))
def test_a_repair_changes_a_copy_says_what_and_has_nothing_left_to_do(name: str) -> None:
    (fix,) = parse_fix({name: {"model": "other"} if name == "route" else True})
    operation, body = WHOLE[name]
    before = copy.deepcopy(body)
    fixed, changes = fix.apply(body, operation)
    assert body == before
    assert fixed != body
    assert changes
    again, nothing = fix.apply(fixed, operation)
    assert again == fixed
    assert nothing == ()


@pytest.mark.parametrize("name", sorted(BODY_FIXES))
@pytest.mark.parametrize("operation", ["chat.completions", "messages", "responses", "completions", "embeddings"])
def test_a_repair_of_a_hostile_body_never_raises_and_settles(name: str, operation: str) -> None:
    (fix,) = parse_fix({name: {"model": "other"} if name == "route" else True})
    for model in ("gpt-4o", "o1-mini", "claude-sonnet-4-5", "claude-opus-5-5", "unknown"):
        for body in [*HOSTILE, *ODD]:
            once, _ = fix.apply({"model": model, **body}, operation)
            assert fix.apply(once, operation)[1] == ()
