"""Asks the pipeline, counts, and hands events to the sink: the observer that runs in production."""

from typing import Any, Optional, Tuple

from arc_runtime import guard
from arc_runtime.metrics.counters import Counters
from arc_runtime.model import (
    MISSING,
    PASS_THROUGH,
    STATUS_CANCELLED,
    STATUS_ERROR,
    AppliedFix,
    Call,
    Decision,
    Outcome,
    Sink,
)
from arc_runtime.pipeline import Pipeline, after, retry
from arc_runtime.snapshot import keep

FAILED = Decision(None, (), "failed")
REFUSALS = (400, 404, 413, 422)
"""HTTP statuses that say that the request itself is at fault."""


class PipelineObserver:
    """Contains every failure of the pipeline and the sink: the request then leaves as it was."""

    def __init__(self, pipeline: Pipeline, counters: Counters, sink: Optional[Sink] = None) -> None:
        self._pipeline = pipeline
        self._counters = counters
        self._sink = sink
        self.listening = sink is not None
        """Whether there is a sink; an attribute of its own, because every call asks."""
        self.retries = False
        """Whether a refused request is sent once more, where a pattern explains the refusal and fixes it."""
        self.known_errors: Tuple[Any, ...] = ()
        """`KnownError` of the loaded packs."""

    @property
    def sink(self) -> Optional[Sink]:
        """Where events go; None: nowhere. Exchanged by one assignment."""
        return self._sink

    @sink.setter
    def sink(self, sink: Optional[Sink]) -> None:
        self._sink = sink
        self.listening = sink is not None

    def decide(self, call: Call) -> Decision:
        """Return what to send, and count it."""
        # what `guard.run` does, without its call: this and `finish` run for every request
        try:
            self._counters.add("requests_intercepted")
            decision = self._pipeline.before(call)
            return decision if decision is PASS_THROUGH else self._matched(decision)
        except Exception as error:  # noqa: BLE001 - the guard, written out
            guard.contain("pipeline.before", error)
            return FAILED

    def finish(self, call: Call, decision: Decision, outcome: Outcome) -> None:
        """Count the end of a call, and emit its event."""
        try:
            self._counters.observe(outcome.added_s, outcome.provider_s)
            if outcome.status == STATUS_ERROR:
                self._counters.add("requests_failed")
            elif outcome.status == STATUS_CANCELLED:
                self._counters.add("requests_cancelled")
            sink = self._sink
            if sink is not None and call.call_id and outcome.status == STATUS_ERROR:
                known = self.error_class(call, outcome)
                outcome = outcome._replace(error_class=known) if known else outcome
            if sink is not None and call.call_id:  # a call that began before there was a sink has no name
                sink.emit(after(call, decision, outcome))
            elif call.call_id:
                self._counters.add("requests_unreported")
        except Exception as error:  # noqa: BLE001 - the guard, written out
            guard.contain("observer.finish", error)

    def retry(self, call: Call, decision: Decision, error: Any) -> Optional[Decision]:
        """Return what to send once more after a refusal, None for nothing. ``error`` has http_status and message."""
        if not self.retries or error.http_status not in REFUSALS:
            return None
        again = guard.run(
            "pipeline.retry", None, retry, self._pipeline, self.known_errors, call, decision, error.message
        )
        if again is not None:
            self._counters.add("requests_retried")
        return again

    def error_class(self, call: Call, outcome: Outcome) -> str:
        """Return the known class of a refusal that no fix has prevented: a pattern's id, or nothing."""
        if outcome.http_status not in REFUSALS or not outcome.error_message:
            return ""
        for known in self.known_errors:
            if known.explains(outcome.error_message[:2000], call.provider):
                return str(known.pattern_id)
        return ""

    def passed(self, kind: str) -> None:
        """Count what goes through us unseen: ``sessions`` over websockets, ``bodies`` that cannot be read."""
        guard.run("observer.passed", None, self._counters.add, f"{kind}_passed")

    def _matched(self, decision: Decision) -> Decision:
        self._counters.add("pattern_matches")
        if decision.reason == "low_confidence":
            self._counters.add("low_confidence")
        if decision.fixes:
            self._counters.add("fixes_applied", len(decision.fixes))
            if self._sink is not None:
                return _detached(decision)
        return decision


def _detached(decision: Decision) -> Decision:
    """Return the decision with changes that nobody else can change; the body to send is the same."""
    fixes = [
        AppliedFix(
            fix.pattern_id,
            fix.confidence,
            tuple(c._replace(before=_kept(c.before), after=_kept(c.after)) for c in fix.changes),
        )
        for fix in decision.fixes
    ]
    return decision._replace(fixes=tuple(fixes))


def _kept(value: Any) -> Any:
    return value if value is MISSING else keep(value)
