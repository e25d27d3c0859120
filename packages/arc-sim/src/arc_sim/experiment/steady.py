"""Whether both sides are healthy without a fault: what is broken already cannot show what a fault breaks."""

from collections.abc import Sequence

from arc_sim.errors import ProbeError
from arc_sim.model import Observation, Revision

MAX_CALM_ERROR_RATE: dict[Revision, float] = {"base": 0.05, "head": 0.25}
"""Above this a side is not steady. Decisions. Base: an error rise of 1 % is tolerated, and must stand out from this.
Head: where a quarter fails without a fault, the fault has little left to break, and the difference would call it safe.
"""

_HINT: dict[Revision, str] = {
    "base": "set load: in arc-sim.yaml to a request that succeeds, and see .arc/sim/<sim_id>/journal.jsonl",
    "head": "base answers the same load, so the diff breaks it without any fault: mend that first",
}


def check_steady(calm: Sequence[Observation], entry: str, log_tail: str = "") -> None:
    """Raise ProbeError when too many of a side's calm requests failed, with the kinds of failure and the entry's log.

    calm: observations of one revision without a fault.
    """
    revision: Revision = calm[0].cell.revision if calm else "base"
    requests = sum(len(seen.latencies_ms) for seen in calm)
    errors = sum(seen.errors for seen in calm)
    if requests and errors / requests <= MAX_CALM_ERROR_RATE[revision]:
        return
    kinds: dict[str, int] = {}
    for seen in calm:
        for kind, count in seen.error_kinds.items():
            kinds[kind] = kinds.get(kind, 0) + count
    listed = ", ".join(f"{count} x {kind}" for kind, count in sorted(kinds.items())) or "no answer"
    log = f"; last lines of {entry}: {log_tail.strip()}" if log_tail.strip() else ""
    raise ProbeError(
        f"{revision} is not steady: without a fault {errors} of {requests} requests to {entry} failed ({listed}){log}",
        code="probe.not_steady",
        hint=_HINT[revision],
    )
