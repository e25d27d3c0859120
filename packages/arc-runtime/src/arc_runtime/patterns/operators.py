"""The words of the pattern language: what each one asks of a value. Nothing here raises, whatever the value is."""

import operator
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

from arc_runtime.fixes.values import is_number, same
from arc_runtime.model import MISSING

Test = Callable[[Any, Any], bool]
"""``test(value, operand)``; ``value`` may be MISSING or anything else that a program put into a request."""


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


def _between(value: Any, operand: Any) -> bool:
    return is_number(value) and bool(operand[0] <= value <= operand[1])


def in_texts(value: Any, found_in: Callable[[str], bool]) -> bool:
    """Return whether one of the texts of a prompt has it."""
    return any(found_in(text) for text in _texts(value))


def on_length(value: Any, tests: Sequence[Tuple[Test, Any]]) -> bool:
    """Return whether the length of a text, list or object passes all tests."""
    if not isinstance(value, (str, list, tuple, dict)):
        return False
    size = len(value)
    return all(test(size, number) for test, number in tests)


def _compiled(value: Any, operand: Any) -> bool:
    raise AssertionError("the test of this operator is compiled from its operand")


TYPES: Dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": is_number,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, (list, tuple)),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}
"""The types of JSON by their names in JSON Schema."""


def _type(value: Any, operand: Any) -> bool:
    return TYPES[operand](value) if isinstance(operand, str) else any(TYPES[name](value) for name in operand)


class Operator(NamedTuple):
    """A test and the operand that it takes."""

    test: Test
    operand: str
    """``number text list switch range regex prompt type length nested`` or ``any``: what `conditions` accepts."""


OPERATORS: Dict[str, Operator] = {
    "==": Operator(lambda value, operand: same(operand, value), "any"),
    "!=": Operator(lambda value, operand: _is_plain(value) and not same(operand, value), "any"),
    ">": Operator(_comparison(operator.gt), "number"),
    ">=": Operator(_comparison(operator.ge), "number"),
    "<": Operator(_comparison(operator.lt), "number"),
    "<=": Operator(_comparison(operator.le), "number"),
    "between": Operator(_between, "range"),
    "in": Operator(lambda value, operand: any(same(item, value) for item in operand), "list"),
    "not_in": Operator(lambda value, operand: _is_plain(value) and not any(same(i, value) for i in operand), "list"),
    "prefix": Operator(lambda value, operand: any(text.startswith(operand) for text in _texts(value)[:1]), "text"),
    "suffix": Operator(lambda value, operand: any(text.endswith(operand) for text in _texts(value)[-1:]), "text"),
    "contains": Operator(_contains, "any"),
    "regex": Operator(_compiled, "regex"),
    "similar": Operator(_compiled, "prompt"),
    "exists": Operator(lambda value, operand: (value is not MISSING) is operand, "switch"),
    "missing": Operator(lambda value, operand: (value is MISSING) is operand, "switch"),
    "type": Operator(_type, "type"),
    "length": Operator(_compiled, "length"),
    "any": Operator(_compiled, "nested"),
    "all": Operator(_compiled, "nested"),
    "not": Operator(_compiled, "nested"),
}
"""``!=`` and ``not_in`` want a text, number or bool: nothing, null and objects are not 'another value'.

``not`` wants a value too: write ``{"missing": true}`` for nothing. ``all`` of an empty list does not hold.
"""
