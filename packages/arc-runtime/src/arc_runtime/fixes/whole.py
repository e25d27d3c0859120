"""What the fixes of a whole area share: they give a new body, and the changes are read off it."""

from typing import Any, ClassVar, Dict, Iterator, List, Mapping, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes.base import NOTHING, Applied
from arc_runtime.fixes.values import checked_copy, same
from arc_runtime.model import MISSING, Change


class WholeFix:
    """``{"name": true}``, or ``{"name": {option: value}}`` with the options that the class names."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {}
    """``{option: default}``; a list of texts or a text, as the default is."""

    def __init__(self, path: str, value: Any) -> None:
        self.path = path
        self.place: Tuple[Any, ...] = (path,)
        given = {} if value is True else checked_copy(value, f"fix.{path}")
        if not isinstance(given, dict) or not set(given) <= set(self.OPTIONS):
            known = ", ".join(self.OPTIONS) or "no options"
            raise PatternError(f"fix.{path}: expected true or an object ({known}), got {value!r}", code="pattern.fix")
        for name, option in given.items():
            if type(option) is not type(self.OPTIONS[name]):
                raise PatternError(
                    f"fix.{path}.{name}: expected a value like {self.OPTIONS[name]!r}", code="pattern.fix"
                )
        self.options: Dict[str, Any] = {**self.OPTIONS, **given}

    def apply(self, body: Dict[str, Any], operation: str) -> Applied:
        """Return the repaired body and what changed; the same body where nothing was wrong."""
        repaired = self.repair(body, operation)
        if repaired is body:
            return body, NOTHING
        changes = tuple(changes_between(body, repaired))
        return (repaired, changes) if changes else (body, NOTHING)

    def repair(self, body: Dict[str, Any], operation: str) -> Dict[str, Any]:
        """Return the body, or a repaired copy of it."""
        raise NotImplementedError


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Yield the parameters that differ; items of a list of the same length one by one."""
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name, MISSING), after.get(name, MISSING)
        if old is new:
            continue
        if isinstance(old, (list, tuple)) and isinstance(new, list) and len(old) == len(new):
            for index, (one, other) in enumerate(zip(old, new)):
                if one is not other and not same_json(one, other):
                    yield Change(f"{name}[{index}]", one, other)
        elif not same_json(old, new):
            yield Change(name, old, new)


def same_json(left: Any, right: Any) -> bool:
    """Return whether two values would be sent as the same text, but for the order of keys: 1 is not 1.0 here."""
    return same(left, right) and type(left) is type(right)


def replaced(body: Mapping[str, Any], **parameters: Any) -> Dict[str, Any]:
    """Return a copy with other parameters; MISSING removes one."""
    merged = {**body, **parameters}
    return {name: value for name, value in merged.items() if value is not MISSING}


def without(body: Mapping[str, Any], *names: str) -> Dict[str, Any]:
    """Return a copy that lacks these keys."""
    return {name: value for name, value in body.items() if name not in names}


def items_changed(before: Any, after: List[Any]) -> bool:
    """Return whether a list of items is another one than before."""
    return len(before) != len(after) or any(one is not other for one, other in zip(before, after))
