"""One case of the matching benchmark: ``python -m bench.matching_case NAME SIZE FOLDER [build]`` prints JSON."""

import gc
import itertools
import json
import os
import resource
import shutil
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
from bench.report import median, percentile

BLOCK = 500
"""Requests between two looks at the floor."""
EXPIRY_S = 4e9
"""When the patterns of the case `expired` end: later than any run."""
KINDS = ("models", "one_model", "boxes", "mixed", "exact", "text", "similar")
FEW = ("text", "similar")
"""One pattern in a hundred of the case with everything."""
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
    """Return percentiles that one busy neighbour does not decide: the median over blocks, and the floor beside it.

    Each block of requests gives a p50 and a p99, and right after it the floor is measured; the medians of those are
    reported. The p99.9 is that of all times, so that nothing rare is hidden.
    """
    size = max(1, min(BLOCK, len(calls)))
    p50s, p99s, floors, times, matched = [], [], [], [], 0
    gc.collect()
    for start in range(0, len(calls) - size + 1, size):
        block = []
        gc.disable()
        for one in calls[start : start + size]:
            started = time.perf_counter_ns()
            found = match(one)
            block.append((time.perf_counter_ns() - started) / 1000)
            matched += bool(found)
        floor = []
        for _ in range(500):
            started = time.perf_counter_ns()
            json.loads('["model-123", 0.45]')
            floor.append((time.perf_counter_ns() - started) / 1000)
        gc.enable()
        p50s.append(percentile(block, 0.5))
        p99s.append(percentile(block, 0.99))
        floors.append(percentile(floor, 0.5))
        times += block
    p50 = median(p50s)
    figures = {"p50": p50, "p99": median(p99s), "p999": percentile(times, 0.999)}
    return {**figures, "floors": p50 / median(floors), "matched": matched / len(times)}


def prepared(name: str, size: int, folder: str) -> dict[str, Any]:
    """Register and write the file that `indexed` maps: what that costs, in this process and in the child."""
    before, started = memory_mb(), time.perf_counter()
    cpu_s = time.process_time()
    store = PatternStore(lambda index: None)
    store.register(compiled(entries(name, size), EXPIRY_S if name == "expired" else None))
    registered_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_s
    grown = memory_mb()["RssAnon"] - before["RssAnon"]
    found = {"register_s": registered_s, "register_cpu_s": cpu_s, "build_s": store.build_s, "registered_mb": grown}
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    found.update({"child_mb": children.ru_maxrss / 1024, "child_cpu_s": children.ru_utime + children.ru_stime})
    (segment,) = store.index.segments or (None,)
    if segment is None:
        store.build(file_of(name, size, folder))
    else:  # the file that the child has made: it has no name any more
        with os.fdopen(os.dup(segment.descriptor), "rb") as made, Path(file_of(name, size, folder)).open("wb") as kept:
            made.seek(0)
            shutil.copyfileobj(made, kept)
    return found


def file_of(name: str, size: int, folder: str) -> str:
    """Return where the segment of a case is."""
    return str(Path(folder) / f"{name}-{size}.segment")


def indexed(name: str, size: int, folder: str) -> dict[str, Any]:
    """Map what was built, then match."""
    import arc_runtime.patterns.segments.workshop  # noqa: F401 - what is imported on use is not what patterns cost

    calls = [call(body) for body in requests(name, size)]
    now = [EXPIRY_S + 1 if name == "expired" else 0.0]
    gc.collect()
    before = memory_mb()
    store = PatternStore(lambda index: None)
    store.index.clock = lambda: now[0]
    store.load(file_of(name, size, folder))
    for one in calls[: len(calls) // 10]:  # pages and decoded fixes are part of what is resident
        store.index.match(one)
    store.index.stopped.clear()
    gc.collect()
    after = memory_mb()
    figures = timed(store.index.match, calls)
    grown = {key: after[key] - before[key] for key in after}
    return {
        **figures,
        "stopped": sum(store.index.stopped.values()),
        "gate_erred": store.health()["gate_erred"],
        "anonymous_mb": grown["RssAnon"],
        "mapped_mb": grown["RssFile"] + grown["RssShmem"],
        "rss_mb": sum(after.values()),
    }


def everything(name: str, size: int, folder: str) -> dict[str, Any]:
    """Map the file with all kinds of patterns once; give one memory figure, and the latency of each kind of request."""
    found = indexed(name, size, folder)
    store = PatternStore(lambda index: None)
    store.load(file_of(name, size, folder))
    kinds = {}
    for kind in KINDS:
        calls = [call(body) for body in requests(kind, size if kind not in FEW else size // 100, 2000)]
        kinds[kind] = timed(store.index.match, calls)
    return {**found, "kinds": kinds}


def linear(name: str, size: int, folder: str) -> dict[str, Any]:
    """Try every pattern."""
    patterns = list(compiled(entries(name, size)))
    calls = [call(body) for body in requests(name, size, max(20, 1_000_000 // size))]

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


def updates(name: str, size: int, folder: str) -> dict[str, Any]:
    """Add, replace and remove while many threads match, large merges included."""
    store = PatternStore(lambda index: None)
    store.load(file_of("models", size, folder))
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


CASES: dict[str, Callable[[str, int, str], dict[str, Any]]] = {
    "linear": linear,
    "updates": updates,
    "recall": recall,
    "all": everything,
}


def main() -> None:
    """Measure the case that the arguments name: its name, a size, the folder of files, and ``build`` to make those."""
    name, size, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    case = prepared if sys.argv[4:] == ["build"] else CASES.get(name, indexed)
    print(json.dumps(case(name, size, folder)))


if __name__ == "__main__":
    main()
