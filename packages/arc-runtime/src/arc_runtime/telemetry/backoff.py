"""How long to wait before the next attempt."""

import random


class Backoff:
    """Full jitter: a random share of a ceiling that doubles with each failure, up to a limit.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015; of the variants compared there, full jitter
    makes the fewest calls when many clients lost the same server at the same time.
    """

    def __init__(self, rng: random.Random, base_s: float = 0.2, limit_s: float = 15.0) -> None:
        self._rng = rng
        self._base_s = base_s
        self._limit_s = limit_s
        self._failures = 0

    def next_s(self) -> float:
        """Return the pause after one more failure, in [0, limit_s]."""
        ceiling_s = min(self._limit_s, self._base_s * 2 ** min(self._failures, 30))
        self._failures += 1
        return self._rng.uniform(0, ceiling_s)

    def reset(self) -> None:
        """Forget the failures: it worked."""
        self._failures = 0
