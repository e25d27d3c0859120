"""What every fix promises, for each one in the registries: a fix without a case here fails."""

import copy
from typing import Any, Dict, List, Tuple

import pytest

from arc_runtime.fixes import PARAM_FIXES, PROMPT_FIXES
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
