"""What waits in the queue: an event of which the application can change nothing any more."""

from typing import NamedTuple, Optional, Tuple

from arc_runtime.model import MISSING, AppliedFix, Call, Event, Outcome
from arc_runtime.snapshot import Frozen, freeze

_OWN_BYTES = 1_000
"""What an event takes beside its bodies: measured with tracemalloc on Python 3.11, rounded up."""


class FrozenFix(NamedTuple):
    """An applied fix; a value is None where there was or is nothing."""

    pattern_id: str
    confidence: float
    changes: "Tuple[Tuple[str, Optional[Frozen], Optional[Frozen]], ...]"


class Pending(NamedTuple):
    """One event. ``call.body`` and ``outcome.response`` are empty: their copies are beside them."""

    event_id: str
    call: Call
    outcome: Outcome
    body: Frozen
    response: Optional[Frozen]
    fixes: Tuple[FrozenFix, ...]
    size_bytes: int
    """About what it keeps in memory."""


def take(event: Event) -> Pending:
    """Copy what the application may still change, unless an interceptor has; costs microseconds, however long it is."""
    call, outcome = event.call, event.outcome
    body = freeze(call.body)
    response = None if outcome.response is None else freeze(outcome.response)
    return Pending(
        event.event_id,
        call._replace(body={}),
        outcome if outcome.response is None else outcome._replace(response=None),
        body,
        response,
        tuple(_fix(fix) for fix in event.decision.fixes) if event.decision.fixes else (),
        _OWN_BYTES + body.size_bytes + (0 if response is None else response.size_bytes),
    )


def _fix(fix: AppliedFix) -> FrozenFix:
    changes = tuple((change.path, _value(change.before), _value(change.after)) for change in fix.changes)
    return FrozenFix(fix.pattern_id, fix.confidence, changes)


def _value(value: object) -> Optional[Frozen]:
    return None if value is MISSING else freeze(value)
