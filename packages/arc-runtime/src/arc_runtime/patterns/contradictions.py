"""Refuses patterns that can match nothing: places that cannot be reached, and conditions that exclude one another."""

from typing import Any, Dict, List, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes.contract import operations
from arc_runtime.fixes.paths import Path, format_path
from arc_runtime.fixes.values import is_number
from arc_runtime.model import MISSING
from arc_runtime.patterns.conditions import Condition, is_fact
from arc_runtime.patterns.facts import check_fact

_SCALARS = frozenset(("string", "number", "integer", "boolean"))
_UPPER = {"<": False, "<=": True}
_LOWER = {">": False, ">=": True}


def check_reachable(conditions: Tuple[Condition, ...]) -> None:
    """Raise PatternError that names the first place where no request can satisfy the pattern."""
    by_path: Dict[Path, List[Condition]] = {}
    for condition in conditions:
        by_path.setdefault(condition.path, []).append(condition)
    for path, found in by_path.items():
        where = f"pattern.{format_path(path)}"
        if is_fact(path):
            check_fact(str(path[0]), where)
            if len(path) > 1:
                raise PatternError(f"{where}: a derived fact has no members here", hint="ask for the fact itself")
        else:
            _check_members(path, where)
        _check_together(found, where)
    _check_nesting(by_path)


def _check_members(path: Path, where: str) -> None:
    """Refuse a member of a parameter that is a text or number in every operation."""
    if len(path) < 2:
        return
    first = str(path[0])
    known = [operation.parameters[first] for operation in operations().values() if first in operation.parameters]
    if known and all(parameter.names <= _SCALARS for parameter in known):
        kinds = sorted({name for parameter in known for name in parameter.names})
        raise PatternError(f"{where}: unreachable: {path[0]} is a {' or '.join(kinds)}")


def _check_together(conditions: List[Condition], where: str) -> None:
    absent = [c for c in conditions if (c.operator, c.operand) in (("missing", True), ("exists", False))]
    if absent and len(absent) < len(conditions):
        other = next(c for c in conditions if c not in absent)
        if (other.operator, other.operand) not in (("exists", False), ("missing", True)):
            raise PatternError(f"{where}: contradictory: {absent[0].operator} and {other.operator}")
    values = [c.operand if c.operator == "in" else [c.operand] for c in conditions if c.operator in ("==", "in")]
    if values:
        if not any(all(c.test(value, c.operand) for c in conditions) for value in values[0]):
            names = " and ".join(c.operator for c in conditions)
            raise PatternError(f"{where}: contradictory: no value satisfies {names}")
        return
    _check_range(conditions, where)
    _check_kinds(conditions, where)


def _check_range(conditions: List[Condition], where: str) -> None:
    lows = [(c.operand, _LOWER[c.operator]) for c in conditions if c.operator in _LOWER]
    highs = [(c.operand, _UPPER[c.operator]) for c in conditions if c.operator in _UPPER]
    for c in conditions:
        if c.operator == "between":
            lows.append((c.operand[0], True))
            highs.append((c.operand[1], True))
    for low, low_included in lows:
        for high, high_included in highs:
            if low > high or (low == high and not (low_included and high_included)):
                raise PatternError(f"{where}: contradictory: nothing is above {low} and below {high}")


_KINDS: Dict[str, Tuple[Any, ...]] = {
    **dict.fromkeys((">", ">=", "<", "<=", "between"), (0,)),
    **dict.fromkeys(("prefix", "suffix"), ("text", [])),
    "regex": ("text", []),
    "contains": ("text", []),
    "any": ([],),
    "all": ([],),
}
"""Examples of the types that an operator can hold for."""


def _check_kinds(conditions: List[Condition], where: str) -> None:
    """Refuse operators for values of different types, such as a comparison and a prefix."""
    kinds: List[Tuple[str, frozenset]] = []  # type: ignore[type-arg]  # of types
    for c in conditions:
        if c.operator in _KINDS:
            kinds.append((c.operator, frozenset(map(_kind, _KINDS[c.operator]))))
        elif c.operator == "type":
            names = [c.operand] if isinstance(c.operand, str) else c.operand
            kinds.append(("type", frozenset("number" if name == "integer" else name for name in names)))
    for name, types in kinds:
        for other, others in kinds:
            if not types & others:
                raise PatternError(f"{where}: contradictory: {name} and {other} are of different types")


def _kind(value: Any) -> str:
    return "number" if is_number(value) else "string" if isinstance(value, str) else "array"


def _check_nesting(by_path: Dict[Path, List[Condition]]) -> None:
    """Refuse conditions on a place inside another that is pinned to a scalar, or is absent."""
    for path, found in by_path.items():
        for outer, pinned in by_path.items():
            if len(outer) >= len(path) or path[: len(outer)] != outer:
                continue
            for condition in pinned:
                gone = (condition.operator, condition.operand) in (("missing", True), ("exists", False))
                scalar = condition.operator == "==" and not isinstance(condition.operand, (dict, list))
                present = any(not c.test(MISSING, c.operand) for c in found)
                if present and (gone or scalar):
                    raise PatternError(
                        f"pattern.{format_path(path)}: unreachable: "
                        f"{format_path(outer)} {condition.operator} {condition.operand!r}"
                    )
