"""One case of the matching benchmark: ``python -m bench.matching_case NAME SIZE`` prints its figures as JSON."""

import gc
import itertools
import json
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from arc_runtime.model import Call
from arc_runtime.patterns.facts import Facts
from arc_runtime.patterns.pattern import Pattern, PatternSpec, compile_pattern
from arc_runtime.patterns.store import PatternStore
from bench.matching_data import Entry, entries, requests
from bench.matching_edits import recall
from bench.report import percentile

ROUNDS = 3
SECONDS = 10.0
THREADS = 64


def call(body: dict[str, Any]) -> Call:
    """Return a call with this body."""
    return Call("", "openai", "chat.completions", body, False, "", 0.0)


def compiled(given: Iterator[Entry], expires_at_s: float | None = None) -> Iterator[Pattern]:
    """Return the patterns ready for matching."""
    for entry in given:
        yield compile_pattern(PatternSpec(entry["pattern"], entry["fix"], entry["id"], expires_at_s=expires_at_s))


def memory_mb() -> dict[str, float]:
    """Return anonymous and file-backed resident memory."""
    found = {}
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name in ("RssAnon", "RssFile", "RssShmem"):
            found[name] = int(value.split()[0]) / 1024
    return found


def timed(match: Callable[[Call], Any], calls: list[Call]) -> dict[str, Any]:
    """Return percentiles of the middle round, and the floor measured in it."""
    rounds = []
    for _ in range(ROUNDS):
        times, matched = [], 0
        gc.collect()
        gc.disable()
        for one in calls:
            started = time.perf_counter_ns()
            found = match(one)
            times.append((time.perf_counter_ns() - started) / 1000)
            matched += bool(found)
        floor = []
        for _ in range(5000):
            started = time.perf_counter_ns()
            json.loads('["model-123", 0.45]')
            floor.append((time.perf_counter_ns() - started) / 1000)
        gc.enable()
        p50 = percentile(times, 0.5)
        rounds.append((p50, percentile(times, 0.99), percentile(times, 0.999), p50 / percentile(floor, 0.5), matched))
    p50, p99, p999, floors, matched = sorted(rounds)[ROUNDS // 2]
    return {"p50": p50, "p99": p99, "p999": p999, "floors": floors, "matched": matched / len(calls)}


def indexed(name: str, size: int) -> dict[str, Any]:
    """Register, then match."""
    import arc_runtime.patterns.segments.workshop  # noqa: F401 - what is imported on use is not what patterns cost

    calls = [call(body) for body in requests(name, size)]
    soon_s = time.time() + 1e6
    now = [0.0]
    store = PatternStore(lambda index: None)
    store.index.clock = lambda: now[0]
    gc.collect()
    before, started = memory_mb(), time.perf_counter()
    store.register(compiled(entries(name, size), soon_s if name == "expired" else None))
    store.compact()
    registered_s = time.perf_counter() - started
    gc.collect()
    after = memory_mb()
    if name == "expired":
        now[0] = soon_s + 1
    figures = timed(store.index.match, calls)
    grown = {key: after[key] - before[key] for key in after}
    return {
        **figures,
        "stopped": sum(store.index.stopped.values()),
        "anonymous_mb": grown["RssAnon"],
        "mapped_mb": grown["RssFile"] + grown["RssShmem"],
        "register_s": registered_s,
        "build_s": store.build_s,
        "child_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def linear(name: str, size: int) -> dict[str, Any]:
    """Try every pattern."""
    patterns = list(compiled(entries(name, size)))
    calls = [call(body) for body in requests(name, size, max(20, 2_000_000 // size))]

    def match(one: Call) -> list[Pattern]:
        facts, found = Facts(one), []
        for pattern in patterns:
            if pattern.matches(one, one.body, facts):
                found.append(pattern)
                if len(found) == 8:
                    break
        return found

    return timed(match, calls)


class Readers:
    """Threads that match now and then, as those of a server do."""

    def __init__(self, store: PatternStore) -> None:
        self._store = store
        self._calls = [call(body) for body in requests("models", 1000, 1000)]
        self._stop = threading.Event()
        self.times: list[float] = []
        self.ends: list[float] = []

    def run(self, seconds: float) -> None:
        """Match in all threads for so long."""
        threads = [threading.Thread(target=self._match, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self._stop.set()
        for thread in threads:
            thread.join()

    def _match(self, number: int) -> None:
        while not self._stop.is_set():
            number = (number + 1) % len(self._calls)
            started = time.perf_counter()
            self._store.index.match(self._calls[number])
            ended = time.perf_counter()
            self.times.append((ended - started) * 1e6)
            self.ends.append(ended)
            time.sleep(0.005)

    def pause_ms(self) -> float:
        """Return the longest time in which no thread finished a match."""
        ordered = sorted(self.ends)
        return max(later - earlier for earlier, later in itertools.pairwise(ordered)) * 1000


def updates(name: str, size: int) -> dict[str, Any]:
    """Add, replace and remove while many threads match, large merges included."""
    store = PatternStore(lambda index: None)
    store.register(compiled(entries(name, size)))
    quiet = Readers(store)
    quiet.run(SECONDS)
    busy, added, done = Readers(store), [], threading.Event()

    def change() -> None:
        number = 0
        while not done.is_set():
            spec = {"model": f"model-{number % 1000}", "temperature": {"<": number % 97 / 50}}
            pattern = compile_pattern(PatternSpec(spec, {"temperature": 0.5}, f"new-{number % 50_000}"))
            started = time.perf_counter()
            store.change([pattern], removed=[f"p{number}"] if number % 10 == 0 else [])
            added.append((time.perf_counter() - started) * 1e6)
            number += 1
            time.sleep(0.0005)

    writer = threading.Thread(target=change)
    writer.start()
    busy.run(SECONDS)
    done.set()
    writer.join()
    merges = store.merges
    store.close()
    return {
        "adds": len(added),
        "add_p50": percentile(added, 0.5),
        "add_p99": percentile(added, 0.99),
        "merges": merges,
        "seconds": SECONDS,
        "pause_ms": busy.pause_ms(),
        "quiet_pause_ms": quiet.pause_ms(),
        "p50": percentile(busy.times, 0.5),
        "p99": percentile(busy.times, 0.99),
        "quiet_p50": percentile(quiet.times, 0.5),
        "quiet_p99": percentile(quiet.times, 0.99),
    }


def main() -> None:
    """Measure the case that the arguments name."""
    name, size = sys.argv[1], int(sys.argv[2])
    case = {"linear": linear, "updates": updates, "recall": recall}.get(name, indexed)
    print(json.dumps(case(name, size)))


if __name__ == "__main__":
    main()
