"""Which parameters each operation documents: their types, ranges and values, and other APIs' names for them."""

import json
import pkgutil
from functools import lru_cache
from typing import Any, Dict, FrozenSet, Mapping, NamedTuple, Optional

from arc_runtime.fixes.values import is_number

JSON_TYPES: Mapping[str, FrozenSet[type]] = {
    "string": frozenset((str,)),
    "number": frozenset((int, float)),
    "integer": frozenset((int,)),
    "boolean": frozenset((bool,)),
    "array": frozenset((list, tuple)),
    "object": frozenset((dict,)),
}


class Parameter(NamedTuple):
    """What one parameter accepts."""

    types: FrozenSet[type]
    """Python's types of what is accepted at once; subclasses are looked at more closely."""
    names: FrozenSet[str]
    """JSON's types."""
    low: Optional[float]
    high: Optional[float]
    values: Optional[FrozenSet[str]]
    max_length: Optional[int]
    """Of a text."""

    def problem(self, value: Any) -> str:
        """Return ``type``, ``low``, ``high``, ``value``, ``length``, or nothing where the value is accepted."""
        kind = type(value)
        if kind not in self.types and not self._is_subclass(value):
            return "type"
        if value is None:
            return ""
        if is_number(value):
            return "low" if self.low is not None and value < self.low else self._high(value)
        if isinstance(value, str):
            if self.values is not None and value not in self.values:
                return "value"
            return "length" if self.max_length is not None and len(value) > self.max_length else ""
        return ""

    def _high(self, value: Any) -> str:
        return "high" if self.high is not None and value > self.high else ""

    def _is_subclass(self, value: Any) -> bool:
        return not isinstance(value, bool) and isinstance(value, tuple(self.types))


class Operation(NamedTuple):
    """One endpoint's body."""

    parameters: Mapping[str, Parameter]
    plain: Mapping[str, FrozenSet[type]]
    """``{parameter: types}`` where the type alone decides; most requests need no closer look."""
    aliases: Mapping[str, str]
    """``{name in another API: name here}``"""


@lru_cache(maxsize=1)
def operations() -> Mapping[str, Operation]:
    """Return what is documented, by operation."""
    content = pkgutil.get_data("arc_runtime.packs", "contract.json")
    table = json.loads((content or b"{}").decode("utf-8"))
    return {name: _operation(entry) for name, entry in table["operations"].items()}


def _operation(entry: Mapping[str, Any]) -> Operation:
    parameters = {name: _parameter(spec, entry["null"]) for name, spec in entry["parameters"].items()}
    plain: Dict[str, FrozenSet[type]] = {
        name: found.types
        for name, found in parameters.items()
        if found.low is None and found.high is None and found.values is None and found.max_length is None
    }
    return Operation(parameters, plain, entry["aliases"])


def _parameter(spec: Mapping[str, Any], nullable: bool) -> Parameter:
    types = frozenset().union(*(JSON_TYPES[name] for name in spec["type"]))
    if spec.get("null", nullable):
        types |= {type(None)}
    low, high = spec.get("range", (None, None))
    values = spec.get("values")
    return Parameter(
        types, frozenset(spec["type"]), low, high, frozenset(values) if values else None, spec.get("max_length")
    )
