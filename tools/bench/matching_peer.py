"""The published package of the same name, asked the same way; runs in its own environment, where ours is not."""

import json
import random
import sys
import time

from runtime.patterns.registry import PatternRegistry  # type: ignore[import-not-found]  # not a dependency of ours


def _memory_mb() -> float:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - as plain as it can be
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("RssAnon"))


def main() -> None:
    """Print the figures as JSON."""
    size, draw = int(sys.argv[1]), random.Random(7)
    before, started = _memory_mb(), time.perf_counter()
    registry = PatternRegistry()
    for number in range(size):
        pattern = {"model": f"model-{number % 1000}", "temperature": {">": draw.random() * 2}}
        registry.register(pattern, {"temperature": number % 1000 / 1000})
    registered_s, anonymous_mb = time.perf_counter() - started, _memory_mb() - before
    times, matched = [], 0
    for _ in range(max(20, 2_000_000 // size)):
        body = {"model": f"model-{draw.randrange(1100)}", "temperature": draw.random() * 2, "messages": []}
        begun = time.perf_counter()
        matched += registry.match(body) is not None
        times.append((time.perf_counter() - begun) * 1e6)
    times.sort()
    p50, p99, p999 = (times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.99, 0.999))
    figures = {"p50": p50, "p99": p99, "p999": p999, "matched": matched / len(times), "register_s": registered_s}
    print(json.dumps({**figures, "anonymous_mb": anonymous_mb}))


if __name__ == "__main__":
    main()
