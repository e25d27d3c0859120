"""What single Claude models refuse, and what thinking excludes, by Anthropic's guides and its page on errors."""

from __future__ import annotations

import re

from strict_provider.rejection import Body, Rejection, Rule

CAPS = (
    (re.compile(r"^claude-3-(opus|sonnet|haiku)"), 4096),
    (re.compile(r"^claude-3-5"), 8192),
    (re.compile(r"^claude-opus-4-(0|1|20)"), 32_000),
    (re.compile(r"^claude-(sonnet-4-(0|5|20)|haiku-4-5|opus-4-5)"), 64_000),
    (re.compile(r"^claude-"), 128_000),
)
ADAPTIVE = re.compile(r"^claude-((opus|sonnet)-4-[678]|(opus|sonnet|haiku|fable|mythos)-5)")
ADAPTIVE_ONLY = re.compile(r"^claude-(opus-4-[78]|(opus|sonnet|haiku|fable|mythos)-5)")
ONE_SAMPLER = re.compile(r"^claude-(opus-4-[156](?!\d)|sonnet-4-[56](?!\d)|haiku-4-5)")
EFFORT = re.compile(r"^claude-(opus-4-[5678]|sonnet-4-6|(opus|sonnet|haiku|fable|mythos)-5)")


def limit_is_within_the_model(body: Body) -> Rejection | None:
    """Refuse more tokens than the model can write."""
    cap = next((most for models, most in CAPS if models.match(body["model"])), None)
    if cap is None or body["max_tokens"] <= cap:
        return None
    text = f"max_tokens: {body['max_tokens']} > {cap}, which is the maximum allowed number of output tokens for "
    return Rejection(text + body["model"])


def sampling_is_taken(body: Body) -> Rejection | None:
    """Refuse settings of sampling that the model or thinking excludes."""
    thinking = (body.get("thinking") or {}).get("type") in ("enabled", "adaptive")
    temperature, top_p = body.get("temperature"), body.get("top_p")
    if ADAPTIVE_ONLY.match(body["model"]):
        if temperature not in (None, 1):
            return Rejection("`temperature` is deprecated for this model.")
        if top_p is not None and top_p < 0.99:
            return Rejection("`top_p` is deprecated for this model.")
    if ONE_SAMPLER.match(body["model"]) and temperature is not None and top_p is not None:
        return Rejection("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    if thinking and temperature not in (None, 1):
        return Rejection("`temperature` may only be set to 1 when thinking is enabled")
    if thinking and body.get("top_k") is not None:
        return Rejection("`top_k` must be unset when thinking is enabled")
    return None


def thinking_is_taken(body: Body) -> Rejection | None:
    """Refuse a kind of thinking that the model does not have, and thinking with a forced tool."""
    kind = (body.get("thinking") or {}).get("type")
    if kind == "adaptive" and not ADAPTIVE.match(body["model"]):
        return Rejection("adaptive thinking is not supported on this model")
    if kind == "enabled" and ADAPTIVE_ONLY.match(body["model"]):
        return Rejection('"thinking.type.enabled" is not supported for this model.')
    if kind in ("enabled", "adaptive") and (body.get("tool_choice") or {}).get("type") in ("any", "tool"):
        return Rejection("Thinking may not be enabled when tool_choice forces tool use.")
    if (body.get("output_config") or {}).get("effort") and not EFFORT.match(body["model"]):
        return Rejection("This model does not support the effort parameter.")
    return None


def ends_with_the_user(body: Body) -> Rejection | None:
    """Refuse the beginning of an answer from models that take none."""
    if body["messages"][-1]["role"] != "assistant" or not ADAPTIVE.match(body["model"]):
        return None
    return Rejection(
        "This model does not support assistant message prefill. The conversation must end with a user message."
    )


CLAUDE_MODEL_RULES: list[Rule] = [limit_is_within_the_model, sampling_is_taken, thinking_is_taken, ends_with_the_user]
