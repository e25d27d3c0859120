"""A pattern ready for matching: its conditions, where it is looked up, and its fix."""

import hashlib
import itertools
import json
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes import RISKS
from arc_runtime.fixes.base import Fix
from arc_runtime.fixes.parse import parse_fix
from arc_runtime.fixes.paths import Path, read
from arc_runtime.fixes.values import checked_copy, is_number
from arc_runtime.model import MISSING, Call
from arc_runtime.patterns.conditions import Condition, parse_conditions, read_conditions
from arc_runtime.patterns.contradictions import check_reachable
from arc_runtime.patterns.facts import Facts

Key = Tuple[Any, ...]
"""Values at the paths of a signature, in its order."""

TEXT_OPERATIONS = frozenset(("chat.completions", "completions", "messages", "responses"))
"""Operations that generate text. A pattern that names no operation applies to these only."""
CALL_FIELDS = {"operation": "$operation", "provider": "$provider"}
"""Names that a pattern tests on the call; every other path is one of the body."""
MAX_EXPANDED_KEYS = 16
"""``in`` with at most so many texts or numbers is looked up like so many equalities; a wider one is tried."""


class Pattern(NamedTuple):
    """A compiled pattern. Lower rank goes first: higher priority, then earlier registration."""

    pattern_id: str
    conditions: Tuple[Condition, ...]
    fixes: Iterable[Fix]
    confidence: float
    priority: int
    signature: Tuple[Path, ...]
    """Paths (and derived facts) that equality conditions pin to a value, sorted; empty when there is none."""
    keys: Tuple[Key, ...]
    """The values there that it matches; more than one where ``in`` offers a choice."""
    names_operation: bool
    source: str = ""
    """Where the failure is described, for people."""
    fix_spec: Mapping[str, Any] = {}
    """The fix as plain JSON, from which `parse_fix` makes ``fixes``."""
    risk: str = ""
    """One of `arc_runtime.fixes.RISKS`; empty: the application's own word, which no policy overrides."""
    expires_at_s: Optional[float] = None
    """Seconds since the epoch; from then on it matches nothing."""
    needs: Tuple[str, ...] = ()
    """Parameters that every match has."""
    tags: Tuple[str, ...] = ()
    owner: str = ""
    version: str = ""

    def matches(self, call: Call, body: Mapping[str, Any], facts: Optional[Facts] = None) -> bool:
        """Return whether every condition holds. ``facts`` are those of this body, where they are at hand."""
        if not self.names_operation and call.operation not in TEXT_OPERATIONS:
            return False
        for path, _, operand, test, key in self.conditions:
            if key[:1] == "$":
                if facts is None:
                    facts = Facts(call, body)
                value = facts[key]
            else:
                value = body.get(key, MISSING) if key else read(body, path)
            if not test(value, operand):
                return False
        return True


class PatternSpec(NamedTuple):
    """A pattern as a person wrote it."""

    pattern: Any
    fix: Any
    pattern_id: Optional[str] = None
    confidence: Any = 1.0
    priority: Any = 0
    source: str = ""
    risk: Any = ""
    expires_at_s: Any = None
    tags: Any = ()
    owner: Any = ""
    version: Any = ""


class FixesOnUse:
    """The operations of a fix that was checked before, made when the pattern matches for the first time."""

    __slots__ = ("_made", "_spec")

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        self._made: Optional[Tuple[Fix, ...]] = None

    def __iter__(self) -> Iterator[Fix]:
        made = self._made
        if made is None:
            made = self._made = parse_fix(self._spec)
        return iter(made)


def compile_pattern(spec: PatternSpec) -> Pattern:
    """Return the pattern ready for matching. Raises PatternError that says where and why."""
    conditions = parse_conditions(_with_fact_names(spec.pattern))
    check_reachable(conditions)
    fixes = parse_fix(spec.fix)
    _check_labels(spec)
    return _pattern(spec._replace(fix=checked_copy(spec.fix, "fix")), conditions, fixes)


def compile_checked(spec: PatternSpec) -> Pattern:
    """Return the pattern of a spec that `compile_pattern` has taken before; what it holds must be the caller's to give.

    For the packs that ship with us: their tests check them, so that a program that starts need not.
    """
    return _pattern(spec, read_conditions(_with_fact_names(spec.pattern)), FixesOnUse(spec.fix))


