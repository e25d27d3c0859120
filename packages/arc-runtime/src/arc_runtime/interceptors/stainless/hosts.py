"""Reads where a client sends its requests."""

from typing import Any


def host_of(client: Any) -> str:
    """Return the host of the client's base address; empty where the client has none."""
    host = getattr(getattr(client, "_base_url", None), "host", "")
    return host if isinstance(host, str) else ""
