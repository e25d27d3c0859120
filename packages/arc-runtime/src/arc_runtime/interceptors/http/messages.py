"""Reads the JSON body of an HTTP request to a known operation, and writes another one: for httpx and httpx2 alike."""

import copy
import json
from typing import Any, Dict, NamedTuple, Optional

from arc_runtime.interceptors.operations import PROVIDERS, operation_of
from arc_runtime.interceptors.stainless.sending import can_be_sent

MAX_BODY_BYTES = 8 * 1024 * 1024
"""A longer request passes as it is: reading it costs the application 100 ms and more."""


class Message(NamedTuple):
    """What a request says."""

    provider: str
    operation: str
    body: Dict[str, Any]


def is_llm_request(request: Any) -> bool:
    """Return whether it is posted to the path of an operation that we know; nothing else of it is read."""
    return request.method == "POST" and operation_of(request.url.path) in PROVIDERS


def read_message(request: Any) -> Optional[Message]:
    """Return what a request says; None: no JSON object, compressed, too long, or a body that can be read only once."""
    headers = request.headers
    if "json" not in headers.get("content-type", "") or headers.get("content-encoding"):
        return None
    content = getattr(request, "_content", None)  # its property raises where nothing was read
    if not isinstance(content, bytes) or len(content) > MAX_BODY_BYTES:
        return None
    try:
        body = json.loads(content)
    except ValueError:
        return None
    operation = operation_of(request.url.path)
    return Message(PROVIDERS[operation], operation, body) if isinstance(body, dict) else None


def with_content(request: Any, before: Dict[str, Any], after: Dict[str, Any]) -> Any:
    """Return a copy of the request that sends ``after``, or None where that is no JSON. The request stays as it is."""
    if not can_be_sent(after, before):
        return None
    content = json.dumps(after, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    changed = copy.copy(request)
    changed.headers = request.headers.copy()
    changed.headers["content-length"] = str(len(content))
    changed.stream = type(request.stream)(content)
    changed._content = content
    return changed
