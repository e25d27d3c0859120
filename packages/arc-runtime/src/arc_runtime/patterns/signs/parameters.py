"""Signs in the parameters at the top of the body: types, ranges, names, and what the model or another one excludes."""

from typing import Any, List, Mapping, Tuple

from arc_runtime.fixes.contract import operations
from arc_runtime.fixes.models import family_of
from arc_runtime.patterns.signs.combinations import CHECKS

NONE: Tuple[str, ...] = ()


def signs(facts: Any) -> Tuple[str, ...]:
    """Return the signs, none for models that we do not know: their provider is not known either."""
    operation = operations().get(facts.call.operation)
    body: Mapping[str, Any] = facts.body
    model = body.get("model")
    family = family_of(model) if type(model) is str else {}
    if operation is None or not family or family["vendor"] != facts.call.provider:
        return NONE
    found: List[str] = []
    plain, parameters = operation.plain, operation.parameters
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
    CHECKS[facts.call.operation](body, family, found)
    return tuple(found)
