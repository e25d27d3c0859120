"""What `POST /v1/chat/completions` refuses."""

from __future__ import annotations

import re

from strict_provider.rejection import Body, Rejection, Rule

from .chat_messages import MESSAGE_RULES
from .chat_tools import TOOL_RULES
from .openai_messages import CHAT_DETAIL_RULES
from .openai_models import CHAT_MODEL_RULES, does_not_reason
from .openai_schemas import CHAT_SCHEMA_RULES
from .parameters import empty_array, in_range, missing, of_type, only_known, require, unknown_value, wrong_type

NUMBER = ("decimal",)
INTEGER = ("integer",)
STRING = ("string",)
ARRAY = ("array",)
OBJECT = ("object",)
BOOLEAN = ("boolean",)

KINDS: dict[str, tuple[str, ...]] = {
    "audio": OBJECT,
    "frequency_penalty": NUMBER,
    "function_call": ("string", "object"),
    "functions": ARRAY,
    "logit_bias": OBJECT,
    "logprobs": BOOLEAN,
    "max_completion_tokens": INTEGER,
    "max_tokens": INTEGER,
    "messages": ARRAY,
    "metadata": OBJECT,
    "modalities": ARRAY,
    "model": STRING,
    "moderation": OBJECT,
    "n": INTEGER,
    "parallel_tool_calls": BOOLEAN,
    "prediction": OBJECT,
    "presence_penalty": NUMBER,
    "prompt_cache_key": STRING,
    "prompt_cache_options": OBJECT,
    "prompt_cache_retention": STRING,
    "reasoning_effort": STRING,
    "response_format": OBJECT,
    "safety_identifier": STRING,
    "seed": INTEGER,
    "service_tier": STRING,
    "stop": ("string", "array"),
    "store": BOOLEAN,
    "stream": BOOLEAN,
    "stream_options": OBJECT,
    "temperature": NUMBER,
    "tool_choice": ("string", "object"),
    "tools": ARRAY,
    "top_logprobs": INTEGER,
    "top_p": NUMBER,
    "user": STRING,
    "verbosity": STRING,
    "web_search_options": OBJECT,
}
HUGE = 10**9
RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "presence_penalty": (-2.0, 2.0),
    "frequency_penalty": (-2.0, 2.0),
    "n": (1, 128),
    "max_tokens": (1, HUGE),
    "max_completion_tokens": (1, HUGE),
    "top_logprobs": (0, 20),
}
FORMATS = ("json_object", "json_schema", "text")
REASONING_MODEL = re.compile(r"^(o[134]|gpt-5(?![.\d]*.*chat)|gpt-6)")


def model_is_given(body: Body) -> Rejection | None:
    """Refuse a body without a model."""
    return None if body.get("model") else Rejection("you must provide a model parameter")


def messages_not_empty(body: Body) -> Rejection | None:
    """Refuse an empty conversation."""
    return None if body["messages"] else empty_array("messages")


def one_token_limit(body: Body) -> Rejection | None:
    """Refuse both names of the token limit at once."""
    if body.get("max_tokens") is None or body.get("max_completion_tokens") is None:
        return None
    text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
    return Rejection(text, param="max_tokens", code="invalid_parameter_combination")


def stream_options_need_stream(body: Body) -> Rejection | None:
    """Refuse stream_options on a request that does not stream."""
    if body.get("stream_options") is None or body.get("stream"):
        return None
    text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
    return Rejection(text, param="stream_options")


def response_format_is_known(body: Body) -> Rejection | None:
    """Refuse an unknown response format, or a schema without its name."""
    wanted = body.get("response_format")
    if wanted is None:
        return None
    if "type" not in wanted:
        return missing("response_format.type")
    if wanted["type"] not in FORMATS:
        return unknown_value("response_format.type", wanted["type"], FORMATS)
    if wanted["type"] != "json_schema":
        return None
    described = wanted.get("json_schema")
    if described is None:
        return missing("response_format.json_schema")
    if not isinstance(described, dict):
        return wrong_type("response_format.json_schema", "an object", described)
    return None if "name" in described else missing("response_format.json_schema.name")


def json_mode_is_announced(body: Body) -> Rejection | None:
    """Refuse JSON mode when no message mentions JSON."""
    if (body.get("response_format") or {}).get("type") != "json_object":
        return None
    if "json" in str([message.get("content") for message in body["messages"]]).lower():
        return None
    text = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    return Rejection(text, param="messages")


def reasoning_model_limits(body: Body) -> Rejection | None:
    """Refuse what reasoning models took away: max_tokens, and any temperature but 1."""
    if not REASONING_MODEL.match(body["model"]):
        return None
    if body.get("max_tokens") is not None:
        text = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return Rejection(text, param="max_tokens", code="unsupported_parameter")
    value = body.get("temperature")
    if value is None or value == 1 or does_not_reason(body):
        return None
    if body["model"].startswith("o3-mini"):
        text = "Unsupported parameter: 'temperature' is not supported with this model."
        return Rejection(text, param="temperature", code="unsupported_parameter")
    text = (
        f"Unsupported value: 'temperature' does not support {value} with this model. "
        "Only the default (1) value is supported."
    )
    return Rejection(text, param="temperature", code="unsupported_value")


CHAT_RULES: list[Rule] = [
    model_is_given,
    require("messages"),
    only_known(frozenset(KINDS), "Unrecognized request argument supplied: {name}", None),
    of_type(KINDS),
    messages_not_empty,
    one_token_limit,
    in_range(RANGES),
    *MESSAGE_RULES,
    *TOOL_RULES,
    stream_options_need_stream,
    response_format_is_known,
    json_mode_is_announced,
    reasoning_model_limits,
    *CHAT_DETAIL_RULES,
    *CHAT_MODEL_RULES,
    *CHAT_SCHEMA_RULES,
]
