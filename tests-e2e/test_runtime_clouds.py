"""The SDKs' clients for Azure, Vertex and Bedrock, and the module-level client: a fix is made before the URL is."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from arc_runtime import Arc
from arc_runtime.testing import MemorySink

BASE: Any = openai._base_client
HTTP = getattr(BASE, "httpx2", None) or BASE.httpx
ANSWER = {"id": "1", "object": "chat.completion", "created": 1, "model": "x", "choices": []}


@pytest.fixture
def sent() -> list[tuple[str, Any]]:
    return []


@pytest.fixture
def http(sent: list[tuple[str, Any]]) -> Iterator[Any]:
    def reply(request: Any) -> Any:
        sent.append((str(request.url), json.loads(request.content)))
        return HTTP.Response(200, json=ANSWER)

    with HTTP.Client(transport=HTTP.MockTransport(reply)) as client:
        yield client


@pytest.fixture
def sink() -> Iterator[MemorySink]:
    made = MemorySink()
    with Arc(sink=made, packs=()) as arc:
        arc.register_pattern({"model": "asked-for"}, {"model": "given", "temperature": 0.1})
        yield made


def test_the_deployment_of_azure_follows_the_fix(sent: Any, http: Any, sink: MemorySink) -> None:
    client = openai.AzureOpenAI(
        api_key="k", azure_endpoint="https://x.example", api_version="2024-02-01", http_client=http
    )
    client.chat.completions.create(model="asked-for", messages=[])
    ((url, body),) = sent
    assert "/deployments/given/chat/completions" in url
    assert (body["model"], body["temperature"]) == ("given", 0.1)
    assert [event.call.operation for event in sink.events] == ["chat.completions"]


def test_the_client_of_the_module(sent: Any, http: Any, sink: MemorySink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "api_key", "k")
    monkeypatch.setattr(openai, "http_client", http)
    monkeypatch.setattr(openai, "_client", None)
    openai.chat.completions.create(model="asked-for", messages=[])
    assert sent[0][1]["model"] == "given"
    assert len(sink.events) == 1


def test_vertex_names_the_model_of_the_fix_in_its_path(sent: Any, http: Any, sink: MemorySink) -> None:
    client = anthropic.AnthropicVertex(project_id="p", region="us", access_token="t", http_client=http)
    client.messages.create(model="asked-for", max_tokens=3, messages=[])
    ((url, body),) = sent
    assert "/models/given:rawPredict" in url
    assert (body["temperature"], "model" in body) == (0.1, False)
    assert [event.call.operation for event in sink.events] == ["messages"]


@pytest.mark.skipif(importlib.util.find_spec("botocore") is None, reason="botocore is not installed")
def test_bedrock_names_the_model_of_the_fix_in_its_path(sent: Any, http: Any, sink: MemorySink) -> None:
    client = anthropic.AnthropicBedrock(
        aws_access_key="a", aws_secret_key="b", aws_region="us-east-1", http_client=http
    )
    client.messages.create(model="asked-for", max_tokens=3, messages=[])
    ((url, body),) = sent
    assert "/model/given/invoke" in url
    assert body["temperature"] == 0.1
    assert len(sink.events) == 1
