"""What an intercepted call costs: ours against bare wrapt, the SDK's method replaced by a constant."""

import gc
import time
from collections.abc import Callable
from typing import Any

import openai
import wrapt
from openai import _base_client
from openai._models import FinalRequestOptions

from arc_common.undo import Undo
from arc_runtime import Arc
from arc_runtime.model import Event, Sink
from bench.report import Report, median, percentile

REPEATS = 12
CALLS = 4000
ANSWER = object()
BODY = {"model": "gpt-4", "messages": [{"role": "user", "content": "Say hello."}], "temperature": 0.5}

METHOD = f"""`SyncAPIClient.request` of openai {openai.__version__} replaced by a function that returns a constant,
so that only the interception is left. Blocks of {CALLS:,} calls, {REPEATS} of each case, interleaved in one process;
medians over blocks; no endpoint, so nothing is sent. Garbage collection is off inside a block."""


def _constant(self: Any, cast_to: Any, options: Any, **kwargs: Any) -> Any:
    return ANSWER


def _bare() -> Undo:
    return Undo(lambda: None)


def _wrapt() -> Undo:
    original = _base_client.SyncAPIClient.__dict__["request"]
    wrapper = wrapt.FunctionWrapper(original, lambda wrapped, instance, args, kwargs: wrapped(*args, **kwargs))
    _base_client.SyncAPIClient.request = wrapper  # type: ignore[method-assign]
    return Undo(lambda: setattr(_base_client.SyncAPIClient, "request", original))


class _Nowhere:
    """A sink that takes events and forgets them: what is left is the cost of making them."""

    def emit(self, event: Event) -> None:
        """Forget it."""


def _arc(patterns: int, model: str = "other-model-{}", sink: Sink | None = None) -> Callable[[], Undo]:
    def install() -> Undo:
        arc = Arc(packs=(), sink=sink)
        arc.register_patterns(
            {"pattern": {"model": model.format(number), "temperature": {">": 0.4}}, "fix": {"temperature": 0.3}}
            for number in range(patterns)
        )
        return Undo(arc.close)

    return install


CASES: dict[str, Callable[[], Undo]] = {
    "bare": _bare,
    "wrapt, passing through": _wrapt,
    "Arc, no pattern": _arc(0),
    "Arc, 1 pattern, no match": _arc(1),
    "Arc, 1,000 patterns, no match": _arc(1000),
    "Arc, 1 pattern, match and fix": _arc(1, model="gpt-4"),
    "Arc, 1 pattern, no match, events made": _arc(1, sink=_Nowhere()),
    "Arc, 1 pattern, match and fix, events made": _arc(1, model="gpt-4", sink=_Nowhere()),
}


def run() -> Report:
    """Call the patched method in blocks, the cases interleaved, and give added time per call."""
    _base_client.SyncAPIClient.request = _constant  # type: ignore[method-assign, assignment]
    client = openai.OpenAI(api_key="none", base_url="http://127.0.0.1:9")
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in CASES}
    for _ in range(REPEATS):
        for name, install in CASES.items():
            undo = install()
            samples[name].append(_block(client))
            undo()
    bare = samples["bare"]
    rows = []
    for name, blocks in samples.items():
        added50 = median([block[0] - floor[0] for block, floor in zip(blocks, bare, strict=True)])
        added99 = median([block[1] - floor[1] for block, floor in zip(blocks, bare, strict=True)])
        p50, p99 = median([block[0] for block in blocks]), median([block[1] for block in blocks])
        rows.append([name, f"{p50:.2f}", f"{p99:.2f}", f"{added50:.2f}", f"{added99:.2f}"])
    return Report(
        title="Interception",
        method=METHOD,
        columns=["case", "p50 us", "p99 us", "added p50 us", "added p99 us"],
        rows=rows,
    )


def _block(client: openai.OpenAI) -> tuple[float, float]:
    """Return p50 and p99 of one block, in microseconds."""
    options = FinalRequestOptions.construct(method="post", url="/chat/completions", json_data=dict(BODY))
    call, clock = client.request, time.perf_counter
    for _ in range(200):
        call(object, options)
    gc.collect()
    gc.disable()
    try:
        times = []
        for _ in range(CALLS):
            started = clock()
            call(object, options)
            times.append(clock() - started)
    finally:
        gc.enable()
    return percentile(times, 0.5) * 1e6, percentile(times, 0.99) * 1e6
