"""Requests that the providers document as valid are never changed, in whatever combination: by all default packs."""

import copy
from typing import Any, Dict, List

from hypothesis import given, settings
from hypothesis import strategies as st

from arc_runtime.config import DEFAULT_PACKS
from arc_runtime.fixes import RISKS
from arc_runtime.model import PASS_THROUGH, Call
from arc_runtime.patterns.files import load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.pipeline import Pipeline

PATTERNS = [pattern for name in DEFAULT_PACKS for pattern in load_pack(name, golden=False).patterns]
PIPELINE = Pipeline(PatternIndex().changed(PATTERNS), 0.0, RISKS)

words = st.text("abc xyz.,é漢\n", min_size=1, max_size=12).map(lambda text: "w" + text + "w")
names = st.text("abcXYZ019_-", min_size=1, max_size=64)
ids = st.text("abc019_-", min_size=1, max_size=34).map(lambda text: "call_" + text)


def some(**parts: Any) -> Any:
    return st.fixed_dictionaries({}, optional=parts)


scalar_schemas = st.one_of(
    st.just({"type": "string"}),
    st.just({"type": "integer", "minimum": 0}),
    st.just({"type": ["number", "null"]}),
    st.just({"type": "boolean"}),
    st.just({"enum": ["a", "b"]}),
    st.just({"type": "object", "additionalProperties": {"type": "string"}}),
    words.map(lambda text: {"type": "string", "description": text, "default": text}),
)
value_schemas = scalar_schemas | scalar_schemas.map(lambda inner: {"type": "array", "items": inner})
schemas = st.dictionaries(names, value_schemas, max_size=3).map(
    lambda properties: {"type": "object", "properties": properties, "required": sorted(properties)[:1]}
)
strict_schemas = st.dictionaries(names, st.sampled_from([{"type": "string"}, {"type": "integer"}]), max_size=3).map(
    lambda properties: {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
)


@st.composite
def chat_tools(draw: Any) -> List[Any]:
    made = []
    for name in draw(st.lists(names, min_size=1, max_size=3, unique=True)):
        strict = draw(st.booleans())
        function = {"name": name, "parameters": draw(strict_schemas if strict else schemas)}
        if strict:
            function["strict"] = True
        if draw(st.booleans()):
            function["description"] = draw(words)
        made.append({"type": "function", "function": function})
    return made


@st.composite
def chat_messages(draw: Any) -> List[Any]:
    messages = draw(st.sampled_from([[], [{"role": "system", "content": "Be brief, in JSON."}]]))
    messages = [*messages, {"role": "user", "content": draw(words) + " json"}]
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["text", "tools", "parts"]))
        if kind == "text":
            answer = {"role": "assistant", "content": draw(words), "refusal": None, "annotations": []}
            messages += [answer, {"role": "user", "content": draw(words), "name": draw(names)}]
        elif kind == "parts":
            image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
            messages.append({"role": "user", "content": [{"type": "text", "text": draw(words)}, image]})
        else:
            calls = [
                {"id": call_id, "type": "function", "function": {"name": draw(names), "arguments": "{}"}}
                for call_id in draw(st.lists(ids, min_size=1, max_size=3, unique=True))
            ]
            messages.append({"role": "assistant", "content": draw(st.none() | words), "tool_calls": calls})
            order = draw(st.permutations(calls))
            messages += [{"role": "tool", "tool_call_id": call["id"], "content": draw(words)} for call in order]
    return messages


@st.composite
def chats(draw: Any) -> Dict[str, Any]:
    model = draw(st.sampled_from(["gpt-4o", "gpt-4o-mini-2024-07-18", "gpt-4.1", "ft:gpt-4o-mini:org::x"]))
    body = {"model": model, "messages": draw(chat_messages())}
    body.update(
        draw(
            some(
                temperature=st.floats(0, 2),
                top_p=st.floats(0, 1),
                presence_penalty=st.floats(-2, 2),
                frequency_penalty=st.integers(-2, 2),
                max_tokens=st.none() | st.integers(1, 16384),
                n=st.integers(1, 128),
                stop=words | st.lists(words, min_size=1, max_size=4) | st.none(),
                seed=st.integers(0, 2**31),
                user=words,
                logit_bias=st.just({"50256": -100}),
                metadata=st.dictionaries(names, words, max_size=3),
                response_format=st.sampled_from([{"type": "text"}, {"type": "json_object"}]),
                service_tier=st.just("auto"),
                store=st.booleans(),
            )
        )
    )
    if draw(st.booleans()):
        body["tools"] = draw(chat_tools())
        body.update(
            draw(some(tool_choice=st.sampled_from(["auto", "none", "required"]), parallel_tool_calls=st.booleans()))
        )
    if draw(st.booleans()):
        body.update({"stream": True, "stream_options": {"include_usage": True}})
    return body


@st.composite
def reasoning_chats(draw: Any) -> Dict[str, Any]:
    model, efforts = draw(
        st.sampled_from(
            [("o3", ["low", "medium", "high"]), ("gpt-5-mini", ["minimal", "low", "high"]), ("o1", ["low"])]
        )
    )
    options = some(
        temperature=st.sampled_from([1, 1.0]),
        max_completion_tokens=st.integers(1, 100_000),
        reasoning_effort=st.sampled_from(efforts),
        presence_penalty=st.just(0),
        logprobs=st.just(False),
    )
    return {"model": model, "messages": draw(chat_messages()), **draw(options)}


