"""The state of a run between two steps: JSON values only, so that it can be checkpointed and read by anything."""

from typing import Any, TypedDict, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class State(TypedDict, total=False):
    """Everything that a later step needs. Values are packed dataclasses of ``arc_sim.model``."""

    sim_id: str
    diff: dict[str, Any]
    base: dict[str, Any]
    head: dict[str, Any]
    impact: dict[str, Any]
    changes: list[dict[str, Any]]
    entry: str
    plan: dict[str, Any]
    evidence: str
    stand_ins: list[str]
    real: list[str]
    warnings: list[str]
    observations: list[dict[str, Any]]
    risk: dict[str, Any]
    explanation: str
    result: dict[str, Any]


def pack(value: Any) -> Any:
    """Return a dataclass, or a tuple of them, as JSON values."""
    if isinstance(value, tuple | list):
        return [pack(item) for item in value]
    return _adapter(type(value)).dump_python(value, mode="json")


def unpack(kind: type[T], value: Any) -> T:
    """Return the dataclass that was packed."""
    unpacked: T = _adapter(kind).validate_python(value)
    return unpacked


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}
"""Made once for each type: building one costs milliseconds."""
