"""A fault in words, for explanations: "with ... on orders -> payments"."""

from collections.abc import Callable

from arc_sim.model import Fault

SILENT = frozenset(("black_hole", "partition", "pause"))
"""Kinds under which a call gets no answer at all, so that the caller's timeout decides."""


def describe(fault: Fault) -> str:
    """Return the phrase for a fault; the kind itself for one that we do not know."""
    words = _WORDS.get(fault.kind)
    return words(fault) if words else fault.kind


def _latency(fault: Fault) -> str:
    jitter = f" (± {fault.jitter_ms:g} ms)" if fault.jitter_ms else ""
    return f"{fault.delay_ms:g} ms{jitter} of latency"


def _share(fault: Fault) -> str:
    return f"{100 * fault.share:g} %"


_WORDS: dict[str, Callable[[Fault], str]] = {
    "bandwidth": lambda fault: f"a bandwidth of {fault.rate_kbit_per_s:g} kbit/s",
    "black_hole": lambda fault: "answers that never come",
    "broken_body": lambda fault: f"answers that are blank after {fault.after_bytes} bytes",
    "corrupt": lambda fault: f"wrong bits in {_share(fault)} of the answers",
    "cpu_throttle": lambda fault: f"the callee held to {_share(fault)} of a CPU",
    "cut": lambda fault: f"answers that break off after {fault.after_bytes} bytes",
    "http_status": lambda fault: f"HTTP {fault.status} in place of {_share(fault)} of the answers",
    "kill": lambda fault: "the callee killed",
    "latency": _latency,
    "loss": lambda fault: f"{_share(fault)} of the packets lost",
    "partition": lambda fault: "nothing passing",
    "pause": lambda fault: "the callee paused",
    "refuse": lambda fault: "connections refused",
    "reset": lambda fault: f"{_share(fault)} of the requests reset",
    "restart": lambda fault: f"the callee killed and started again after {fault.delay_ms:g} ms",
    "slow_close": lambda fault: f"connections that close {fault.delay_ms:g} ms late",
}
