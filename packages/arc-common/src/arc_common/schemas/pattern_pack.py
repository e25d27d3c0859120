"""The pattern pack as types; ``pattern_pack.v1.schema.json`` says the same with every operator."""

from typing import Any, Dict, List, Optional, TypedDict


class _GoldenCase(TypedDict):
    name: str
    request: Dict[str, Any]
    expected: Optional[Dict[str, Any]]


class GoldenRequest(_GoldenCase, total=False):
    """A request and the body that leaves; ``expected`` None: the request must not be changed."""

    provider: str
    operation: str


class _PatternCore(TypedDict):
    id: str
    pattern: Dict[str, Any]
    fix: Dict[str, Any]
    source: str


class PatternEntry(_PatternCore, total=False):
    """One failure that is known, and its fix. ``confidence`` in [0, 1]."""

    description: str
    confidence: float
    priority: int
    golden: List[GoldenRequest]
    risk: str
    error: str
    explains: List[str]
    expires_at_s: float
    tags: List[str]
    owner: str
    version: str


class _PackCore(TypedDict):
    version: int
    name: str
    patterns: List[PatternEntry]


class PatternPack(_PackCore, total=False):
    """Patterns that are published together; ``version`` is that of the shape."""

    description: str
