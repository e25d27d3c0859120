"""What a diff does to the graph, and which services it reaches."""

from dataclasses import dataclass, field
from typing import Literal

from arc_sim.model.graph import Location


@dataclass(frozen=True)
class EdgeChange:
    """What the diff did to one edge."""

    source: str
    target: str
    what: Literal["added", "removed", "timeout_ms", "retries", "fallback"]
    before: float | None
    """The setting at base; None when it was not set. 1.0 / None for a fallback that was / was not there."""
    after: float | None
    """The same at head."""
    location: Location | None
    """The place at head, or at base when head no longer has it."""


@dataclass(frozen=True)
class Reach:
    """How a change reaches a service."""

    path: tuple[str, ...]
    """From the service down to the changed one."""
    weight: float
    """In (0, 1]: confidence of the edges on the way, less for every further hop and every fallback."""


@dataclass(frozen=True)
class Impact:
    """Which services a diff touches, and why."""

    direct: tuple[str, ...]
    """Sorted."""
    upstream: tuple[str, ...]
    """Callers of the direct ones up to the entries, without the direct ones. Sorted."""
    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """``{service: (one line per reason, ...)}``."""
    async_consumers: tuple[str, ...] = ()
    """Services that take messages which the direct ones send, or from a broker among them. Sorted."""
    reach: dict[str, Reach] = field(default_factory=dict)
    """The strongest way from each upstream service to a direct one."""
