"""The providers' rules hold where the provider answers, and change nothing elsewhere."""

import pytest

from arc_runtime import Arc
from arc_runtime.model import Call
from arc_runtime.patterns.facts import Facts
from arc_runtime.patterns.files import load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.patterns.signs.hosts import is_first_party, read_hosts
from arc_runtime.pipeline import Pipeline

BROKEN = {"model": "o3", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 20, "top_k": 3}


@pytest.mark.parametrize(
    ("provider", "host", "expected"),
    [
        ("openai", "", True),
        ("openai", "api.openai.com", True),
        ("openai", "API.OpenAI.com.", True),
        ("openai", "eu.api.openai.com", True),
        ("openai", "evilapi.openai.com", False),
        ("openai", "api.openai.com.example.org", False),
        ("openai", "api.anthropic.com", False),
        ("openai", "my-resource.openai.azure.com", False),
        ("openai", "openrouter.ai", False),
        ("openai", "api.groq.com", False),
        ("openai", "vllm", False),
        ("openai", "10.0.0.7", False),
        ("openai", "127.0.0.1", True),
        ("openai", "127.1.2.3", True),
        ("openai", "127.0.0.1.example.org", False),
        ("openai", "localhost", True),
        ("openai", "::1", True),
        ("anthropic", "api.anthropic.com", True),
        ("anthropic", "us-east5-aiplatform.googleapis.com", True),
        ("anthropic", "aiplatform.googleapis.com", True),
        ("anthropic", "bedrock-runtime.us-east-1.amazonaws.com", False),
        ("memory", "api.openai.com", False),
    ],
)
def test_who_answers(provider, host, expected):
    assert is_first_party(provider, host) is expected


def test_a_named_host_is_as_the_providers_own():
    named = read_hosts([" Gateway.Example.com ", ""])
    assert named == ("gateway.example.com",)
    assert is_first_party("openai", "gateway.example.com", named)
    assert not is_first_party("openai", "other.example.com", named)


@pytest.mark.parametrize("host", ["openrouter.ai", "my-resource.openai.azure.com", "10.0.0.7"])
def test_requests_to_others_are_left_alone_under_any_model_name(host):
    pipeline = Pipeline(PatternIndex().changed(load_pack("openai_chat").patterns))
    call = Call("", "openai", "chat.completions", BROKEN, False, "", 0.0, host=host)
    assert pipeline.before(call).body is None
    assert pipeline.before(call._replace(host="api.openai.com")).body is not None
    pipeline.hosts = (host,)
    assert pipeline.before(call).body is not None


def test_patterns_can_ask_for_the_host():
    facts = Facts(Call("", "openai", "chat.completions", BROKEN, False, "", 0.0, host="openrouter.ai"))
    assert (facts["$host"], facts["$first_party"], facts["$clean"]) == ("openrouter.ai", False, True)


def test_the_argument_names_hosts():
    with Arc(intercept=False, hosts=["gateway.example.com"]) as arc:
        assert arc._parts.pipeline.hosts == ("gateway.example.com",)