def _pattern(spec: PatternSpec, conditions: Tuple[Condition, ...], fixes: Iterable[Fix]) -> Pattern:
    signature, keys = _access_keys(conditions)
    # the pinned ones hold wherever the pattern was found by its key: the others are tried first
    ordered = tuple(sorted(conditions, key=lambda condition: condition.path in signature))
    return Pattern(
        pattern_id=spec.pattern_id or _derived_id(spec),
        conditions=ordered,
        fixes=fixes,
        confidence=float(spec.confidence),
        priority=spec.priority,
        signature=signature,
        keys=keys,
        names_operation=any(c.key == "$operation" and c.operator in ("==", "in") for c in conditions),
        source=spec.source,
        fix_spec=spec.fix,
        risk=spec.risk,
        expires_at_s=None if spec.expires_at_s is None else float(spec.expires_at_s),
        needs=tuple(sorted({str(c.path[0]) for c in conditions if _demands_presence(c)})),
        tags=tuple(spec.tags),
        owner=spec.owner,
        version=spec.version,
    )


def _with_fact_names(pattern: Any) -> Any:
    """Return the pattern with the two oldest facts under their full names."""
    if not isinstance(pattern, Mapping):
        return pattern
    return {(CALL_FIELDS.get(key, key) if isinstance(key, str) else key): value for key, value in pattern.items()}


def _demands_presence(condition: Condition) -> bool:
    if condition.key[:1] == "$" or not isinstance(condition.path[0], str):
        return False
    return not (condition.operator == "missing" and condition.operand) and not (
        condition.operator == "exists" and not condition.operand
    )


def _check_labels(spec: PatternSpec) -> None:
    if not is_number(spec.confidence) or not 0 <= spec.confidence <= 1:
        raise PatternError(f"confidence: expected a number from 0 to 1, got {spec.confidence!r}")
    if not isinstance(spec.priority, int) or isinstance(spec.priority, bool):
        raise PatternError(f"priority: expected a whole number, got {spec.priority!r}")
    if spec.pattern_id is not None and (not isinstance(spec.pattern_id, str) or not spec.pattern_id):
        raise PatternError(f"id: expected a text that is not empty, got {spec.pattern_id!r}")
    if spec.risk not in ("", *RISKS):
        raise PatternError(f"risk: expected one of {', '.join(RISKS)}, got {spec.risk!r}")
    if spec.expires_at_s is not None and not is_number(spec.expires_at_s):
        raise PatternError(f"expires_at: expected seconds since the epoch, got {spec.expires_at_s!r}")
    _check_people(spec)


def _check_people(spec: PatternSpec) -> None:
    for name, value in (("owner", spec.owner), ("version", spec.version)):
        if not isinstance(value, str):
            raise PatternError(f"{name}: expected a text, got {value!r}")
    if not isinstance(spec.tags, (list, tuple)) or not all(isinstance(tag, str) and tag for tag in spec.tags):
        raise PatternError(f"tags: expected a list of texts, got {spec.tags!r}")


def key_part(value: Any) -> Any:
    """Return a hashable stand-in for a text, number or null; raises TypeError for anything else.

    A subclass of str (an Enum, say) becomes the plain text, because it may hash in its own way.
    """
    if type(value) in KEY_TYPES:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bool, int, float)):
        return value
    raise TypeError(type(value).__name__)


KEY_TYPES = frozenset((str, int, float, bool, type(None)))
"""Types of JSON scalars, which hash like the JSON they stand for."""


def _access_keys(conditions: Tuple[Condition, ...]) -> Tuple[Tuple[Path, ...], Tuple[Key, ...]]:
    """Return the signature and the keys. Every match has one of the keys; `matches` still decides."""
    choices: Dict[Path, List[Any]] = {}
    for condition in conditions:
        values = condition.operand if condition.operator == "in" else [condition.operand]
        if condition.operator not in ("==", "in") or not all(type(value) in KEY_TYPES for value in values):
            continue
        count = len(values)
        for path, others in choices.items():
            count *= len(others) if path != condition.path else 1
        if count <= MAX_EXPANDED_KEYS and condition.path not in choices:
            choices[condition.path] = values
    signature = tuple(sorted(choices, key=repr))
    return signature, tuple(itertools.product(*(choices[path] for path in signature))) if signature else ()


def _derived_id(spec: PatternSpec) -> str:
    """Return the same name for the same content, so that registering twice is registering once."""
    content = json.dumps([spec.pattern, spec.fix], sort_keys=True, default=list)
    return "custom/" + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:12]
