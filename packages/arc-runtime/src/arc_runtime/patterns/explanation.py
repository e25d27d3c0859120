"""Says what becomes of a request, and why: what matched, what was close, what would change, how long it took."""

import json
from time import perf_counter_ns
from typing import Any, Callable, Iterable, List, Mapping, NamedTuple, Tuple

from arc_runtime.fixes.paths import format_path, read
from arc_runtime.model import MISSING, Call, Decision
from arc_runtime.patterns.conditions import Condition
from arc_runtime.patterns.facts import Facts

MAX_EXAMINED = 20_000
"""Patterns that are looked at one by one for what was close."""
MAX_CLOSE = 5


class Close(NamedTuple):
    """A pattern of which all conditions but one hold."""

    pattern_id: str
    condition: str
    """The one that does not hold, for people."""
    found: Any
    """The value there; MISSING where there is none."""


class Explanation(Decision):
    """A Decision that tells how it came about: what `Arc.explain` gives."""

    matched: Tuple[str, ...] = ()
    """Ids of the patterns that hold for the request as it is, best first."""
    withheld: Tuple[Tuple[str, str], ...] = ()
    """``(pattern id, risk class)`` of those whose risk the policy does not take."""
    close: Tuple[Close, ...] = ()
    facts: Mapping[str, Any] = {}
    """What was derived from the request on the way."""
    stages_us: Mapping[str, float] = {}
    """Microseconds by stage: ``facts``, ``match`` and its parts, ``decide`` (match and fix, as a call does it)."""

    def diff(self) -> List[str]:
        """Return one line for each place that would change."""
        return [
            f"{change.path}: {_shown(change.before)} -> {_shown(change.after)}"
            for fix in self.fixes
            for change in fix.changes
        ]


def explain(
    call: Call,
    decide: Callable[[Call], Decision],
    match: Callable[[Call, Facts], Tuple[Any, ...]],
    patterns: Iterable[Any],
    policy: Iterable[str],
    stages: Callable[[Call, Facts], Mapping[str, float]] = lambda call, facts: {},
) -> Explanation:
    """Return the whole story of one request. Nothing is sent, nothing is counted."""
    started = perf_counter_ns()
    facts = Facts(call)
    for name in ("$parameters.signs", "$messages.signs", "$tools.signs"):
        facts[name]
    derived = perf_counter_ns()
    matched = match(call, facts)
    found = perf_counter_ns()
    decision = decide(call)
    decided = perf_counter_ns()
    allowed = set(policy)
    told = Explanation(*decision)
    told.matched = tuple(pattern.pattern_id for pattern in matched)
    told.withheld = tuple((p.pattern_id, p.risk) for p in matched if p.risk and p.risk not in allowed)
    told.close = tuple(_close(call, facts, patterns))
    told.facts = {name: value for name, value in sorted(facts.items()) if value is not MISSING}
    told.stages_us = {
        "facts": (derived - started) / 1e3,
        "match": (found - derived) / 1e3,
        "decide": (decided - found) / 1e3,
        **stages(call, facts),
    }
    return told


def _close(call: Call, facts: Facts, patterns: Iterable[Any]) -> List[Close]:
    found: List[Close] = []
    for number, pattern in enumerate(patterns):
        if number >= MAX_EXAMINED or len(found) >= MAX_CLOSE:
            break
        conditions = getattr(pattern, "conditions", ())
        failed = [condition for condition in conditions if not _holds(condition, call, facts)]
        if len(failed) == 1 and len(conditions) > 1 and not failed[0].key.startswith("$"):
            found.append(Close(pattern.pattern_id, _said(failed[0]), _value(failed[0], facts)))
    return found


def _holds(condition: Condition, call: Call, facts: Facts) -> bool:
    return condition.test(_value(condition, facts), condition.operand)


def _value(condition: Condition, facts: Facts) -> Any:
    return facts[condition.key] if condition.key[:1] == "$" else read(facts.body, condition.path)


def _said(condition: Condition) -> str:
    return f"{format_path(condition.path)} {condition.operator} {_shown(condition.operand)}"


def _shown(value: Any) -> str:
    if value is MISSING:
        return "(nothing)"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else text[:297] + "..."
