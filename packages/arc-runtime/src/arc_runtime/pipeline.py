"""Read this first: what becomes of a request, decided without touching a socket, a clock or an SDK.

    before(call)                    -> Decision      which body to send
    after(call, decision, outcome)  -> Event         what to report

Interceptors call these two; telemetry listens to the events. Both are pure: the same input gives the same output,
and nothing that the application owns is changed.
"""

from typing import Any, Dict, List, Tuple

from arc_runtime.model import PASS_THROUGH, AppliedFix, Call, Change, Decision, Event, Outcome
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.patterns.pattern import Pattern

LOW_CONFIDENCE = Decision(None, (), "low_confidence")
NO_CHANGE = Decision(None, (), "no_change")


class Pipeline:
    """Decides by the current patterns. `index` is replaced as a whole, by one assignment, and read without a lock."""

    def __init__(self, index: PatternIndex, min_confidence: float = 0.5) -> None:
        self.index = index
        self.min_confidence = min_confidence
        """In [0, 1]: patterns that are less sure leave the request as it was."""

    def before(self, call: Call) -> Decision:
        """Return what to send. Fixes are applied best pattern first; each pattern sees what those before it left."""
        patterns = self.index.match(call)
        if not patterns:
            return PASS_THROUGH
        sure = [pattern for pattern in patterns if pattern.confidence >= self.min_confidence]
        if not sure:
            return LOW_CONFIDENCE
        original: Any = call.body
        body: Dict[str, Any] = original
        applied: List[AppliedFix] = []
        for pattern in sure:
            if body is not original and not pattern.matches(call, body):
                continue
            body, changes = _apply(pattern, body, call.operation)
            if changes:
                applied.append(AppliedFix(pattern.pattern_id, pattern.confidence, changes))
        return Decision(body, tuple(applied), "fixed") if applied else NO_CHANGE


def after(call: Call, decision: Decision, outcome: Outcome) -> Event:
    """Return the event that reports a finished call; a call has one event, so they share their name."""
    return Event(call.call_id, call, decision, outcome)


def _apply(pattern: Pattern, body: Dict[str, Any], operation: str) -> Tuple[Dict[str, Any], Tuple[Change, ...]]:
    changes: Tuple[Change, ...] = ()
    for fix in pattern.fixes:
        body, done = fix.apply(body, operation)
        changes += done
    return body, changes
