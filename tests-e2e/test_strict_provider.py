"""The strict provider, asked by the real SDKs: what it answers, what it refuses, what it keeps."""

from __future__ import annotations

import copy
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / "tools" / "strict_provider.py"
sys.path.insert(0, str(TOOL.parent))

from strict_provider.endpoints import ENDPOINTS  # noqa: E402 - found beside the tool
from strict_provider.rejection import first_rejection  # noqa: E402

KEY = "sk-very-secret"
USER = [{"role": "user", "content": "Say hello"}]
CHAT = {"model": "gpt-4o", "messages": USER}
CALL = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ANSWERED = {"role": "tool", "tool_call_id": "call_1", "content": "found"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "find", "parameters": SCHEMA}}]
MESSAGES = {"model": "claude-haiku-4-5", "max_tokens": 64, "messages": USER}
USED = {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}]}
PART = [{"type": "text", "text": "Answer in JSON"}]
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "found"}]}


class Place(BaseModel):
    city: str


class Provider:
    """The provider as a process."""

    def __init__(self, record: Path) -> None:
        self.record = record
        self.process = subprocess.Popen(
            [sys.executable, str(TOOL), "--port", "0", "--record", str(record)], stdout=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().strip()

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()
            self.process.stdout.close()

    def ask(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        keys = {"Authorization": f"Bearer {KEY}", "x-api-key": KEY, "anthropic-version": "2023-06-01"}
        request = urllib.request.Request(self.url + path, raw, keys if headers is None else headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def received(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(self.url + "/_received", timeout=20) as response:
            return json.load(response)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    started = Provider(tmp_path_factory.mktemp("provider") / "received.jsonl")
    yield started
    started.stop()


@pytest.fixture
def chat(provider: Provider) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=provider.url + "/v1", api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
def claude(provider: Provider) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=provider.url, api_key=KEY, max_retries=0) as client:
        yield client


# --- OpenAI's SDK


def test_chat_completion(chat: openai.OpenAI) -> None:
    answer = chat.chat.completions.create(**CHAT, temperature=0.7, n=2)
    assert [choice.message.content for choice in answer.choices] == ["You said: Say hello"] * 2
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def test_chat_stream_ends_with_the_usage(chat: openai.OpenAI) -> None:
    chunks = list(chat.chat.completions.create(**CHAT, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "You said: Say hello"
    assert chunks[-1].usage.completion_tokens == 4
    assert not any(chunk.usage for chunk in chunks[:-1])


def test_forced_tool_is_called_whole_and_in_a_stream(chat: openai.OpenAI) -> None:
    forced = {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "find"}}}
    whole = chat.chat.completions.create(**CHAT, **forced).choices[0]
    assert whole.finish_reason == "tool_calls"
    assert json.loads(whole.message.tool_calls[0].function.arguments) == {"city": "lotus"}
    with chat.chat.completions.stream(**CHAT, **forced) as stream:
        streamed = stream.get_final_completion().choices[0].message.tool_calls[0].function
    assert (streamed.name, json.loads(streamed.arguments)) == ("find", {"city": "lotus"})


def test_structured_output_fits_its_schema(chat: openai.OpenAI) -> None:
    parsed = chat.chat.completions.parse(**CHAT, response_format=Place).choices[0].message.parsed
    assert parsed == Place(city="lotus")
    again = chat.responses.parse(model="gpt-4o", input="Where?", text_format=Place)
    assert again.output_parsed == Place(city="lotus")


def test_responses_whole_and_as_events(chat: openai.OpenAI) -> None:
    whole = chat.responses.create(model="gpt-4o", input="Say hello", instructions="Be brief")
    assert (whole.status, whole.output_text) == ("completed", "You said: Say hello")
    with chat.responses.stream(model="gpt-4o", input="Say hello") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert final.output_text == whole.output_text
    assert final.usage.output_tokens == 4


def test_responses_call_a_forced_tool(chat: openai.OpenAI) -> None:
    tool = {"type": "function", "name": "find", "parameters": SCHEMA, "strict": False}
    with chat.responses.stream(model="gpt-4o", input="Find", tools=[tool], tool_choice="required") as stream:
        item = stream.get_final_response().output[0] if list(stream) else None
    assert (item.type, item.name, json.loads(item.arguments)) == ("function_call", "find", {"city": "lotus"})


def test_embeddings_and_completions(chat: openai.OpenAI) -> None:
    vectors = chat.embeddings.create(model="text-embedding-3-small", input=["a", "b", "a"], dimensions=8).data
    plain = chat.embeddings.create(model="text-embedding-3-small", input="a", dimensions=8, encoding_format="float")
    assert vectors[0].embedding == vectors[2].embedding != vectors[1].embedding
    assert vectors[0].embedding == pytest.approx(plain.data[0].embedding)
    assert chat.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hi").choices[0].text == "You said: Hi"
    pieces = chat.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hi", stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == "You said: Hi"


def test_azure_paths(provider: Provider) -> None:
    with openai.AzureOpenAI(azure_endpoint=provider.url, api_key=KEY, api_version="2024-10-21") as client:
        assert client.chat.completions.create(**CHAT).choices[0].message.content == "You said: Say hello"


@pytest.mark.asyncio
async def test_async_clients(provider: Provider) -> None:
    async with openai.AsyncOpenAI(base_url=provider.url + "/v1", api_key=KEY, max_retries=0) as client:
        assert (await client.chat.completions.create(**CHAT)).choices[0].message.content == "You said: Say hello"
        chunks = [chunk async for chunk in await client.chat.completions.create(**CHAT, stream=True)]
        assert chunks[-1].choices[0].finish_reason == "stop"
        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(**CHAT, temperature=2.5)
    async with anthropic.AsyncAnthropic(base_url=provider.url, api_key=KEY, max_retries=0) as client:
        assert (await client.messages.create(**MESSAGES)).content[0].text == "You said: Say hello"
        async with client.messages.stream(**MESSAGES) as stream:
            assert await stream.get_final_text() == "You said: Say hello"
        with pytest.raises(anthropic.BadRequestError):
            await client.messages.create(**{**MESSAGES, "messages": []})


# --- Anthropic's SDK


def test_message_whole_and_as_events(claude: anthropic.Anthropic) -> None:
    whole = claude.messages.create(**MESSAGES, system="Be brief")
    assert (whole.stop_reason, whole.content[0].text) == ("end_turn", "You said: Say hello")
    with claude.messages.stream(**MESSAGES) as stream:
        assert "".join(stream.text_stream) == whole.content[0].text
        assert stream.get_final_message().usage.output_tokens == whole.usage.output_tokens
    kinds = [event.type for event in claude.messages.create(**MESSAGES, stream=True)]
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")


def test_forced_tool_is_used(claude: anthropic.Anthropic) -> None:
    tools = [{"name": "find", "input_schema": SCHEMA}]
    with claude.messages.stream(**MESSAGES, tools=tools, tool_choice={"type": "tool", "name": "find"}) as stream:
        block = stream.get_final_message().content[0]
    assert (block.type, block.name, block.input) == ("tool_use", "find", {"city": "lotus"})


def test_tokens_are_counted(claude: anthropic.Anthropic) -> None:
    counted = claude.messages.count_tokens(model=MESSAGES["model"], messages=USER, system="Be brief")
    assert counted.input_tokens == 4


def test_errors_have_the_classes_and_members_of_the_sdks(chat: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        chat.chat.completions.create(**CHAT, temperature=2.5)
    assert (refused.value.param, refused.value.code) == ("temperature", "decimal_above_max_value")
    assert refused.value.type == "invalid_request_error"
    with pytest.raises(anthropic.BadRequestError) as refused_too:
        claude.messages.create(**MESSAGES, extra_body={"temperature": 1.5})
    assert refused_too.value.body["error"]["message"] == "temperature: Input should be less than or equal to 1"


# --- what is refused, and what is not


def chat_with(*messages: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": list(messages or USER), **members}


def claude_with(*messages: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {**MESSAGES, "messages": list(messages or USER), **members}


REFUSED = {
    "/v1/chat/completions": [
        ({"messages": USER}, "you must provide a model parameter"),
        ({"model": "gpt-4o"}, "Missing required parameter: 'messages'."),
        ({"model": "gpt-4o", "messages": []}, "Invalid 'messages': empty array."),
        (chat_with(max_output_tokens=5), "Unrecognized request argument supplied: max_output_tokens"),
        (chat_with({"role": "robot", "content": "x"}), "Invalid value: 'robot'."),
        (chat_with({"content": "x"}), "Missing required parameter: 'messages[0].role'."),
        (chat_with({"role": "user", "content": None}), "Invalid value for 'content': expected a string, got null."),
        (chat_with("hello"), "Invalid type for 'messages[0]': expected an object"),
        (chat_with(temperature=-0.1), "Invalid 'temperature': decimal below minimum value."),
        (chat_with(temperature="0.5"), "Invalid type for 'temperature': expected a decimal, but got a string"),
        (chat_with(temperature=True), "Invalid type for 'temperature': expected a decimal, but got a boolean"),
        (chat_with(top_p=1.1), "Invalid 'top_p': decimal above maximum value."),
        (chat_with(max_tokens=0), "Invalid 'max_tokens': integer below minimum value."),
        (chat_with(max_tokens=5, max_completion_tokens=5), "Setting 'max_tokens' and 'max_completion_tokens'"),
        (chat_with(tools=[]), "[] is too short - 'tools'"),
        (chat_with(tool_choice="auto"), "Invalid value for 'tool_choice': 'tool_choice' is only allowed when"),
        (chat_with(stream_options={"include_usage": True}), "The 'stream_options' parameter is only allowed"),
        (chat_with(response_format={"type": "json_object"}), "'messages' must contain the word 'json'"),
        (chat_with(*USER, ANSWERED), "Invalid parameter: messages with role 'tool' must be a response"),
        (chat_with(*USER, CALLING), "An assistant message with 'tool_calls' must be followed by tool messages"),
        (chat_with(model="o3", max_tokens=5), "Unsupported parameter: 'max_tokens' is not supported"),
    ],
    "/v1/responses": [
        ({"input": "x"}, "Missing required parameter: 'model'."),
        ({"model": "gpt-4o"}, "Missing required parameter: one of 'input'"),
        ({"model": "gpt-4o", "messages": USER}, "Unsupported parameter: 'messages'. In the Responses API"),
        ({"model": "gpt-4o", "input": "x", "system": "y"}, "Unknown parameter: 'system'."),
        ({"model": "gpt-4o", "input": "x", "max_output_tokens": 5}, "Invalid 'max_output_tokens'"),
        ({"model": "gpt-4o", "input": [ANSWERED]}, "Invalid value: 'tool'."),
    ],
    "/v1/embeddings": [
        ({"model": "text-embedding-3-small"}, "Missing required parameter: 'input'."),
        ({"model": "text-embedding-3-small", "input": []}, "'$.input' is invalid."),
    ],
    "/v1/messages": [
        ({"model": "claude", "messages": USER}, "max_tokens: Field required"),
        (claude_with(n=2), "n: Extra inputs are not permitted"),
        (claude_with(temperature=1.5), "temperature: Input should be less than or equal to 1"),
        (claude_with(max_tokens=0), "max_tokens: Input should be greater than or equal to 1"),
        (claude_with(max_tokens="64"), "max_tokens: Input should be a valid integer"),
        (claude_with({"role": "system", "content": "x"}, *USER), 'messages: Unexpected role "system".'),
        (claude_with({"role": "assistant", "content": "x"}), 'messages: first message must use the "user" role'),
        (claude_with({"role": "user", "content": ""}), "messages.0: all messages must have non-empty content"),
        (claude_with(*USER, USED, *USER), "messages.1: `tool_use` ids were found without `tool_result` blocks"),
        (claude_with(RESULT), "messages.0.content.0: unexpected `tool_use_id` found"),
        (claude_with(tool_choice={"type": "auto"}), "tool_choice may only be specified while providing tools."),
    ],
    "/v1/messages/count_tokens": [(MESSAGES, "max_tokens: Extra inputs are not permitted")],
}
ACCEPTED = {
    "/v1/chat/completions": [
        chat_with(temperature=2, top_p=1, stop=None),
        chat_with(*USER, CALLING, ANSWERED, *USER, tools=TOOLS),
        chat_with(
            {"role": "user", "content": [{"type": "text", "text": "json"}]}, response_format={"type": "json_object"}
        ),
        chat_with(model="o3", max_completion_tokens=5, temperature=1),
    ],
    "/v1/responses": [{"model": "gpt-4o", "input": [{"role": "user", "content": "x"}], "temperature": 0}],
    "/v1/messages": [
        claude_with(*USER, USED, RESULT, temperature=1, tools=[{"name": "find", "input_schema": SCHEMA}]),
        claude_with(*USER, {"role": "assistant", "content": "{"}),
    ],
}


@pytest.mark.parametrize(("path", "body", "message"), [(p, *case) for p, cases in REFUSED.items() for case in cases])
def test_refused(provider: Provider, path: str, body: dict[str, Any], message: str) -> None:
    status, answer = provider.ask(path, body)
    assert status == 400
    assert answer["error"]["message"].startswith(message)
    assert answer["error"]["type"] == "invalid_request_error"
    assert (answer.get("type") == "error") == path.startswith("/v1/messages")


@pytest.mark.parametrize(("path", "body"), [(path, body) for path, bodies in ACCEPTED.items() for body in bodies])
def test_near_misses_are_accepted(provider: Provider, path: str, body: dict[str, Any]) -> None:
    status, answer = provider.ask(path, body)
    assert status == 200, answer


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-3, 3) | st.sampled_from(["", "user", "tool", "text"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["role", "type", "id"]), inner),
    max_leaves=4,
)


@given(data=st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_json_breaks_the_rules_or_the_replies(data: st.DataObject) -> None:
    """Any member of a valid body, at any depth, replaced by any JSON is refused or answered."""
    seeds = [(path, body) for path, bodies in ACCEPTED.items() for body in bodies]
    path, body = data.draw(st.sampled_from(seeds))
    body = copy.deepcopy(body)
    place: Any = body
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        deeper = isinstance(place[key], (dict, list)) and len(place[key]) > 0
        if not deeper or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    endpoint = ENDPOINTS[path]
    if first_rejection(endpoint.rules, body) is None:
        json.dumps(endpoint.reply(body))
        json.dumps(list(endpoint.events(body)))


# --- HTTP


def test_a_key_is_needed(provider: Provider) -> None:
    assert provider.ask("/v1/chat/completions", CHAT, headers={})[0] == 401
    status, answer = provider.ask("/v1/messages", MESSAGES, headers={"anthropic-version": "2023-06-01"})
    assert (status, answer["error"]["type"]) == (401, "authentication_error")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"text"'])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_what_is_no_json_object_is_refused(provider: Provider, path: str, raw: bytes) -> None:
    status, answer = provider.ask(path, raw)
    assert status == 400
    assert "JSON" in answer["error"]["message"]


def test_unknown_paths_are_not_found(provider: Provider) -> None:
    assert provider.ask("/v1/nothing", CHAT)[0] == 404
    assert provider.ask("/chat/completions", CHAT)[0] == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_everything_received_is_kept_but_no_key(tmp_path: Path, number: int) -> None:
    provider = Provider(tmp_path / "received.jsonl")
    try:
        refused = {**CHAT, "temperature": 3}
        assert [provider.ask("/v1/chat/completions?x=1", body)[0] for body in (CHAT, refused, b"{")] == [200, 400, 400]
        kept = provider.received()
    finally:
        assert provider.stop(number) == 0
    assert [(entry["body"], entry["status"]) for entry in kept] == [(CHAT, 200), (refused, 400), ("{", 400)]
    assert {entry["path"] for entry in kept} == {"/v1/chat/completions"}
    text = provider.record.read_text()
    assert [json.loads(line) for line in text.splitlines()] == kept
    assert KEY not in text


def test_a_taken_port_is_one_clear_line(provider: Provider) -> None:
    port = provider.url.rpartition(":")[2]
    done = subprocess.run([sys.executable, str(TOOL), "--port", port], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