@st.composite
def claude_messages(draw: Any) -> List[Any]:
    messages: List[Any] = [{"role": "user", "content": draw(words)}]
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            messages += [{"role": "assistant", "content": draw(words) + " "}, {"role": "user", "content": draw(words)}]
            continue
        used = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
        said = draw(st.sampled_from([[], [{"type": "text", "text": "Let me see."}]]))
        calls = [{"type": "tool_use", "id": name, "name": "f", "input": {"a": 1}} for name in used]
        results = [
            {"type": "tool_result", "tool_use_id": name, "content": draw(words)} for name in draw(st.permutations(used))
        ]
        messages += [
            {"role": "assistant", "content": [*said, *calls]},
            {"role": "user", "content": [*results, {"type": "text", "text": draw(words)}]},
        ]
    return messages


@st.composite
def claudes(draw: Any) -> Dict[str, Any]:
    model = draw(
        st.sampled_from(["claude-sonnet-4-20250514", "claude-sonnet-4-5", "claude-opus-4-7", "claude-haiku-4-5"])
    )
    tool = {"name": draw(names), "input_schema": draw(schemas), "description": draw(words)}
    body = {
        "model": model,
        "max_tokens": draw(st.integers(1, 32000)),
        "messages": draw(claude_messages()),
        "tools": [tool],
    }
    cached = [{"type": "text", "text": "S", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    body.update(
        draw(
            some(
                system=words | st.just(cached),
                stop_sequences=st.lists(words, max_size=3),
                metadata=st.just({"user_id": "u-1"}),
                tool_choice=st.sampled_from([{"type": "auto"}, {"type": "any"}, {"type": "none"}]),
                stream=st.booleans(),
                service_tier=st.just("auto"),
            )
        )
    )
    if model != "claude-opus-4-7" and draw(st.booleans()):
        body["temperature"] = draw(st.floats(0, 1))
    return body


@st.composite
def responses(draw: Any) -> Dict[str, Any]:
    items: List[Any] = [{"role": "user", "content": draw(words)}]
    # the API refuses an id that comes twice
    for turn, call_id in enumerate(draw(st.lists(ids, max_size=2, unique=True))):
        call = {
            "type": "function_call",
            "call_id": call_id,
            "name": "f",
            "arguments": "{}",
            "id": f"fc_{turn}",
            "status": "completed",
        }
        output = {"type": "function_call_output", "call_id": call_id, "output": draw(words)}
        said = {"type": "message", "role": "assistant", "id": f"msg_{turn}", "status": "completed"}
        said["content"] = [{"type": "output_text", "text": draw(words), "annotations": []}]
        items += [call, output, said, {"role": "user", "content": [{"type": "input_text", "text": draw(words)}]}]
    tool = {"type": "function", "name": draw(names), "parameters": draw(schemas), "strict": False}
    body = {"model": "gpt-4o", "input": draw(st.just(items) | words)}
    options = some(
        instructions=words,
        temperature=st.floats(0, 2),
        max_output_tokens=st.integers(16, 16384),
        tools=st.just([tool, {"type": "web_search"}]),
        tool_choice=st.sampled_from(["auto", "none", {"type": "web_search"}]),
        metadata=st.just({"a": "b"}),
        truncation=st.just("auto"),
        previous_response_id=st.just("resp_1"),
        text=st.sampled_from([{"format": {"type": "text"}}, {"verbosity": "medium"}]),
        include=st.just(["message.output_text.logprobs"]),
    )
    return {**body, **draw(options)}


def is_left_alone(provider: str, operation: str, body: Dict[str, Any]) -> None:
    before = copy.deepcopy(body)
    decision = PIPELINE.before(Call("", provider, operation, body, False, "", 0.0))
    assert decision.body is None, [(fix.pattern_id, fix.changes) for fix in decision.fixes]
    assert body == before


@given(chats())
@settings(max_examples=150)
def test_a_valid_chat_is_left_alone(body: Dict[str, Any]) -> None:
    is_left_alone("openai", "chat.completions", body)


@given(reasoning_chats())
@settings(max_examples=60)
def test_a_valid_chat_with_a_reasoning_model_is_left_alone(body: Dict[str, Any]) -> None:
    is_left_alone("openai", "chat.completions", body)


@given(responses())
@settings(max_examples=100)
def test_a_valid_response_request_is_left_alone(body: Dict[str, Any]) -> None:
    is_left_alone("openai", "responses", body)


@given(claudes())
@settings(max_examples=150)
def test_a_valid_message_is_left_alone(body: Dict[str, Any]) -> None:
    is_left_alone("anthropic", "messages", body)


@given(chats(), st.sampled_from(["llama-3.3-70b", "openai/gpt-4o", "my-deployment", "gpt-9", "claude-opus-4-9"]))
@settings(max_examples=40)
def test_a_model_that_we_do_not_know_is_left_alone_whatever_is_sent(body: Dict[str, Any], model: str) -> None:
    body = {**body, "model": model, "top_k": 40, "max_tokens": 10**6, "messages": [{"role": "human", "content": None}]}
    for provider, operation in (("openai", "chat.completions"), ("anthropic", "messages"), ("openai", "responses")):
        assert PIPELINE.before(Call("", provider, operation, body, False, "", 0.0)) is PASS_THROUGH
