"""Signs in the parameters at the top of the body: types, ranges, names, and what the model or another one excludes."""

from functools import partial
from typing import Any, List, Mapping, Tuple

from arc_runtime.fixes.contract import Operation, operations
from arc_runtime.patterns.signs.combinations import CHECKS
from arc_runtime.patterns.signs.seen import remembered

NONE: Tuple[str, ...] = ()


def signs(facts: Any) -> Tuple[str, ...]:
    """Return the signs, none for models that we do not know: their provider is not known either."""
    name = facts.call.operation
    operation = operations().get(name)
    family = facts["$family"]
    if operation is None or not family:
        return NONE
    body: Mapping[str, Any] = facts.body
    return remembered(name, operation, body, partial(look, name, operation, body, family))


def look(operation: str, documented: Operation, body: Mapping[str, Any], family: Mapping[str, Any]) -> Tuple[str, ...]:
    """Return the signs in the parameters of a body."""
    found: List[str] = []
    plain, parameters = documented.plain, documented.parameters
    for name, value in body.items():
        types = plain.get(name)
        if types is not None and type(value) in types:
            continue
        parameter = parameters.get(name)
        if parameter is None:
            found.append(f"unknown:{name}")
            continue
        problem = parameter.problem(value)
        if problem:
            found.append(f"{problem}:{name}")
    CHECKS[operation](body, family, found)
    return tuple(found)
