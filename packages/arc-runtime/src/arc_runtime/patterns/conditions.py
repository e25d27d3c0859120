"""What a pattern demands of one place of a request. A value of another type never matches and never raises."""

from functools import lru_cache
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes.paths import ANY_ITEM, Path, format_path, parse_path, read
from arc_runtime.fixes.values import checked_copy, is_number
from arc_runtime.patterns.operators import OPERATORS, TYPES, Test, in_texts, on_length
from arc_runtime.patterns.regexes import SafeRegex
from arc_runtime.patterns.searches.words import is_operand, likeness, text_of, threshold_of

MAX_NESTING = 4
"""``any`` in ``any`` and the like: each level multiplies the work by the length of a list."""
MAX_CONDITIONS = 64
"""Conditions of one pattern, nested ones included."""


class Condition(NamedTuple):
    """``value at path <operator> operand``.

    A derived fact (`arc_runtime.patterns.facts`) has one step, which begins with ``$`` and may hold dots.
    """

    path: Path
    operator: str
    operand: Any
    """Plain JSON; what it is compiled to is inside ``test``."""
    test: Test
    key: str = ""
    """The path where it is one key, which is most often the case."""

    def holds(self, body: Any) -> bool:
        """Return whether the body satisfies it; a derived fact holds for no body."""
        return self.test(read(body, self.path), self.operand)


class _Nested(NamedTuple):
    """Conditions on a value inside another: an item of a list, or the value itself."""

    on_value: Tuple[Condition, ...]
    on_members: Tuple[Condition, ...]

    def hold(self, value: Any) -> bool:
        for condition in self.on_value:
            if not condition.test(value, condition.operand):
                return False
        return all(condition.holds(value) for condition in self.on_members)


def parse_conditions(spec: Any) -> Tuple[Condition, ...]:
    """Return the conditions of a pattern. Raises PatternError that says where and why."""
    if not isinstance(spec, Mapping):
        raise PatternError(f"pattern: expected an object, got {type(spec).__name__}")
    if not spec:
        raise PatternError("pattern: empty, so it would match every request", hint="name at least one parameter")
    checked = checked_copy(spec, "pattern")
    checker = _Checker()
    found = checker.members(checked, "pattern", 0)
    return tuple(make_condition(*parts) for parts in found)


def read_conditions(spec: Mapping[str, Any]) -> Tuple[Condition, ...]:
    """Return the conditions of a pattern that `parse_conditions` has taken before."""
    return tuple(make_condition(*parts) for parts in _split(spec))


def make_condition(path: Path, operator: str, operand: Any) -> Condition:
    """Return the condition that was checked before; the operand is plain JSON."""
    make_test = _MAKERS.get(operator)
    test = OPERATORS[operator].test if make_test is None else make_test(operand)
    return Condition(path, operator, operand, test, str(path[0]) if len(path) == 1 else "")


def is_fact(path: Path) -> bool:
    """Return whether a path names a derived fact and not a place of the body."""
    return isinstance(path[0], str) and path[0][:1] == "$"


def _split(spec: Mapping[str, Any]) -> List[Tuple[Path, str, Any]]:
    """Return the parts of each condition of a checked object of paths; ``list[*].rest`` becomes ``any`` of the list."""
    parts: List[Tuple[Path, str, Any]] = []
    for key, value in spec.items():
        path = parse_path(key, wildcards=True)
        operators = value if isinstance(value, dict) else {"==": value}
        if ANY_ITEM in path:
            place = path.index(ANY_ITEM)
            rest = path[place + 1 :]
            parts.append((path[:place], "any", {format_path(rest): operators} if rest else operators))
        else:
            parts.extend((path, name, operand) for name, operand in operators.items())
    return parts


def _is_operators(operand: Mapping[str, Any]) -> bool:
    return all(name in OPERATORS for name in operand)


def _make_nested(operand: Any) -> _Nested:
    if not isinstance(operand, dict):
        operand = {"==": operand}
    if _is_operators(operand):
        return _Nested(tuple(make_condition(("",), name, inner) for name, inner in operand.items()), ())
    return _Nested((), tuple(make_condition(*parts) for parts in _split(operand)))


def _make_any(operand: Any) -> Test:
    hold = _make_nested(operand).hold
    return lambda value, _: isinstance(value, (list, tuple)) and any(hold(item) for item in value)


def _make_all(operand: Any) -> Test:
    hold = _make_nested(operand).hold
    return lambda value, _: isinstance(value, (list, tuple)) and bool(value) and all(hold(item) for item in value)


def _make_not(operand: Any) -> Test:
    hold = _make_nested(operand).hold
    return lambda value, _: not OPERATORS["missing"].test(value, True) and not hold(value)


@lru_cache(maxsize=1024)
def _make_regex(text: str) -> Test:
    found_in = SafeRegex(text, "regex").found_in
    return lambda value, _: in_texts(value, found_in)


