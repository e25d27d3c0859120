"""Counts and latencies that cost well under a microsecond to take, from any thread, without a lock.

Each thread writes its own shard, found by its identifier; a reader adds the shards up. A lock would not do: a stream
that the garbage collector drops ends its call at any point of any thread, also inside a critical section.
"""

from bisect import bisect_left
from threading import get_ident
from typing import Dict, List, NamedTuple, Tuple

ADDED_BOUNDS_S: Tuple[float, ...] = (1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2)
"""Upper bounds for the time that we add; the promise is 5 ms at p99, the goal 5 us at p50."""
PROVIDER_BOUNDS_S: Tuple[float, ...] = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds for the time that the provider takes."""

COUNTERS: Dict[str, str] = {
    "requests_intercepted": "LLM requests that went through us",
    "pattern_matches": "Requests that at least one pattern matched",
    "fixes_applied": "Fixes applied to requests",
    "requests_retried": "Refused requests sent once more with a fix, which retry_with_fix allows",
    "low_confidence": "Requests left as they were because no matching pattern was sure enough",
    "requests_failed": "Requests that ended in an exception of the SDK",
    "requests_cancelled": "Requests or streams that were given up before their end",
    "requests_unreported": "Requests that were still under way when the Arc was closed: their end was told to nobody",
    "sessions_passed": "Websocket sessions (realtime, responses.connect), which pass through us unseen",
    "bodies_passed": "Requests of protected transports whose body cannot be read without changing it",
}
"""Names, and what they count."""


class Histogram(NamedTuple):
    """Observations by upper bound."""

    bounds: Tuple[float, ...]
    counts: Tuple[int, ...]
    """One per bound, then those beyond the last; not cumulative."""
    total: float
    """Sum of all observations."""


class _Shard:
    """What one thread has counted."""

    __slots__ = ("added", "added_sum", "counts", "provider", "provider_sum")

    def __init__(self) -> None:
        self.counts: Dict[str, int] = dict.fromkeys(COUNTERS, 0)
        self.added: List[int] = [0] * (len(ADDED_BOUNDS_S) + 1)
        self.provider: List[int] = [0] * (len(PROVIDER_BOUNDS_S) + 1)
        self.added_sum = 0.0
        self.provider_sum = 0.0


class Counters:
    """The numbers behind ``/metrics``."""

    def __init__(self) -> None:
        self._shards: Dict[int, _Shard] = {}

    def add(self, name: str, amount: int = 1) -> None:
        """Count ``amount`` more of one of COUNTERS."""
        shard = self._shards.get(get_ident()) or self._new_shard()
        shard.counts[name] += amount

    def observe(self, added_s: float, provider_s: float) -> None:
        """Note where the time of one call went."""
        shard = self._shards.get(get_ident()) or self._new_shard()
        shard.added[bisect_left(ADDED_BOUNDS_S, added_s)] += 1
        shard.provider[bisect_left(PROVIDER_BOUNDS_S, provider_s)] += 1
        shard.added_sum += added_s
        shard.provider_sum += provider_s

    def totals(self) -> Dict[str, int]:
        """Return ``{name: count}`` for all of COUNTERS."""
        shards = list(self._shards.values())
        return {name: sum(shard.counts[name] for shard in shards) for name in COUNTERS}

    def added(self) -> Histogram:
        """Return the time that we added, per call."""
        shards = list(self._shards.values())
        counts = tuple(sum(column) for column in zip(*[shard.added for shard in shards]))
        empty = (0,) * (len(ADDED_BOUNDS_S) + 1)
        return Histogram(ADDED_BOUNDS_S, counts or empty, sum(shard.added_sum for shard in shards))

    def provider(self) -> Histogram:
        """Return the time that the provider took, per call."""
        shards = list(self._shards.values())
        counts = tuple(sum(column) for column in zip(*[shard.provider for shard in shards]))
        empty = (0,) * (len(PROVIDER_BOUNDS_S) + 1)
        return Histogram(PROVIDER_BOUNDS_S, counts or empty, sum(shard.provider_sum for shard in shards))

    def _new_shard(self) -> _Shard:
        return self._shards.setdefault(get_ident(), _Shard())
