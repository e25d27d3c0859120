"""Which SDK releases are tried on which Python. The newest is whatever the index has for that Python today."""

from __future__ import annotations

from typing import NamedTuple

PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
SDKS = ("openai", "anthropic")
EXTRAS = ("botocore", "boto3", "google-auth[requests]")
"""What Anthropic's clients for Bedrock and Vertex need."""


class Tier(NamedTuple):
    """A pair of releases of about the same age, and what else has to be of that age."""

    name: str
    requirements: tuple[str, ...]


TIERS = (
    Tier("oldest", ("openai==1.0.0", "anthropic==0.30.0", "httpx<0.28", "tokenizers<0.21; python_version < '3.9'")),
    Tier("older", ("openai==1.66.0", "anthropic==0.49.0")),
    Tier("middle", ("openai==2.2.0", "anthropic==0.72.0")),
    Tier("newest", ("openai", "anthropic")),
)
