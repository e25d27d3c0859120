"""Reads where a client sends its requests."""

from typing import Any, Dict, Tuple

MAX_REMEMBERED = 64

_hosts: Dict[int, Tuple[Any, str]] = {}
"""Addresses that were read, by identity: they are never changed, and held here so that no other takes their place."""


def host_of(client: Any) -> str:
    """Return the host of the client's base address; empty where the client has none."""
    address = getattr(client, "_base_url", None)
    known = _hosts.get(id(address))
    if known is not None and known[0] is address:
        return known[1]
    host = getattr(address, "host", "")
    host = host if isinstance(host, str) else ""
    if type(address).__name__ == "URL":  # of httpx or httpx2: immutable, and slow to read
        if len(_hosts) >= MAX_REMEMBERED:
            _hosts.clear()
        _hosts[id(address)] = (address, host)
    return host
