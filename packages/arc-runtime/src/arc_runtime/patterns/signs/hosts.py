"""Who answers a request: the provider itself, whose documented rules hold, or somebody else with rules of their own.

A gateway, another vendor behind OpenAI's protocol, or a server of one's own may take what the provider refuses, under
the very names of the provider's models. So the rules hold where the provider is known to answer:

- its own hosts, of all regions; for Claude also Vertex, whose models have Anthropic's own names;
- loopback addresses: a proxy beside the program, or a test's server, is told apart from the provider by nobody;
- hosts that the application names (``Arc(hosts=...)``, ``ARC_HOSTS``);
- no host at all: a request that is explained or tested without a client.

Azure is not among them: a deployment's name says nothing of the model behind it, and its API has versions of its own.
"""

from functools import lru_cache
from typing import Iterable, Mapping, Tuple

OWN_HOSTS: Mapping[str, Tuple[str, ...]] = {
    "openai": ("api.openai.com",),
    "anthropic": ("api.anthropic.com", "aiplatform.googleapis.com"),
}
"""Sources: the base addresses of openai 3.52 and anthropic 2.11, and their documents on data residency and Vertex."""


@lru_cache(maxsize=256)
def is_first_party(provider: str, host: str, named: Tuple[str, ...] = ()) -> bool:
    """Return whether the provider's rules hold at a host; regions stand before it (``eu.api.openai.com``)."""
    if not host or is_loopback(host):
        return True
    host = host.lower().rstrip(".")
    own = OWN_HOSTS.get(provider, ())
    return any(_is_or_is_below(host, name) for name in own) or any(_is_or_is_below(host, name) for name in named)


def is_loopback(host: str) -> bool:
    """Return whether an address is this machine's own, without asking a name server."""
    host = host.strip("[]").lower()
    return host == "localhost" or host.endswith(".localhost") or host == "::1" or _is_127(host)


def read_hosts(names: Iterable[str]) -> Tuple[str, ...]:
    """Return names of hosts as they are compared: small letters, without port and brackets."""
    return tuple(name.strip().lower().rstrip(".") for name in names if name.strip())


def _is_127(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(part.isdigit() for part in parts)


def _is_or_is_below(host: str, name: str) -> bool:
    return host == name or host.endswith("." + name) or (name == _VERTEX and host.endswith("-" + name))


_VERTEX = "aiplatform.googleapis.com"
"""Its regions stand before it with a dash: ``us-east5-aiplatform.googleapis.com``."""
