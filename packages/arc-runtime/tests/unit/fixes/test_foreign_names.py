"""What is merely unknown may be newer than our tables, and stays; what is known as another API's goes."""

import pytest

from arc_runtime.model import Call
from arc_runtime.patterns.files import load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.pipeline import Pipeline

PACKS = ("openai_chat", "openai_responses", "anthropic_messages", "hygiene")
USER = {"role": "user", "content": "Hello"}
TOOL = {"name": "look", "description": "Look.", "input_schema": {"type": "object", "properties": {}}}
CHAT_TOOL = {"name": "look", "description": "Look.", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture(scope="module")
def pipeline():
    return Pipeline(PatternIndex().changed([p for name in PACKS for p in load_pack(name).patterns]))


def decided(pipeline, operation, body):
    provider = "anthropic" if operation == "messages" else "openai"
    return pipeline.before(Call("", provider, operation, body, False, "", 0.0)).body


def chat(message=None, **more):
    return "chat.completions", {"model": "gpt-4o", "messages": [message or USER], **more}


def responses(given="Hello", **more):
    return "responses", {"model": "gpt-4o", "input": given, **more}


def messages(message=None, **more):
    return "messages", {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": [message or USER], **more}


def part(kind="text", **more):
    return {"role": "user", "content": [{"type": kind, "text": "a", **more}]}


NEWER = [
    chat(shiny_mode="on"),
    chat({**USER, "shiny": 1}),
    chat(part(shiny=1)),
    chat({"role": "user", "content": [{"type": "hologram", "hologram": {}}]}),
    chat(tools=[{"type": "function", "function": {**CHAT_TOOL, "shiny": 1}}]),
    chat(tools=[{"type": "hologram"}]),
    chat(model="gpt-9", max_tokens=10_000_000, top_k=3, temperature=7),
    responses(shiny_mode={"a": 1}),
    responses([{"type": "hologram", "shiny": 1}]),
    responses([part("input_text", shiny=1)]),
    messages(shiny_mode=True),
    messages({**USER, "shiny": 1}),
    messages(part(shiny=1)),
    messages(part(cache_control={"type": "ephemeral", "scope": "global"})),
    messages(tools=[{**TOOL, "shiny": 1}]),
    messages(model="claude-opus-9", max_tokens=10_000_000, temperature=0.1, top_p=0.5),
]


@pytest.mark.parametrize(("operation", "body"), NEWER, ids=range(len(NEWER)))
def test_what_is_only_unknown_stays(pipeline, operation, body):
    assert decided(pipeline, operation, body) is None


FOREIGN = [
    (*chat(), {"min_p": 0.1, "guided_json": {}, "topK": 3, "thinking": {}}),
    (*responses(), {"seed": 3, "num_ctx": 4096, "extra_headers": {}}),
    (*messages(), {"n": 1, "logit_bias": {}, "repetition_penalty": 1.1}),
]


@pytest.mark.parametrize(("operation", "body", "foreign"), FOREIGN)
def test_what_is_known_as_anothers_goes(pipeline, operation, body, foreign):
    assert decided(pipeline, operation, {**body, **foreign}) == body
