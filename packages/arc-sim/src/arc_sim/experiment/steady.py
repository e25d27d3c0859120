"""Whether base is healthy without a fault: what is broken already cannot show what a diff breaks."""

from collections.abc import Sequence

from arc_sim.errors import ProbeError
from arc_sim.model import Observation

MAX_CALM_ERROR_RATE = 0.05
"""Above this base is not steady. A decision: an error rise of 1 % is tolerated, and must stand out from this."""


def check_steady(calm: Sequence[Observation], entry: str, log_tail: str = "") -> None:
    """Raise ProbeError when too many of base's calm requests failed, with the kinds of failure and the entry's log."""
    requests = sum(len(seen.latencies_ms) for seen in calm)
    errors = sum(seen.errors for seen in calm)
    if requests and errors / requests <= MAX_CALM_ERROR_RATE:
        return
    kinds: dict[str, int] = {}
    for seen in calm:
        for kind, count in seen.error_kinds.items():
            kinds[kind] = kinds.get(kind, 0) + count
    listed = ", ".join(f"{count} x {kind}" for kind, count in sorted(kinds.items())) or "no answer"
    log = f"; last lines of {entry}: {log_tail.strip()}" if log_tail.strip() else ""
    raise ProbeError(
        f"base is not steady: without a fault {errors} of {requests} requests to {entry} failed ({listed}){log}",
        code="probe.not_steady",
        hint="set load: in arc-sim.yaml to a request that succeeds, and see .arc/sim/<sim_id>/journal.jsonl",
    )
