"""Read this first: what becomes of a request, decided without touching a socket, a clock or an SDK.

    before(call)                    -> Decision      which body to send
    after(call, decision, outcome)  -> Event         what to report

Interceptors call these two; telemetry listens to the events. Both are pure: the same input gives the same output,
and nothing that the application owns is changed.
"""

from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Set, Tuple

from arc_runtime.fixes import DEFAULT_POLICY
from arc_runtime.fixes.tools.name_mapping import NameMapping
from arc_runtime.fixes.tools.tool_names import ToolNames, new_names
from arc_runtime.model import PASS_THROUGH, AppliedFix, Call, Change, Decision, Event, Outcome
from arc_runtime.patterns.facts import Facts
from arc_runtime.patterns.index import PatternIndex

LOW_CONFIDENCE = Decision(None, (), "low_confidence")
NOT_ALLOWED = Decision(None, (), "not_allowed")
NO_CHANGE = Decision(None, (), "no_change")
MAX_MESSAGE_CHARS = 2_000
"""Of a provider's error message: what is looked at."""
MAX_ROUNDS = 4
"""A repair may bring to light what another one repairs: a message that became a tool's result, say."""


class Pipeline:
    """Decides by the current patterns. `index` is replaced as a whole, by one assignment, and read without a lock."""

    def __init__(
        self, index: PatternIndex, min_confidence: float = 0.5, policy: Iterable[str] = DEFAULT_POLICY
    ) -> None:
        self.hosts: Tuple[str, ...] = ()
        """Hosts at which the providers' rules hold, besides their own."""
        self.index = index
        self.min_confidence = min_confidence
        """In [0, 1]: patterns that are less sure leave the request as it was."""
        self.policy: FrozenSet[str] = frozenset(policy)
        """The risk classes that are taken; a pattern that states none was written by the application itself."""

    def before(self, call: Call) -> Decision:
        """Return what to send. Fixes are applied best pattern first; each pattern sees what those before it left."""
        facts = Facts(call, None, self.hosts)
        patterns = self.index.match(call, facts)
        if not patterns:
            return PASS_THROUGH
        return _Decider(self, call).decide(facts, patterns)


class _Decider:
    """The rare half: something matched."""

    def __init__(self, pipeline: Pipeline, call: Call) -> None:
        self._pipeline = pipeline
        self._call = call
        self._body: Dict[str, Any] = call.body  # type: ignore[assignment]  # read here, copied by fixes
        self._applied: List[AppliedFix] = []
        self._tried: Set[str] = set()
        self._names: Dict[str, str] = {}
        self._reason = NO_CHANGE

    def decide(self, facts: Facts, patterns: Tuple[Any, ...]) -> Decision:
        for _ in range(MAX_ROUNDS):
            before = self._body
            self._round(facts, patterns)
            if self._body is before:
                break
            facts = Facts(self._call, self._body, self._pipeline.hosts)
            patterns = self._pipeline.index.match(self._call._replace(body=self._body), facts)
        if not self._applied:
            return self._reason
        mapping = NameMapping(self._names) if self._names else None
        return Decision(self._body, tuple(self._applied), "fixed", mapping)

    def _round(self, facts: Facts, patterns: Tuple[Any, ...]) -> None:
        original = self._body
        for pattern in patterns:
            if pattern.pattern_id in self._tried or not self._is_allowed(pattern):
                continue
            if self._body is not original:
                if facts.body is not self._body:
                    facts = Facts(self._call, self._body, self._pipeline.hosts)
                if not pattern.matches(self._call, self._body, facts):
                    continue
            self._tried.add(pattern.pattern_id)
            changes = self._apply(pattern)
            if changes:
                self._applied.append(AppliedFix(pattern.pattern_id, pattern.confidence, changes))

    def _is_allowed(self, pattern: Any) -> bool:
        if pattern.confidence < self._pipeline.min_confidence:
            self._reason = LOW_CONFIDENCE if self._reason is NO_CHANGE else self._reason
            return False
        if pattern.risk and pattern.risk not in self._pipeline.policy:
            self._reason = NOT_ALLOWED
            return False
        return True

    def _apply(self, pattern: Any) -> Tuple[Change, ...]:
        changes: Tuple[Change, ...] = ()
        for fix in pattern.fixes:
            if isinstance(fix, ToolNames):
                self._names.update((sent, own) for own, sent in new_names(self._body, self._call.operation).items())
            self._body, done = fix.apply(self._body, self._call.operation)
            changes += done
        return changes


def retry(
    pipeline: Pipeline, errors: Iterable[Any], call: Call, decision: Decision, message: str
) -> Optional[Decision]:
    """Return what to send once more after a refusal; None where no pattern that explains the error has a fix.

    errors: `KnownError` of the loaded packs. The patterns are those of the index; what differs from `before` is that
    the provider itself has said that the request is at fault, so a pattern is tried whatever its confidence.
    """
    explaining = {known.pattern_id for known in errors if known.explains(message[:MAX_MESSAGE_CHARS], call.provider)}
    if not explaining:
        return None
    sent = call._replace(body=call.body if decision.body is None else decision.body)
    second = Pipeline(pipeline.index, 0.0, pipeline.policy)
    second.hosts = pipeline.hosts
    again = second.before(sent)
    if again.body is None or not any(fix.pattern_id in explaining for fix in again.fixes):
        return None
    return again._replace(fixes=(*decision.fixes, *again.fixes), mapping=again.mapping or decision.mapping)


def after(call: Call, decision: Decision, outcome: Outcome) -> Event:
    """Return the event that reports a finished call; a call has one event, so they share their name."""
    return Event(call.call_id, call, decision, outcome)
