"""Signs in tools and schemas. Tools are the same in call after call, so what was looked at once is remembered."""

import marshal
from functools import lru_cache
from typing import Any, Dict, Mapping, Tuple

from arc_runtime.fixes.base import Fix
from arc_runtime.fixes.models import family_of
from arc_runtime.fixes.parse import parse_fix

NONE: Tuple[str, ...] = ()
MAX_REMEMBERED = 256
MAX_REMEMBERED_BYTES = 262_144
"""Of one set of tools; a larger one is looked at each time."""
_PLACES = ("tools", "functions", "response_format", "text", "output_config")

_remembered: Dict[Tuple[str, bytes], Tuple[str, ...]] = {}


@lru_cache(maxsize=1)
def _repairs() -> Tuple[Tuple[str, Fix], ...]:
    names = ("tool_shape", "tool_schemas", "strict_schemas", "tool_names", "tool_descriptions")
    return tuple((name, parse_fix({name: True})[0]) for name in names)


def signs(facts: Any) -> Tuple[str, ...]:
    """Return the names of the repairs that the tools and schemas need; none for models that we do not know."""
    body: Mapping[str, Any] = facts.body
    held = [name for name in _PLACES if name in body]
    if not held:
        return NONE
    model, operation = body.get("model"), facts.call.operation
    family = family_of(model) if type(model) is str else {}
    if not family or family["vendor"] != facts.call.provider:
        return NONE
    part = {name: body[name] for name in held}
    key = _key(operation, part)
    known = _remembered.get(key) if key is not None else None
    if known is not None:
        return known
    found = tuple(name for name, fix in _repairs() if fix.apply(part, operation)[1])
    if key is not None:
        if len(_remembered) >= MAX_REMEMBERED:
            _remembered.clear()
        _remembered[key] = found
    return found


def _key(operation: str, part: Dict[str, Any]) -> Any:
    try:
        text = marshal.dumps(part, 2)  # version 2: the same text for the same content, whoever holds the strings
    except ValueError:  # something that is no JSON, a model of pydantic say
        return None
    return (operation, text) if len(text) <= MAX_REMEMBERED_BYTES else None
