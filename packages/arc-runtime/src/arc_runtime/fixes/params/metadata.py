"""Brings metadata to what is documented: texts of limited length, and for Anthropic the user's id alone."""

import json
from typing import Any, Dict

from arc_runtime.fixes.whole import WholeFix, replaced
from arc_runtime.model import MISSING

MAX_PAIRS, MAX_KEY, MAX_VALUE = 16, 64, 512
"""Of OpenAI's APIs."""
MAX_USER_ID = 256


class Metadata(WholeFix):
    """``{"metadata_limits": true}``: values become texts, what is too long is cut, what is too much is left out."""

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body with metadata that is accepted."""
        given = body.get("metadata")
        if not isinstance(given, dict):
            return body
        kept = _user_id(given) if operation.startswith("messages") else _pairs(given)
        return body if kept == given else replaced(body, metadata=kept or MISSING)


def _user_id(given: Dict[Any, Any]) -> Dict[str, Any]:
    user = given.get("user_id")
    return {} if user is None else {"user_id": _text(user)[:MAX_USER_ID]}


def _pairs(given: Dict[Any, Any]) -> Dict[str, str]:
    pairs = [(str(key)[:MAX_KEY], _text(value)[:MAX_VALUE]) for key, value in given.items() if value is not None]
    return dict(pairs[:MAX_PAIRS])


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(type(value).__name__)
