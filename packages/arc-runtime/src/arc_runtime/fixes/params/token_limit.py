"""Gives the limit of output tokens the name and the size that the model takes."""

from typing import Any, Dict

from arc_runtime.fixes.models import capability
from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING

CHARS_PER_TOKEN = 10
"""A token of a prompt is hardly ever longer, so a prompt has at least a tenth as many tokens as characters."""
NAMES = ("max_tokens", "max_completion_tokens", "max_output_tokens")


class TokenLimit(WholeFix):
    """``{"token_limit": true}``: one name, at most the model's own limit. The limit never grows."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with a limit that the model takes."""
        model = body.get("model")
        if operation == "chat.completions":
            body = _one_name(body, model)
        for name in NAMES:
            value = body.get(name)
            if type(value) is int:
                body = _fitting(body, name, value, model)
        return body


def _one_name(body: Dict[str, Any], model: Any) -> Dict[str, Any]:
    limit, other = body.get("max_tokens"), body.get("max_completion_tokens")
    if limit is None:
        return body
    if other is not None:
        smaller = min(limit, other) if type(limit) is int and type(other) is int else other
        return replaced(body, max_tokens=MISSING, max_completion_tokens=smaller)
    if capability(model, "max_tokens") is False:
        return replaced(body, max_tokens=MISSING, max_completion_tokens=limit)
    return body


def _fitting(body: Dict[str, Any], name: str, value: int, model: Any) -> Dict[str, Any]:
    cap, context = capability(model, "max_output"), capability(model, "context")
    if type(cap) is int and value > cap:
        return replaced(body, **{name: cap})
    if type(context) is int and value + _least_tokens(body) > context:
        return replaced(body, **{name: MISSING})
    return body


def _least_tokens(body: Dict[str, Any]) -> int:
    messages = body.get("messages")
    messages = messages if isinstance(messages, (list, tuple)) else []
    contents = [message.get("content") for message in messages if isinstance(message, dict)]
    return 4 * len(messages) + sum(len(text) for text in contents if isinstance(text, str)) // CHARS_PER_TOKEN
