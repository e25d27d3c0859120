"""Names, reads and replaces one place of a request body: ``temperature``, ``messages[-1].content``."""

import re
from typing import Any, Dict, List, Mapping, Tuple, Union

from arc_runtime.errors import PatternError
from arc_runtime.model import MISSING

Path = Tuple[Union[str, int], ...]
"""Keys of objects and indices of arrays, outermost first; a negative index counts from the end."""

ANY_ITEM = "*"
"""The step ``[*]``: no key has this name."""

_FIRST = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9_$-]*)")
_FACT = re.compile(r"\$[A-Za-z0-9_.]+")
_STEP = re.compile(r"\.([A-Za-z0-9_$-]+)|\[(-?\d{1,9}|\*)\]")


def parse_path(text: str, wildcards: bool = False) -> Path:
    """Return the steps of ``text``. Raises PatternError that says where the text stops making sense.

    wildcards: whether ``[*]``, every item of a list, is allowed; its step is `ANY_ITEM`. A derived fact
    (``$model.family``) is one step, dots included, and is allowed where wildcards are.
    """
    steps: List[Union[str, int]] = []
    position = 0
    step = _FACT.match(text) if wildcards and text[:1] == "$" else _FIRST.match(text)
    while step is not None:
        if step.re is _FACT:
            steps.append(step.group())
        elif step.re is _FIRST or step.group(1) is not None:
            steps.append(step.group(1))
        elif step.group(2) == ANY_ITEM and not wildcards:
            break
        else:
            steps.append(ANY_ITEM if step.group(2) == ANY_ITEM else int(step.group(2)))
        position = step.end()
        step = _STEP.match(text, position)
    if not steps or position < len(text):
        raise PatternError(
            f"{text!r} is not a path: cannot read it from character {position + 1}",
            code="pattern.path",
            hint="write keys with dots and indices in brackets, for example messages[-1].content",
        )
    return tuple(steps)


def format_path(path: Path) -> str:
    """Return the text that `parse_path` reads."""
    text = "".join(f"[{step}]" if isinstance(step, int) or step == ANY_ITEM else f".{step}" for step in path)
    return text[1:] if text.startswith(".") else text


def read(body: Any, path: Path) -> Any:
    """Return the value at ``path``, or MISSING where a step leads nowhere. Never raises on JSON values."""
    value = body
    for step in path:
        if isinstance(step, str):
            if not isinstance(value, Mapping) or step not in value:
                return MISSING
        elif not isinstance(value, (list, tuple)) or not -len(value) <= step < len(value):
            return MISSING
        value = value[step]
    return value


def replace(body: Dict[str, Any], path: Path, value: Any) -> Dict[str, Any]:
    """Return a body that holds ``value`` at ``path``; MISSING removes the key.

    The given body is left as it is, and no item of a list is ever removed. Objects on the way are made when they are
    absent. Where the path runs through something else, the same body comes back: a fix never turns a list or a text
    into an object.
    """
    changed = _replaced(body, path, value)
    return body if changed is MISSING else changed


def _replaced(container: Any, path: Path, value: Any) -> Any:
    """Return a copy of ``container`` with the change, or MISSING when the path does not fit."""
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        return _replaced_key(container, step, rest, value)
    if not isinstance(container, (list, tuple)) or not -len(container) <= step < len(container):
        return MISSING
    if not rest and value is MISSING:
        return MISSING
    inner = _replaced(container[step], rest, value) if rest else value
    if inner is MISSING:
        return MISSING
    copied = list(container)
    copied[step] = inner
    return copied


def _replaced_key(container: Any, key: str, rest: Path, value: Any) -> Any:
    if not isinstance(container, Mapping) or (value is MISSING and key not in container):
        return MISSING
    if not rest:
        if value is MISSING:
            return {name: kept for name, kept in container.items() if name != key}
        return {**container, key: value}
    inner = container.get(key, MISSING)
    inner = _replaced({} if inner is MISSING and isinstance(rest[0], str) else inner, rest, value)
    return MISSING if inner is MISSING else {**container, key: inner}
