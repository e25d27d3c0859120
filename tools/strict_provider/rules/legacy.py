"""What `POST /v1/completions` and `POST /v1/embeddings` refuse."""

from __future__ import annotations

from strict_provider.rejection import Body, Rejection, Rule

from .chat import KINDS as CHAT_KINDS
from .chat import RANGES as CHAT_RANGES
from .chat import model_is_given, stream_options_need_stream
from .parameters import in_range, of_type, only_known, require

SHARED = (
    *("model", "max_tokens", "temperature", "top_p", "n", "stream", "stream_options", "stop"),
    *("presence_penalty", "frequency_penalty", "logit_bias", "seed", "user"),
)
COMPLETION_KINDS: dict[str, tuple[str, ...]] = {
    **{name: CHAT_KINDS[name] for name in SHARED},
    "prompt": ("string", "array"),
    "suffix": ("string",),
    "logprobs": ("integer",),
    "echo": ("boolean",),
    "best_of": ("integer",),
}
EMBEDDING_KINDS: dict[str, tuple[str, ...]] = {
    "model": ("string",),
    "input": ("string", "array"),
    "encoding_format": ("string",),
    "dimensions": ("integer",),
    "user": ("string",),
}
UNRECOGNIZED = "Unrecognized request argument supplied: {name}"


def embedding_input_not_empty(body: Body) -> Rejection | None:
    """Refuse to embed nothing."""
    if body["input"] in ("", []):
        return Rejection(
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
        )
    return None


def encoding_is_known(body: Body) -> Rejection | None:
    """Refuse an encoding other than float and base64."""
    value = body.get("encoding_format")
    if value in (None, "float", "base64"):
        return None
    return Rejection(f"'{value}' is not one of ['float', 'base64'] - 'encoding_format'")


COMPLETION_RULES: list[Rule] = [
    model_is_given,
    only_known(frozenset(COMPLETION_KINDS), UNRECOGNIZED, None),
    of_type(COMPLETION_KINDS),
    in_range(
        {name: CHAT_RANGES[name] for name in ("temperature", "top_p", "n", "presence_penalty", "frequency_penalty")}
    ),
    stream_options_need_stream,
]
EMBEDDING_RULES: list[Rule] = [
    model_is_given,
    only_known(frozenset(EMBEDDING_KINDS), UNRECOGNIZED, None),
    require("input"),
    of_type(EMBEDDING_KINDS),
    embedding_input_not_empty,
    encoding_is_known,
    in_range({"dimensions": (1, 3072)}),
]
