"""What is remembered of requests, and the gate in front of the packs, change no decision: on bodies of any kind."""

import copy
import enum
from collections import OrderedDict
from typing import Any, Dict, List, Tuple
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from arc_runtime import guard
from arc_runtime.config import DEFAULT_PACKS
from arc_runtime.fixes import RISKS
from arc_runtime.fixes.contract import operations
from arc_runtime.fixes.models import family_of
from arc_runtime.interceptors.observer import FAILED
from arc_runtime.model import Call, Decision
from arc_runtime.patterns.files import load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.patterns.signs import claude, messages, seen, tools
from arc_runtime.patterns.signs.parameters import look
from arc_runtime.pipeline import Pipeline

PATTERNS = [pattern for name in DEFAULT_PACKS for pattern in load_pack(name, golden=False).patterns]
GATED, OPEN = (Pipeline(PatternIndex().changed(PATTERNS), 0.0, RISKS) for _ in range(2))
OPEN.index.tables._gated = False


class Word(str, enum.Enum):
    """A text of a class of the application's own."""

    USER = "user"
    STRING = "string"


twins = st.sampled_from([0, 1, 2, 0.0, 1.0, 0.5, True, False, None, "", "1", "auto", "none", "x" * 300, -1, 10**9])
containers = st.one_of(
    st.lists(twins, max_size=2),
    st.dictionaries(st.sampled_from(["type", "effort", "include_usage", "user_id", "format"]), twins, max_size=2),
    st.sampled_from([(), {"type": "json_object"}, {"type": "enabled", "budget_tokens": 2000}, {1, 2}, b"bytes"]),
)
values = twins | containers
contents = st.sampled_from(
    ["hi", "", " ", None, [], [{"type": "text", "text": "hi"}], [{"type": "text"}], 7, Word.USER]
)
roles = st.sampled_from(["user", "assistant", "system", "developer", "tool", "human", Word.USER, None, 1, []])
message = st.one_of(
    st.fixed_dictionaries({"role": roles, "content": contents}),
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": st.just("hi")}),
    st.fixed_dictionaries({"role": roles, "content": contents, "name": twins}),
    st.sampled_from(["hi", None, {}, {"role": "user"}, OrderedDict(role="user", content="hi")]),
)
conversations = st.lists(message, max_size=4) | st.sampled_from([(), None, "hi", {}])
schemas = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["object", "string", Word.STRING, None]),
        "properties": st.just({"a": {"type": "string"}}),
    },
    optional={"additionalProperties": twins, "required": st.just(["a"])},
)
tool = st.one_of(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["a", "a b"]), "parameters": schemas}, optional={"strict": twins}
    ).map(lambda function: {"type": "function", "function": function}),
    st.fixed_dictionaries({"name": st.just("a"), "input_schema": schemas}),
    st.fixed_dictionaries({"type": st.just("function"), "name": st.just("a"), "parameters": schemas}),
)
models = st.sampled_from(["gpt-4o", "o3", "o1-mini", "gpt-5", "claude-sonnet-4-5", "claude-3-5-haiku-latest", "mine"])
parameters = sorted({name for documented in operations().values() for name in documented.parameters} | {"unheard_of"})
bodies = st.builds(
    lambda parts, rest: {**rest, **parts},
    st.fixed_dictionaries(
        {"model": models},
        optional={
            "messages": conversations,
            "input": conversations,
            "tools": st.lists(tool, max_size=2) | st.sampled_from([(), None]),
            "max_tokens": twins,
        },
    ),
    st.dictionaries(st.sampled_from(parameters), values, max_size=3),
)
calls = st.tuples(st.sampled_from(sorted(operations())), bodies)


def decide(pipeline: Pipeline, operation: str, body: Dict[str, Any]) -> Tuple[Any, ...]:
    provider = "anthropic" if operation.startswith("messages") else "openai"
    call = Call("", provider, operation, body, False, "", 0.0)
    loud = guard.reraise(False)  # what a fix cannot read goes out as it is, remembered or not
    decision: Decision = guard.run("pipeline.before", FAILED, pipeline.before, call)
    guard.reraise(loud)
    return repr(decision.body), [fix.pattern_id for fix in decision.fixes], decision.reason


def slowly(operation: str, body: Dict[str, Any]) -> Tuple[Any, ...]:
    """Decide with nothing remembered, no gate, and every message looked at."""
    seen._forms.clear()
    tools._remembered.clear()
    loop = mock.patch.object(messages, "plain_roles", return_value=None)
    with loop, mock.patch.object(claude, "plain_roles", return_value=None):
        return decide(OPEN, operation, body)


@given(st.lists(calls, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_what_is_remembered_changes_no_decision(requests: List[Tuple[str, Dict[str, Any]]]) -> None:
    before = copy.deepcopy(requests)
    expected = [slowly(operation, body) for operation, body in requests]
    seen._forms.clear()
    tools._remembered.clear()
    assert [decide(GATED, operation, body) for operation, body in requests * 2] == expected * 2
    assert repr(requests) == repr(before)


class Watched(Dict[str, Any]):
    """Notes the names whose values are read."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.read: List[str] = []

    def get(self, name: Any, default: Any = None) -> Any:
        self.read.append(name)
        return super().get(name, default)

    def __getitem__(self, name: Any) -> Any:
        self.read.append(name)
        return super().__getitem__(name)


@given(calls)
@settings(max_examples=60, deadline=None)
def test_the_checks_read_no_value_that_is_said_to_be_unread(request: Tuple[str, Dict[str, Any]]) -> None:
    operation, body = request
    watched = Watched(body)
    look(operation, operations()[operation], watched, family_of(body["model"]))
    if seen.READS_ALL.isdisjoint(body):
        assert seen.UNREAD.intersection(watched.read) <= seen.EMPTY


def test_true_is_not_taken_for_the_one_that_was_seen() -> None:
    def tool(strict: Any) -> Dict[str, Any]:
        schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": strict}
        return {"type": "function", "function": {"name": "a", "strict": True, "parameters": schema}}

    copied = tools._Copy().parts({"tools": [tool(False), 1.5, "text", None]})
    assert copied == {"tools": [tool(False), 1.5, "text", None]}
    for other in (tool(0), tool(0.0), tool(None), tool("")):
        assert copied != {"tools": [other, 1.5, "text", None]}


def test_what_is_remembered_is_bounded() -> None:
    documented = operations()["chat.completions"]
    for number in range(3 * seen.MAX_VALUES):
        body = {"model": "gpt-4o", "max_tokens": number, "metadata": {"n": str(number)}}
        seen.remembered("chat.completions", documented, body, tuple)
    for number in range(2 * seen.MAX_FORMS):
        seen.remembered("chat.completions", documented, {"model": "gpt-4o", f"x{number}": 1}, tuple)
    assert len(seen._forms) <= seen.MAX_FORMS
    assert all(form is None or len(form.found) <= seen.MAX_VALUES for form in seen._forms.values())
    assert tools._Copy().parts({"tools": [{}] * (tools.MAX_REMEMBERED_VALUES + 1)}) is None
    assert tools._Copy().parts({"tools": ["x" * 64 * tools.MAX_REMEMBERED_VALUES]}) is None
