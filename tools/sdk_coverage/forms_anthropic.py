"""The ways to call Anthropic. Runs on Python 3.8 and on every anthropic from 0.30 on."""

from __future__ import annotations

import functools
from typing import Any

import anthropic

from sdk_coverage.form import MANAGER, READ, STREAM, Form

USER = [{"role": "user", "content": "Say hello."}]
MESSAGE = {"model": "claude-haiku-4-5", "max_tokens": 640, "messages": USER}
COUNT = {"model": "claude-haiku-4-5", "messages": USER}
BATCH = {"requests": [{"custom_id": "one", "params": MESSAGE}]}
CLAMPED = {"max_tokens": 64}

PATTERNS = [
    {
        "id": "messages",
        "pattern": {"provider": "anthropic", "operation": "messages", "max_tokens": {"==": 640}},
        "fix": CLAMPED,
    },
    {
        "id": "count",
        "pattern": {"operation": "messages.count_tokens", "model": COUNT["model"]},
        "fix": {"thinking": {"type": "disabled"}},
    },
    {
        "id": "message batches",
        "pattern": {"operation": "batches", "requests[0].custom_id": "one"},
        "fix": {"metadata": {"by": "arc"}},
    },
]


class Plain:
    """A client, and what a program may have taken from it early."""

    def __init__(self, url: str, asynchronous: bool) -> None:
        self.client = self.connect(url, asynchronous)
        self.create = self.client.messages.create
        self.raw = getattr(self.client.messages, "with_raw_response", None)
        self.partial = functools.partial(self.client.messages.create, stop_sequences=["end"])

    def connect(self, url: str, asynchronous: bool) -> Any:
        """Return the client."""
        kind = anthropic.AsyncAnthropic if asynchronous else anthropic.Anthropic
        return kind(base_url=url, api_key="local", max_retries=0)


class Subclass(Plain):
    """A client of a class that the program derived, with a `request` of its own."""

    def connect(self, url: str, asynchronous: bool) -> Any:
        """Return the client."""
        base = anthropic.AsyncAnthropic if asynchronous else anthropic.Anthropic

        class Mine(base):  # type: ignore[misc, valid-type]
            def request(self, *args: Any, **kwargs: Any) -> Any:
                return super().request(*args, **kwargs)

        return Mine(base_url=url, api_key="local", max_retries=0)


class Bedrock(Plain):
    """Amazon's client: the model stands in the path, the request is signed, streams come in frames."""

    def connect(self, url: str, asynchronous: bool) -> Any:
        """Return the client."""
        kind = anthropic.AsyncAnthropicBedrock if asynchronous else anthropic.AnthropicBedrock
        return kind(base_url=url, aws_region="us-east-1", aws_access_key="local", aws_secret_key="local", max_retries=0)


class Vertex(Plain):
    """Google's client: the model stands in the path."""

    def connect(self, url: str, asynchronous: bool) -> Any:
        """Return the client."""
        kind = anthropic.AsyncAnthropicVertex if asynchronous else anthropic.AnthropicVertex
        return kind(base_url=url, region="us-east5", project_id="local", access_token="local", max_retries=0)


class Foundry(Plain):
    """Microsoft's client."""

    def connect(self, url: str, asynchronous: bool) -> Any:
        """Return the client."""
        kind = anthropic.AsyncAnthropicFoundry if asynchronous else anthropic.AnthropicFoundry
        return kind(base_url=url, api_key="local", max_retries=0)


CLIENTS = {"plain": Plain, "subclass": Subclass, "bedrock": Bedrock, "vertex": Vertex, "foundry": Foundry}


def _messages(made: Any) -> Any:
    return made.client.messages


def _beta(made: Any) -> Any:
    return made.client.beta.messages


OTHER = {"max_tokens": 32}
COUNTED = {"thinking": {"type": "disabled"}}
BATCHED = {"metadata": {"by": "arc"}}

