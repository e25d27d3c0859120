"""The pattern pack as types; ``pattern_pack.v1.schema.json`` says the same with every operator."""

from typing import Any, Dict, List, Optional, TypedDict


class _GoldenCase(TypedDict):
    request: Dict[str, Any]
    expected: Optional[Dict[str, Any]]


class GoldenRequest(_GoldenCase, total=False):
    """A request and the body that leaves; ``expected`` None: the request must not be changed."""

    name: str
    provider: str
    operation: str


class _PatternCore(TypedDict):
    id: str
    pattern: Dict[str, Any]
    fix: Dict[str, Any]


class PatternEntry(_PatternCore, total=False):
    """One failure that is known, and its fix. ``confidence`` in [0, 1], ``expires_at`` ISO 8601 in UTC."""

    description: str
    provider: str
    operation: str
    confidence: float
    priority: int
    expires_at: str
    source: str
    tags: List[str]
    golden: List[GoldenRequest]


class _PackCore(TypedDict):
    name: str
    version: int
    patterns: List[PatternEntry]


class PatternPack(_PackCore, total=False):
    """Patterns that are published together; ``version`` rises with each publication."""

    description: str
    source: str
