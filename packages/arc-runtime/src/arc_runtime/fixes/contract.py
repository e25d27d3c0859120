"""Which parameters each operation documents: their types, ranges and values, and other APIs' names for them."""

import json
import pkgutil
import re
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


def is_foreign_parameter(name: str, operation: str) -> bool:
    """Return whether a parameter that an operation does not document is another one's, or another server's.

    A name that is only unknown may be newer than our table, and stays. The providers write all names in small letters.
    """
    names = foreign_names()
    return (
        name in names.parameters
        or not _PLAIN_NAME.fullmatch(name)
        or any(name in other.parameters for key, other in operations().items() if key != operation)
    )


def is_foreign_field(name: Any) -> bool:
    """Return whether a member of a message or part is known to come from another API or a library's own records."""
    return isinstance(name, str) and (name in foreign_names().fields or not _PLAIN_NAME.fullmatch(name))


def without_foreign(message: Mapping[str, Any], documented: FrozenSet[str]) -> Dict[str, Any]:
    """Return a message or part without members that are foreign to it; one that is only unknown stays."""
    return {name: value for name, value in message.items() if name in documented or not is_foreign_field(name)}


def has_foreign(message: Mapping[str, Any], documented: FrozenSet[str]) -> bool:
    """Return whether `without_foreign` would leave something out."""
    return not documented.issuperset(message) and any(
        name not in documented and is_foreign_field(name) for name in message
    )


_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]*")


class ForeignNames(NamedTuple):
    """Names that are known from other servers, SDKs and libraries, and that the providers refuse."""

    parameters: FrozenSet[str]
    fields: FrozenSet[str]


@lru_cache(maxsize=1)
def foreign_names() -> ForeignNames:
    """Return the listed names."""
    found = _table()["foreign"]
    return ForeignNames(frozenset(found["parameters"]), frozenset(found["fields"]))


def _table() -> Mapping[str, Any]:
    content = pkgutil.get_data("arc_runtime.packs", "contract.json")
    table: Mapping[str, Any] = json.loads((content or b"{}").decode("utf-8"))
    return table


@lru_cache(maxsize=1)
def operations() -> Mapping[str, Operation]:
    """Return what is documented, by operation."""
    return {name: _operation(entry) for name, entry in _table()["operations"].items()}


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