FORMS = [
    Form("messages.create", lambda m, p: _messages(m).create(**p), CLAMPED, question=MESSAGE),
    Form("messages.create, stream=True", lambda m, p: _messages(m).create(**p, stream=True), CLAMPED, STREAM, MESSAGE),
    Form("messages.stream()", lambda m, p: _messages(m).stream(**p), CLAMPED, MANAGER, MESSAGE),
    Form("messages.parse", lambda m, p: _messages(m).parse(**p), CLAMPED, question=MESSAGE),
    Form(
        "messages.with_raw_response", lambda m, p: _messages(m).with_raw_response.create(**p), CLAMPED, question=MESSAGE
    ),
    Form("with_raw_response, kept from before", lambda m, p: m.raw.create(**p), CLAMPED, question=MESSAGE),
    Form(
        "messages.with_streaming_response",
        lambda m, p: _messages(m).with_streaming_response.create(**p),
        CLAMPED,
        READ,
        MESSAGE,
    ),
    Form(
        "parameter in extra_body",
        lambda m, p: _messages(m).create(**{**p, "max_tokens": 8}, extra_body={"max_tokens": p["max_tokens"]}),
        CLAMPED,
        question=MESSAGE,
    ),
    Form("bound method, kept from before", lambda m, p: m.create(**p), CLAMPED, question=MESSAGE),
    Form("functools.partial of it", lambda m, p: m.partial(**p), CLAMPED, question=MESSAGE),
    Form(
        "with_options()", lambda m, p: m.client.with_options(timeout=20).messages.create(**p), CLAMPED, question=MESSAGE
    ),
    Form("copy()", lambda m, p: m.client.copy().messages.create(**p), CLAMPED, question=MESSAGE),
    Form(
        "client.post",
        lambda m, p: m.client.post("/v1/messages", cast_to=anthropic.types.Message, body=p),
        CLAMPED,
        question=MESSAGE,
    ),
    Form("beta.messages.create", lambda m, p: _beta(m).create(**p), CLAMPED, question=MESSAGE),
    Form("beta.messages.create, stream=True", lambda m, p: _beta(m).create(**p, stream=True), CLAMPED, STREAM, MESSAGE),
    Form("beta.messages.stream()", lambda m, p: _beta(m).stream(**p), CLAMPED, MANAGER, MESSAGE),
    Form("beta.messages.parse", lambda m, p: _beta(m).parse(**p), CLAMPED, question=MESSAGE),
    Form(
        "messages.count_tokens",
        lambda m, p: _messages(m).count_tokens(**p),
        COUNTED,
        question=COUNT,
        renamed={"model": "claude-sonnet-4-5"},
    ),
    Form(
        "beta.messages.count_tokens",
        lambda m, p: _beta(m).count_tokens(**p),
        COUNTED,
        question=COUNT,
        renamed={"model": "claude-sonnet-4-5"},
    ),
    Form(
        "messages.batches.create",
        lambda m, p: _messages(m).batches.create(**p),
        BATCHED,
        question=BATCH,
        renamed={"requests": [{"custom_id": "two", "params": MESSAGE}]},
    ),
    Form(
        "beta.messages.batches.create",
        lambda m, p: _beta(m).batches.create(**p),
        BATCHED,
        question=BATCH,
        renamed={"requests": [{"custom_id": "two", "params": MESSAGE}]},
    ),
    Form(
        "user's subclass with its own request()",
        lambda m, p: _messages(m).create(**p),
        CLAMPED,
        question=MESSAGE,
        make="subclass",
    ),
    Form("AnthropicBedrock", lambda m, p: _messages(m).create(**p), CLAMPED, question=MESSAGE, make="bedrock"),
    Form(
        "AnthropicBedrock, stream=True",
        lambda m, p: _messages(m).create(**p, stream=True),
        CLAMPED,
        STREAM,
        MESSAGE,
        make="bedrock",
    ),
    Form("AnthropicVertex", lambda m, p: _messages(m).create(**p), CLAMPED, question=MESSAGE, make="vertex"),
    Form(
        "AnthropicVertex, stream=True",
        lambda m, p: _messages(m).create(**p, stream=True),
        CLAMPED,
        STREAM,
        MESSAGE,
        make="vertex",
    ),
    Form("AnthropicFoundry", lambda m, p: _messages(m).create(**p), CLAMPED, question=MESSAGE, make="foundry"),
]
