"""TOML as plain values; broken files are empty."""

import sys
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def load(text: str) -> dict[str, Any]:
    """Return the document, empty when it is no TOML."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


def table(value: Any, *keys: str) -> dict[str, Any]:
    """Return the table below the keys, empty when there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