def _make_similar(operand: Any) -> Test:
    prompt, threshold = text_of(operand), threshold_of(operand)
    return lambda value, _: in_texts(value, lambda text: likeness(text, prompt) >= threshold)


def _make_length(operand: Any) -> Test:
    comparisons = operand if isinstance(operand, dict) else {"==": operand}
    tests = [(OPERATORS[name].test, number) for name, number in comparisons.items()]
    return lambda value, _: on_length(value, tests)


_MAKERS: Dict[str, Callable[[Any], Test]] = {
    "any": _make_any,
    "all": _make_all,
    "not": _make_not,
    "regex": _make_regex,
    "similar": _make_similar,
    "length": _make_length,
}
"""Operators whose test is compiled from the operand."""


class _Checker:
    """Walks a pattern once; raises PatternError at the first thing that says nothing or too much."""

    def __init__(self) -> None:
        self._count = 0

    def members(self, spec: Mapping[str, Any], where: str, depth: int) -> List[Tuple[Path, str, Any]]:
        for key, value in spec.items():
            place = f"{where}.{key}"
            if isinstance(value, dict) and not value:
                raise PatternError(
                    f"{place}: an empty object says nothing", hint='write {"==": {}} for an empty object'
                )
            path = parse_path(key, wildcards=True)
            if depth and is_fact(path):
                raise PatternError(f"{place}: a derived fact is one of the request, not of an item")
            steps = path.count(ANY_ITEM)
            self._deeper(place, depth + steps)
            for name, operand in (value if isinstance(value, dict) else {"==": value}).items():
                self._operator(place, name, operand, depth + steps)
        return _split(spec)

    def _deeper(self, where: str, depth: int) -> None:
        if depth > MAX_NESTING:
            raise PatternError(f"{where}: nested deeper than {MAX_NESTING} levels")

    def _operator(self, where: str, name: str, operand: Any, depth: int) -> None:
        known = OPERATORS.get(name)
        if known is None:
            words = " ".join(OPERATORS)
            raise PatternError(f"{where}: unknown operator {name!r}", hint=f"operators: {words}; paths use dots")
        self._count += 1
        if self._count > MAX_CONDITIONS:
            raise PatternError(f"pattern: more than {MAX_CONDITIONS} conditions")
        place = f"{where}.{name}"
        if known.operand == "nested":
            self._nested(operand, place, depth + 1)
        else:
            _OPERANDS[known.operand](operand, place)

    def _nested(self, operand: Any, where: str, depth: int) -> None:
        self._deeper(where, depth)
        if not isinstance(operand, dict):
            return
        if not operand:
            raise PatternError(f"{where}: an empty object says nothing")
        if _is_operators(operand):
            for name, inner in operand.items():
                self._operator(where, name, inner, depth)
        else:
            self.members(operand, where, depth)


def _check(expected: str, accept: Callable[[Any], bool]) -> Callable[[Any, str], None]:
    def check(operand: Any, where: str) -> None:
        if not accept(operand):
            raise PatternError(f"{where}: expected a {expected}, got {operand!r}")

    return check


def _check_range(operand: Any, where: str) -> None:
    if not isinstance(operand, list) or len(operand) != 2 or not all(is_number(end) for end in operand):
        raise PatternError(f"{where}: expected [lowest, highest], got {operand!r}")
    if operand[0] > operand[1]:
        raise PatternError(f"{where}: contradictory: {operand[0]} is above {operand[1]}")


def _check_types(operand: Any, where: str) -> None:
    names = operand if isinstance(operand, list) else [operand]
    if not names or not all(isinstance(name, str) and name in TYPES for name in names):
        raise PatternError(f"{where}: expected {', '.join(TYPES)} or a list of these, got {operand!r}")


def _check_length(operand: Any, where: str) -> None:
    comparisons = operand if isinstance(operand, dict) else {"==": operand}
    if not comparisons:
        raise PatternError(f"{where}: an empty object says nothing")
    allowed = ("==", "!=", ">", ">=", "<", "<=")
    for name, number in comparisons.items():
        if name not in allowed or not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise PatternError(f"{where}: expected a count, or {' '.join(allowed)} with one, got {name} {number!r}")


def _check_regex(operand: Any, where: str) -> None:
    SafeRegex(operand, where)


_OPERANDS: Dict[str, Callable[[Any, str], None]] = {
    "number": _check("number", is_number),
    "text": _check("text", lambda operand: isinstance(operand, str) and bool(operand)),
    "list": _check("list that is not empty", lambda operand: isinstance(operand, list) and bool(operand)),
    "switch": _check("bool", lambda operand: isinstance(operand, bool)),
    "any": lambda operand, where: None,
    "range": _check_range,
    "regex": _check_regex,
    "prompt": _check("text, or one with a threshold from 0.3 to 1", is_operand),
    "type": _check_types,
    "length": _check_length,
}
