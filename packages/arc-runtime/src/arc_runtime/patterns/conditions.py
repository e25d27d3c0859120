"""What a pattern demands of one place of a request. A value of another type never matches and never raises."""

import operator
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes.paths import Path, parse_path, read
from arc_runtime.fixes.values import checked_copy, is_number, same
from arc_runtime.model import MISSING

Test = Callable[[Any, Any], bool]
"""``test(value, operand)``; ``value`` may be MISSING or anything else that a program put into a request."""


class Condition(NamedTuple):
    """``value at path <operator> operand``."""

    path: Path
    operator: str
    operand: Any
    test: Test
    key: str = ""
    """The path where it is one key, which is most often the case."""

    def holds(self, body: Any) -> bool:
        """Return whether the body satisfies it."""
        return self.test(read(body, self.path), self.operand)


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, bool)) or is_number(value)


def _texts(value: Any) -> List[str]:
    """Return the texts of a prompt: the text itself, or those of its parts."""
    if isinstance(value, str):
        return [value]
    parts = value if isinstance(value, (list, tuple)) else ()
    return [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]


def _contains(value: Any, operand: Any) -> bool:
    if isinstance(operand, str) and any(operand in text for text in _texts(value)):
        return True
    return isinstance(value, (list, tuple)) and any(same(operand, item) for item in value)


def _comparison(compare: Test) -> Test:
    """Return a test of numbers. Written out for the two usual types, because it decides the cost of a near miss."""

    def test(value: Any, operand: Any) -> bool:
        kind = type(value)
        if kind is int or (kind is float and value - value == 0.0):  # neither NaN nor an infinity
            return compare(value, operand)
        return is_number(value) and bool(compare(value, operand))

    return test


class Operator(NamedTuple):
    """A test and the operand that it takes."""

    test: Test
    operand: str
    """``number``, ``text``, ``list``, ``switch`` or ``any``."""


OPERATORS: Dict[str, Operator] = {
    "==": Operator(lambda value, operand: same(operand, value), "any"),
    "!=": Operator(lambda value, operand: _is_plain(value) and not same(operand, value), "any"),
    ">": Operator(_comparison(operator.gt), "number"),
    ">=": Operator(_comparison(operator.ge), "number"),
    "<": Operator(_comparison(operator.lt), "number"),
    "<=": Operator(_comparison(operator.le), "number"),
    "in": Operator(lambda value, operand: any(same(item, value) for item in operand), "list"),
    "not_in": Operator(lambda value, operand: _is_plain(value) and not any(same(i, value) for i in operand), "list"),
    "prefix": Operator(lambda value, operand: any(text.startswith(operand) for text in _texts(value)[:1]), "text"),
    "suffix": Operator(lambda value, operand: any(text.endswith(operand) for text in _texts(value)[-1:]), "text"),
    "contains": Operator(_contains, "any"),
    "exists": Operator(lambda value, operand: (value is not MISSING) is operand, "switch"),
    "missing": Operator(lambda value, operand: (value is MISSING) is operand, "switch"),
}
"""``!=`` and ``not_in`` want a text, number or bool: nothing, null and objects are not 'another value'."""

_OPERAND_CHECKS: Dict[str, Callable[[Any], bool]] = {
    "number": is_number,
    "text": lambda operand: isinstance(operand, str) and bool(operand),
    "list": lambda operand: isinstance(operand, list) and bool(operand),
    "switch": lambda operand: isinstance(operand, bool),
    "any": lambda operand: True,
}


def parse_conditions(spec: Any) -> Tuple[Condition, ...]:
    """Return the conditions of a pattern. Raises PatternError that says where and why."""
    if not isinstance(spec, Mapping):
        raise PatternError(f"pattern: expected an object, got {type(spec).__name__}")
    if not spec:
        raise PatternError("pattern: empty, so it would match every request", hint="name at least one parameter")
    conditions: List[Condition] = []
    for key, value in spec.items():
        if not isinstance(key, str):
            raise PatternError(f"pattern: the key {key!r} is no text")
        path = parse_path(key)
        if isinstance(value, Mapping):
            conditions.extend(_parse_operators(key, path, value))
        else:
            conditions.append(_condition(path, "==", checked_copy(value, f"pattern.{key}")))
    return tuple(conditions)


def _condition(path: Path, name: str, operand: Any) -> Condition:
    key = path[0] if len(path) == 1 else ""
    return Condition(path, name, operand, OPERATORS[name].test, str(key))


def _parse_operators(key: str, path: Path, value: Mapping[Any, Any]) -> List[Condition]:
    if not value:
        raise PatternError(f"pattern.{key}: an empty object says nothing", hint='write {"==": {}} for an empty object')
    conditions = []
    for name, operand in value.items():
        where = f"pattern.{key}.{name}"
        known_operator = OPERATORS.get(name) if isinstance(name, str) else None
        if known_operator is None:
            known = " ".join(OPERATORS)
            raise PatternError(f"pattern.{key}: unknown operator {name!r}", hint=f"operators: {known}; paths use dots")
        checked = checked_copy(operand, where)
        if not _OPERAND_CHECKS[known_operator.operand](checked):
            kind = "list that is not empty" if known_operator.operand == "list" else known_operator.operand
            raise PatternError(f"{where}: expected a {kind.replace('switch', 'bool')}, got {operand!r}")
        conditions.append(_condition(path, name, checked))
    return conditions
