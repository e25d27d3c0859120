"""Puts a decided body in place of the original one, in a copy: options of the SDK, or a JSON document."""

import copy
import math
from typing import Any, Dict, Mapping, Optional, Set, Tuple

_PLAIN = (str, int, bool, type(None))


def with_body(options: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
    """Return options that send ``after``, or None where the SDK could not encode it.

    A parameter stays where it came from: the body, or ``extra_body``.
    """
    sent, extra = options.json_data, options.extra_json
    json_data = {key: value for key, value in (sent or {}).items() if key in after}
    extra_json = {key: value for key, value in extra.items() if key in after} if extra else {}
    for key, value in after.items():
        if key in before and before[key] is value:
            continue
        if not can_be_sent(value, before.get(key)):
            return None
        (extra_json if key in extra_json or sent is None else json_data)[key] = value
    options = copy.copy(options)
    if sent is not None:
        options.json_data = json_data
    if extra:
        options.extra_json = extra_json
    return options


def with_options(args: Tuple[Any, ...], kwargs: Dict[str, Any], options: Any) -> Tuple[Tuple[Any, ...], Dict[str, Any]]:
    """Return the arguments of ``request`` with other options in them."""
    if len(args) > 1:
        return (args[0], options, *args[2:]), kwargs
    return args, {**kwargs, "options": options}


def can_be_sent(value: Any, before: Any = None) -> bool:
    """Return whether ``value`` is JSON, but for what the application itself put into ``before``, at any depth.

    Whatever else a fix brings (a date, a set, an infinite number) makes the SDK raise, into the application's call.
    """
    theirs: Optional[Set[int]] = None
    todo = [value]
    while todo:
        item = todo.pop()
        kind = type(item)
        if kind in _PLAIN or (kind is float and math.isfinite(item)):
            continue
        if kind is list or kind is tuple:
            todo.extend(item)
        elif kind is dict and all(type(key) is str for key in item):
            todo.extend(item.values())
        else:
            theirs = _inside(before) if theirs is None else theirs
            if id(item) not in theirs:
                return False
    return True


def _inside(value: Any) -> Set[int]:
    """Return the identities of a value and of everything in its lists and objects."""
    seen: Set[int] = set()
    todo = [value]
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Mapping):
            todo.extend(item.values())
        elif isinstance(item, (list, tuple)):
            todo.extend(item)
    return seen
