"""What single models of OpenAI refuse, by the reference of each model and the guides to reasoning."""

from __future__ import annotations

import re

from strict_provider.rejection import Body, Rejection, Rule

O_SERIES = re.compile(r"^o[134](-|$)")
REASONS = re.compile(r"^(o[134](-|$)|gpt-5(-mini|-nano|-20|$)|gpt-5\.\d|gpt-6)(?!.*chat)")
NO_STOP = re.compile(r"^(o3(-20|$)|o4-mini|gpt-5(-mini|-nano|-20|$)|gpt-5\.\d|gpt-6)")
RESPONSES_ONLY = re.compile(r"(-codex|-pro|-deep-research)(-|$)|^codex-mini")
COMPLETIONS_ONLY = re.compile(r"^(davinci|babbage|gpt-3\.5-turbo-instruct)")
CAPS = (
    (re.compile(r"^gpt-3\.5-turbo"), 4096),
    (re.compile(r"^gpt-4-turbo"), 4096),
    (re.compile(r"^gpt-4o-2024-05-13"), 4096),
    (re.compile(r"^gpt-4o"), 16384),
    (re.compile(r"^gpt-4\.1"), 32768),
    (re.compile(r"^o1-preview"), 32768),
    (re.compile(r"^o1-mini"), 65536),
    (re.compile(r"^o[134]"), 100_000),
    (re.compile(r"^gpt-(5|6)(?!.*chat)(?!-pro)"), 128_000),
)
CONTEXT = {"gpt-4": 8192, "gpt-4-0613": 8192, "gpt-4-0314": 8192}
NOT_WHILE_REASONING = ("logit_bias", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty")


def _unsupported(name: str) -> Rejection:
    text = f"Unsupported parameter: '{name}' is not supported with this model."
    return Rejection(text, param=name, code="unsupported_parameter")


def _effort(body: Body) -> str:
    effort = (body.get("reasoning") or {}).get("effort") or body.get("reasoning_effort")
    default = "none" if re.match(r"^gpt-5\.[1-4]", body["model"]) else "medium"
    return str(effort or default)


def does_not_reason(body: Body) -> bool:
    """Return whether a model that may reason does not in this request: from gpt-5.1 on, sampling is then free."""
    return re.match(r"^gpt-(5\.\d|6)", body["model"]) is not None and _effort(body) == "none"


def endpoint_has_the_model(body: Body) -> Rejection | None:
    """Refuse models that another endpoint serves."""
    if RESPONSES_ONLY.search(body["model"]):
        return Rejection(
            "This model is only supported in v1/responses and not in v1/chat/completions.", param="model", status=404
        )
    if COMPLETIONS_ONLY.match(body["model"]):
        text = (
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
            "Did you mean to use v1/completions?"
        )
        return Rejection(text, param="model", status=404)
    return None


def limit_is_within_the_model(body: Body) -> Rejection | None:
    """Refuse more tokens than the model can write, or than its window holds."""
    for name in ("max_tokens", "max_completion_tokens", "max_output_tokens"):
        value = body.get(name)
        cap = next((most for models, most in CAPS if models.match(body["model"])), None)
        if isinstance(value, int) and cap is not None and value > cap:
            text = (
                f"{name} is too large: {value}. This model supports at most {cap} completion tokens, "
                f"whereas you provided {value}."
            )
            return Rejection(text, param=name, code="invalid_value")
        window = CONTEXT.get(body["model"])
        if isinstance(value, int) and window is not None and value >= window:
            text = f"This model's maximum context length is {window} tokens. However, you requested {value} and more."
            return Rejection(text, param="messages", code="context_length_exceeded")
    return None


def no_settings_of_others(body: Body) -> Rejection | None:
    """Refuse parameters that this model does not have."""
    model = body["model"]
    if body.get("stop") is not None and NO_STOP.match(model):
        return _unsupported("stop")
    if body.get("parallel_tool_calls") is not None and O_SERIES.match(model):
        return _unsupported("parallel_tool_calls")
    if body.get("tools") and model.startswith(("o1-mini", "o1-preview")):
        return _unsupported("tools")
    if REASONS.match(model) and _effort(body) != "none":
        for name in NOT_WHILE_REASONING:
            if body.get(name):
                return _unsupported(name)
    return None


def choices_and_verbosity(body: Body) -> Rejection | None:
    """Refuse several choices from o1, and a verbosity from models before gpt-5."""
    if body["model"].startswith("o1") and body.get("n", 1) not in (1, None):
        text = (
            f"Unsupported value: 'n' does not support {body['n']} with this model. Only the default (1) is supported."
        )
        return Rejection(text, param="n", code="unsupported_value")
    if body.get("web_search_options") is not None and "search" not in body["model"]:
        return Rejection("Web search options not supported with this model.", param="web_search_options")
    verbosity = body.get("verbosity")
    if verbosity not in (None, "medium") and re.match(r"^(gpt-4|gpt-3|o[134])", body["model"]):
        text = f"Unsupported value: 'verbosity' does not support '{verbosity}' with this model. Supported: 'medium'."
        return Rejection(text, param="verbosity", code="unsupported_value")
    return None


def tools_with_effort(body: Body) -> Rejection | None:
    """Refuse functions together with reasoning, where the model wants the Responses API for both."""
    newer = re.match(r"^gpt-(5\.[4-9]|6)", body["model"])
    if newer and body.get("tools") and body.get("reasoning_effort") not in (None, "none"):
        text = (
            f"Function tools with reasoning_effort are not supported for {body['model']} in /v1/chat/completions. "
            "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
        )
        return Rejection(text, param="reasoning_effort")
    return None


def json_mode_is_there(body: Body) -> Rejection | None:
    """Refuse JSON mode from models that have none."""
    wanted = (body.get("response_format") or {}).get("type")
    if wanted in ("json_object", "json_schema") and re.match(
        r"^(gpt-4(-0\d+|-32k.*)?$|o1-(mini|preview))", body["model"]
    ):
        text = f"Invalid parameter: 'response_format' of type '{wanted}' is not supported with this model."
        return Rejection(text, param="response_format")
    return None


def reasoning_is_there(body: Body) -> Rejection | None:
    """Refuse settings of reasoning from models that do not reason, and efforts that a model does not have."""
    reasons = REASONS.match(body["model"]) or RESPONSES_ONLY.search(body["model"])
    effort = (body.get("reasoning") or {}).get("effort")
    if not reasons and re.match(r"^gpt-(3|4)", body["model"]):
        if effort is not None:
            return _unsupported("reasoning.effort")
        if "reasoning.encrypted_content" in (body.get("include") or []):
            return Rejection("Encrypted content is not supported with this model.", param="include")
    if effort == "minimal" and re.match(r"^(gpt-5\.\d|gpt-6|o[134])", body["model"]):
        text = f"Unsupported value: 'minimal' is not supported with the '{body['model']}' model."
        return Rejection(text, param="reasoning.effort", code="unsupported_value")
    return None


CHAT_MODEL_RULES: list[Rule] = [
    endpoint_has_the_model,
    limit_is_within_the_model,
    no_settings_of_others,
    choices_and_verbosity,
    tools_with_effort,
    json_mode_is_there,
]
RESPONSE_MODEL_RULES: list[Rule] = [limit_is_within_the_model, reasoning_is_there]
