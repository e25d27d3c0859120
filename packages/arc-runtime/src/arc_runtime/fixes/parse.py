"""Turns the fix that a person wrote into operations: ``{"temperature": 0.7, "prompt_prefix": "..."}``."""

import importlib
from typing import Any, List, Mapping, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes import BODY_FIXES, PARAM_FIXES, PROMPT_FIXES
from arc_runtime.fixes.base import Fix

PROTECTED = {
    "stream": "it decides what type of object the application gets back",
    "operation": "it is no part of the body",
    "provider": "it is no part of the body",
}
"""Parameters that no fix may write, and why."""


def parse_fix(spec: Any) -> Tuple[Fix, ...]:
    """Return the operations of a fix in the order of writing. Raises PatternError that says where and why."""
    if not isinstance(spec, Mapping) or not spec:
        raise PatternError("fix: expected an object with at least one parameter", code="pattern.fix")
    fixes: List[Fix] = []
    for key, value in spec.items():
        if not isinstance(key, str):
            raise PatternError(f"fix: the key {key!r} is no text", code="pattern.fix")
        fix = _parse_entry(key, value)
        for other in fixes:
            _check_apart(fix, other, key)
        fixes.append(fix)
    return tuple(fixes)


def _parse_entry(key: str, value: Any) -> Fix:
    whole = PROMPT_FIXES.get(key) or BODY_FIXES.get(key)
    if whole is not None:
        return _make(whole, key, value)
    name, operand = "set", value
    if isinstance(value, Mapping) and any(word in PARAM_FIXES for word in value):
        if len(value) != 1:
            raise PatternError(f"fix.{key}: expected one operation, got {sorted(map(str, value))}", code="pattern.fix")
        name, operand = next(iter(value.items()))
    fix = _make(PARAM_FIXES[name], key, operand)
    reason = PROTECTED.get(str(fix.place[0])) if len(fix.place) == 1 else None
    if reason:
        raise PatternError(f"fix.{key}: cannot be changed: {reason}", code="pattern.fix")
    return fix


def _make(target: str, key: str, value: Any) -> Fix:
    module, _, name = target.partition(":")
    fix: Fix = getattr(importlib.import_module(module), name)(key, value)
    return fix


def _check_apart(fix: Fix, other: Fix, key: str) -> None:
    """Refuse two operations where one writes inside what the other writes: their order would decide."""
    shorter = min(len(fix.place), len(other.place))
    if fix.place[:shorter] == other.place[:shorter]:
        raise PatternError(f"fix.{key}: another part of the fix writes the same place", code="pattern.fix")
