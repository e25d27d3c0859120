"""Names the API operation that a URL belongs to."""

from typing import Dict

_OPERATIONS: Dict[str, str] = {
    "chat/completions": "chat.completions",
    "complete": "completions",
    "completions": "completions",
    "embeddings": "embeddings",
    "messages": "messages",
    "messages/batches": "batches",
    "messages/count_tokens": "messages.count_tokens",
    "batches": "batches",
    "responses": "responses",
    "responses/input_tokens": "responses.input_tokens",
}
"""``{path below the API's root: operation}``"""

PROVIDERS: Dict[str, str] = {
    "chat.completions": "openai",
    "completions": "openai",
    "embeddings": "openai",
    "messages": "anthropic",
    "messages.count_tokens": "anthropic",
    "responses": "openai",
}
"""``{operation: the provider whose format its body has}``, of those that are told by their path alone."""

_KNOWN = {prefix + path: name for path, name in _OPERATIONS.items() for prefix in ("/", "/v1/", "")}

_NAMES = frozenset(_OPERATIONS.values())


def operation_of(url: str) -> str:
    """Return the operation of the URL or path that the SDK was given, for example ``chat.completions``.

    What we do not know is named after its first word (``images``, ``responses.other``), never after an identifier.
    """
    known = _KNOWN.get(url)
    if known is not None:
        return known
    path = url.partition("?")[0].partition("#")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    known = _KNOWN.get(path)
    if known is not None:
        return known
    steps = [step for step in path.split("/") if step]
    for start in range(len(steps)):  # below a gateway's or a deployment's own path
        tail = _OPERATIONS.get("/".join(steps[start:]))
        if tail is not None and (start == 0 or steps[start - 1] == "v1" or "deployments" in steps[:start]):
            return tail
    first = next((step for step in steps if step != "v1"), "unknown")
    return f"{first}.other" if first in _NAMES else first
