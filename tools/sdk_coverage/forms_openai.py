"""The ways to call OpenAI. Runs on Python 3.8 and every openai from 1.0 on: what a release lacks is found by trying."""

from __future__ import annotations

import functools
from typing import Any

import openai

from sdk_coverage.form import MANAGER, READ, STREAM, Form

CHAT = {"model": "gpt-4", "messages": [{"role": "user", "content": "Say hello."}], "temperature": 0.95}
INPUT = {"model": "gpt-4", "input": "Say hello.", "temperature": 0.95}
PROMPT = {"model": "gpt-3.5-turbo-instruct", "prompt": "Say hello.", "temperature": 0.95}
EMBED = {"model": "text-embedding-3-small", "input": "hello", "encoding_format": "float"}
BATCH = {"input_file_id": "file_1", "endpoint": "/v1/chat/completions", "completion_window": "24h"}
COOLED = {"temperature": 0.7}
OTHER = {"model": "gpt-4o"}

PATTERNS = [
    {"id": "chat", "pattern": {"model": "gpt-4", "temperature": {">": 0.9}}, "fix": COOLED},
    {
        "id": "completions",
        "pattern": {"operation": "completions", "model": PROMPT["model"], "temperature": {">": 0.9}},
        "fix": COOLED,
    },
    {"id": "embeddings", "pattern": {"operation": "embeddings", "model": EMBED["model"]}, "fix": {"user": "arc"}},
    {
        "id": "batches",
        "pattern": {"operation": "batches", "completion_window": "24h", "input_file_id": "file_1"},
        "fix": {"metadata": {"by": "arc"}},
    },
]


class Plain:
    """A client, and what a program may have taken from it early: a raw wrapper, a bound method, a partial."""

    def __init__(self, url: str, asynchronous: bool) -> None:
        self.client = self.connect(url, asynchronous)
        self.create = self.client.chat.completions.create
        self.raw = self.client.chat.completions.with_raw_response
        self.partial = functools.partial(self.client.chat.completions.create, user="u")

    def connect(self, url: str, asynchronous: bool) -> Any:
        """Return the client."""
        kind = openai.AsyncOpenAI if asynchronous else openai.OpenAI
        return kind(base_url=f"{url}/v1", api_key="local", max_retries=0)


class Subclass(Plain):
    """A client of a class that the program derived, with a `request` of its own."""

    def connect(self, url: str, asynchronous: bool) -> Any:
        """Return the client."""
        base = openai.AsyncOpenAI if asynchronous else openai.OpenAI

        class Mine(base):  # type: ignore[misc, valid-type]
            def request(self, *args: Any, **kwargs: Any) -> Any:
                return super().request(*args, **kwargs)

        return Mine(base_url=f"{url}/v1", api_key="local", max_retries=0)


class Azure(Plain):
    """Azure's client: the deployment stands in the path."""

    def connect(self, url: str, asynchronous: bool) -> Any:
        """Return the client."""
        kind = openai.AsyncAzureOpenAI if asynchronous else openai.AzureOpenAI
        return kind(azure_endpoint=url, api_key="local", api_version="2024-06-01", max_retries=0)


class Module:
    """The client that the module makes for itself."""

    def __init__(self, url: str, asynchronous: bool) -> None:
        openai.api_key, openai.base_url, openai.max_retries = "local", f"{url}/v1/", 0
        self.client = openai


CLIENTS = {"plain": Plain, "subclass": Subclass, "azure": Azure, "module": Module}


def _chat(made: Any) -> Any:
    return made.client.chat.completions


FORMS = [
    Form("chat.completions.create", lambda m, p: _chat(m).create(**p), COOLED, question=CHAT),
    Form("chat.completions.create, stream=True", lambda m, p: _chat(m).create(**p, stream=True), COOLED, STREAM, CHAT),
    Form("chat.completions.stream()", lambda m, p: _chat(m).stream(**p), COOLED, MANAGER, CHAT),
    Form("chat.completions.parse", lambda m, p: _chat(m).parse(**p), COOLED, question=CHAT),
    Form(
        "chat.completions.with_raw_response", lambda m, p: _chat(m).with_raw_response.create(**p), COOLED, question=CHAT
    ),
    Form("with_raw_response, kept from before", lambda m, p: m.raw.create(**p), COOLED, question=CHAT),
    Form(
        "chat.completions.with_streaming_response",
        lambda m, p: _chat(m).with_streaming_response.create(**p),
        COOLED,
        READ,
        CHAT,
    ),
    Form(
        "parameter in extra_body",
        lambda m, p: _chat(m).create(**{**p, "temperature": 0.5}, extra_body={"temperature": p["temperature"]}),
        COOLED,
        question=CHAT,
    ),
    Form("bound method, kept from before", lambda m, p: m.create(**p), COOLED, question=CHAT),
    Form("functools.partial of it", lambda m, p: m.partial(**p), COOLED, question=CHAT),
    Form(
        "with_options()",
        lambda m, p: m.client.with_options(timeout=20).chat.completions.create(**p),
        COOLED,
        question=CHAT,
    ),
    Form("copy()", lambda m, p: m.client.copy().chat.completions.create(**p), COOLED, question=CHAT),
    Form(
        "client.post",
        lambda m, p: m.client.post("/chat/completions", cast_to=_completion(), body=p),
        COOLED,
        question=CHAT,
    ),
    Form("beta.chat.completions.parse", lambda m, p: m.client.beta.chat.completions.parse(**p), COOLED, question=CHAT),
    Form(
        "beta.chat.completions.stream()", lambda m, p: m.client.beta.chat.completions.stream(**p), COOLED, MANAGER, CHAT
    ),
    Form("responses.create", lambda m, p: m.client.responses.create(**p), COOLED, question=INPUT),
    Form(
        "responses.create, stream=True", lambda m, p: m.client.responses.create(**p, stream=True), COOLED, STREAM, INPUT
    ),
    Form("responses.parse", lambda m, p: m.client.responses.parse(**p), COOLED, question=INPUT),
    Form("responses.stream()", lambda m, p: m.client.responses.stream(**p), COOLED, MANAGER, INPUT),
    Form("completions.create", lambda m, p: m.client.completions.create(**p), COOLED, question=PROMPT),
    Form(
        "completions.create, stream=True",
        lambda m, p: m.client.completions.create(**p, stream=True),
        COOLED,
        STREAM,
        PROMPT,
    ),
    Form(
        "embeddings.create",
        lambda m, p: m.client.embeddings.create(**p),
        {"user": "arc"},
        question=EMBED,
        renamed={"model": "text-embedding-3-large"},
    ),
    Form(
        "batches.create",
        lambda m, p: m.client.batches.create(**p),
        {"metadata": {"by": "arc"}},
        question=BATCH,
        renamed={"input_file_id": "file_2"},
    ),
    Form(
        "user's subclass with its own request()",
        lambda m, p: _chat(m).create(**p),
        COOLED,
        question=CHAT,
        make="subclass",
    ),
    Form("AzureOpenAI", lambda m, p: _chat(m).create(**p), COOLED, question=CHAT, make="azure"),
    Form(
        "AzureOpenAI, stream=True", lambda m, p: _chat(m).create(**p, stream=True), COOLED, STREAM, CHAT, make="azure"
    ),
    Form(
        "module-level client", lambda m, p: _chat(m).create(**p), COOLED, question=CHAT, make="module", modes=("sync",)
    ),
]


def _completion() -> Any:
    from openai.types.chat import ChatCompletion

    return ChatCompletion
