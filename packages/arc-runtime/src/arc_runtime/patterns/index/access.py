"""What a pinned value is looked up by."""

from typing import Any

from arc_runtime.fixes.paths import Path

REQUEST_HASH: Path = ("$request_hash",)
REQUEST_COARSE = "$request_coarse"
"""The part of the hash that costs next to nothing; the whole is computed for requests that have it in common."""
SIMILAR = "similar"
"""The operator of patterns that are found by likeness, and only where nothing else matches."""


def access_value(path: Path, value: Any) -> Any:
    """Return what a pinned value is looked up by: itself, except for the hash of a request."""
    if path == REQUEST_HASH and isinstance(value, str) and value.count(":") == 2:
        return value.split(":")[1]
    return value
