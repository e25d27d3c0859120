"""Regular expressions that cannot run away: a subset that is checked at registration, and a bound on the text.

Python's ``re`` backtracks and cannot be interrupted. Exponential forms (a repeat inside a repeat, alternatives that
begin alike inside a repeat) and what no automaton can do (back references, look-around) are refused. What is left
takes at most ``length ** degree`` steps, so a text longer than the degree allows is not looked at, and does not match.
"""

import re
import sys
import warnings
from typing import Any, FrozenSet, List, Optional, Sequence, Tuple

from arc_runtime.errors import PatternError

if sys.version_info >= (3, 11):
    from re import _constants as _codes  # type: ignore[attr-defined]  # private, and what re itself is compiled with
    from re import _parser  # type: ignore[attr-defined]  # as above
else:
    import sre_constants as _codes
    import sre_parse as _parser

MAX_PATTERN_CHARS = 500
MAX_REPEAT = 1000
"""Largest count in ``{m,n}``; larger ones make programs of megabytes."""
MAX_TEXT_CHARS = {0: 65_536, 1: 65_536, 2: 2_000, 3: 150}
"""Longest text by the number of open repeats (and the search for a beginning): about 10 ms each at worst."""
_WIDE = 16
"""A repeat of up to so many times counts as open: it multiplies the work in the same way."""

_OPEN = (_codes.MAX_REPEAT, _codes.MIN_REPEAT)
_REFUSED = {
    _codes.GROUPREF: "a back reference",
    _codes.GROUPREF_EXISTS: "a conditional group",
    _codes.ASSERT: "look-around",
    _codes.ASSERT_NOT: "look-around",
}


class SafeRegex:
    """A checked expression, searched for anywhere in a text."""

    def __init__(self, text: str, where: str) -> None:
        """Check and compile. Raises PatternError that names the reason and, where known, the position."""
        if not isinstance(text, str) or not text:
            raise PatternError(f"{where}: expected a regular expression as text, got {text!r}")
        if len(text) > MAX_PATTERN_CHARS:
            raise PatternError(f"{where}: longer than {MAX_PATTERN_CHARS} characters")
        self.text = text
        degree = _degree(_parsed(text, where), where)
        if degree not in MAX_TEXT_CHARS:
            raise PatternError(
                f"{where}: {degree} open repeats one after the other can take very long on some text",
                hint="anchor it with ^, or use fewer of * + {n,}",
            )
        self._max_chars = MAX_TEXT_CHARS[degree]
        self._search = re.compile(text).search

    def found_in(self, text: str) -> bool:
        """Return whether it is found; never in a text that is longer than the bound."""
        return len(text) <= self._max_chars and self._search(text) is not None

    def __repr__(self) -> str:
        return repr(self.text)


def _parsed(text: str, where: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text)
            return _parser.parse(text)
    except re.error as error:
        at = "" if error.pos is None else f" at character {error.pos + 1}"
        raise PatternError(f"{where}: no regular expression: {error.msg}{at}") from None
    except (RuntimeError, OverflowError, MemoryError) as error:  # RuntimeError: Python 3.8, too deeply nested
        raise PatternError(f"{where}: no regular expression: {type(error).__name__}") from None


def _degree(tree: Any, where: str) -> int:
    """Return how the work grows with the text: the number of open repeats, and one for an open beginning."""
    items = list(tree)
    repeats = _check(items, where, inside=False)
    anchored = (
        bool(items) and items[0][0] is _codes.AT and items[0][1] in (_codes.AT_BEGINNING, _codes.AT_BEGINNING_STRING)
    )
    return repeats + (0 if anchored or repeats == 0 else 1)


def _check(items: Sequence[Any], where: str, inside: bool) -> int:
    """Return the number of open repeats. Raises PatternError for a form that may take exponential time."""
    count = 0
    for code, argument in items:
        if code in _REFUSED:
            raise PatternError(f"{where}: {_REFUSED[code]} is not allowed", hint="use plain sequences and classes")
        if code in _OPEN:
            count += _check_repeat(argument, where, inside)
        elif code is _codes.BRANCH:
            branches = [list(branch) for branch in argument[1]]
            if inside and _begin_alike(branches):
                raise PatternError(f"{where}: alternatives inside a repeat begin alike: exponential on some text")
            count += max(_check(branch, where, inside) for branch in branches)
        else:
            for group in _groups(code, argument):
                count += _check(group, where, inside)
    return count


def _check_repeat(argument: Any, where: str, inside: bool) -> int:
    low, high, body = argument
    bounded = high is not _codes.MAXREPEAT
    if bounded and high > MAX_REPEAT:
        raise PatternError(f"{where}: a count above {MAX_REPEAT}")
    if bounded and (high <= 1 or low == high):
        return _check(list(body), where, inside)
    if inside:
        raise PatternError(
            f"{where}: a repeat inside a repeat can take exponential time", hint="write [a-z ]+ for ([a-z]+ ?)+"
        )
    _check(list(body), where, inside=True)
    if _min_width(body) == 0:
        raise PatternError(f"{where}: a repeat of something that may be empty")
    return 1 if not bounded or high > _WIDE else 0


def _min_width(body: Any) -> int:
    width: int = body.getwidth()[0]
    return width


def _groups(code: Any, argument: Any) -> List[List[Any]]:
    """Return the sub-expressions of a group."""
    if code is _codes.SUBPATTERN:
        return [list(argument[-1])]
    if code is getattr(_codes, "ATOMIC_GROUP", None):
        return [list(argument)]
    if code is getattr(_codes, "POSSESSIVE_REPEAT", None):
        return [list(argument[2])]
    return []


def _begin_alike(branches: List[List[Any]]) -> bool:
    firsts = [_first(branch) for branch in branches]
    seen: FrozenSet[int] = frozenset()
    for first in firsts:
        if first is None or first & seen:
            return True
        seen = seen | first
    return False


def _first(branch: List[Any]) -> Optional[FrozenSet[int]]:
    """Return the literals that a branch may begin with; None where that is not plain to see."""
    if not branch:
        return None
    code, argument = branch[0]
    if code is _codes.LITERAL:
        return frozenset((argument,))
    if code is _codes.IN:
        return _members(argument)
    if code is _codes.SUBPATTERN:
        return _first(list(argument[-1]))
    return None


def _members(items: Sequence[Tuple[Any, Any]]) -> Optional[FrozenSet[int]]:
    members: List[int] = []
    for code, argument in items:
        if code is _codes.LITERAL:
            members.append(argument)
        elif code is _codes.RANGE and argument[1] - argument[0] < 256:
            members.extend(range(argument[0], argument[1] + 1))
        else:
            return None
    return frozenset(members)
