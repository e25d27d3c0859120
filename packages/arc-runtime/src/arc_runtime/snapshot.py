"""A copy of a request or an answer, taken in the caller's thread, that the application can no longer change.

Containers are copied; strings, numbers and bytes are immutable and shared, so a long prompt costs nothing. The slow
half (redaction, JSON, protobuf) runs later in the worker. ``MAX_NODES`` and ``MAX_SCALARS`` bound
what it costs: an answer of a million numbers is neither copied nor kept.
"""

import dataclasses
import datetime
import decimal
import enum
import itertools
import pathlib
import uuid
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Optional

MAX_NODES = 5_000
"""Containers and mixed items copied from one body: about 0.5 ms at most. A chat of 1,000 messages has about 3,000."""
MAX_DEPTH = 64
"""Deeper values are cut; no API takes them, and a circular reference ends here."""
MAX_SCALARS = 20_000
"""Keys of objects and items of lists copied from one body, such as a prompt of token ids, or embeddings."""

ITEM_BYTES = 64
"""A reference in a list or dict, and a number or an empty text behind it: 56 to 90 bytes in Python 3.11."""

CUT = "[cut]"
"""Stands where something was left out."""

_SCALARS: FrozenSet[type] = frozenset({str, int, float, bool, type(None)})
_AS_TEXT = (datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, uuid.UUID, pathlib.PurePath)


class Frozen(NamedTuple):
    """A value made of dict, list, str, int, float, bool and None only, referenced by nobody else."""

    value: Any
    complete: bool
    """Whether nothing was cut."""
    size_bytes: int = 0
    """About what it keeps in memory: the texts, and ``ITEM_BYTES`` for each key and item."""


class Kept(Dict[str, Any]):
    """A frozen object that remembers what `Frozen` says of it, so that it need not be copied again."""

    __slots__ = ("complete", "size_bytes")
    complete: bool
    size_bytes: int


def freeze(value: Any) -> Frozen:
    """Copy ``value``, unless it is `Kept`. Never raises: what cannot be read is replaced by the name of its class."""
    if type(value) is Kept:
        return Frozen(value, value.complete, value.size_bytes)
    copy = _Copy()
    taken = copy.take(value, 0)
    return Frozen(taken, copy.complete, copy.size_bytes)


def keep(value: Any) -> Any:
    """Copy ``value`` for an event: what `freeze` makes of it, and `Kept` if that is an object."""
    if type(value) in _SCALARS:
        return value
    frozen = freeze(value)
    return _kept(frozen) if type(frozen.value) is dict else frozen.value


def keep_model(model: Any) -> Any:
    """Copy an answer, a model of pydantic 2, field by field: its own dump would first copy all of it, however long."""
    copy = _Copy(by_fields=True)
    taken = copy.take(_fields_of(model), 0)
    return _kept(Frozen(taken, copy.complete, copy.size_bytes))


def _kept(frozen: Frozen) -> Kept:
    kept = Kept(frozen.value)
    kept.complete, kept.size_bytes = frozen.complete, frozen.size_bytes
    return kept


class _Copy:
    def __init__(self, by_fields: bool = False) -> None:
        self.by_fields = by_fields
        self.nodes_left = MAX_NODES
        self.scalars_left = MAX_SCALARS
        self.complete = True
        self.size_bytes = 0

    def take(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind in _SCALARS:
            if kind is str:
                self.size_bytes += len(value)
            return value
        self.nodes_left -= 1
        if self.nodes_left < 0 or self.scalars_left <= 0 or depth > MAX_DEPTH:
            self.complete = False
            return CUT
        if kind is dict:
            return self.take_dict(value, depth)
        if kind is list or kind is tuple:
            return self.take_list(value, depth)
        try:
            return self.take_other(value, depth)
        except Exception:  # noqa: BLE001 - code of other people's objects ran
            return describe(value)

    def take_dict(self, value: Dict[Any, Any], depth: int) -> Dict[str, Any]:
        # one step under the GIL: another thread may insert meanwhile
        items = list(itertools.islice(value.items(), self.scalars_left))
        self.scalars_left -= len(items)
        self.size_bytes += ITEM_BYTES * len(items)
        self.complete = self.complete and len(items) == len(value)
        taken: Dict[str, Any] = {}
        for key, item in items:
            if self.nodes_left < 0:
                self.complete = False
                break
            name = key if type(key) is str else key_text(key)
            taken[name] = self.take(item, depth + 1)
        return taken

    def take_list(self, value: Any, depth: int) -> List[Any]:
        items = list(value[: self.scalars_left])
        self.scalars_left -= len(items)
        self.size_bytes += ITEM_BYTES * len(items)
        whole = len(items) == len(value)
        kinds = set(map(type, items))
        taken = items if kinds <= _SCALARS else self.take_mixed(items, depth)
        if str in kinds and taken is items:
            self.size_bytes += sum(len(item) for item in items if type(item) is str)
        if not whole:
            self.complete = False
            taken.append(CUT)
        return taken

    def take_mixed(self, items: List[Any], depth: int) -> List[Any]:
        taken: List[Any] = []
        for item in items:
            if self.nodes_left < 0 or self.scalars_left <= 0:
                self.complete = False
                taken.append(CUT)
                break
            taken.append(self.take(item, depth + 1))
        return taken

    def take_other(self, value: Any, depth: int) -> Any:
        if isinstance(value, enum.Enum):
            return self.take(value.value, depth + 1)
        plain = plain_scalar(value)
        if plain is not value:
            return plain
        if isinstance(value, (Mapping, list, tuple, set, frozenset)):
            return self.take(dict(value) if isinstance(value, Mapping) else list(value), depth + 1)
        if self.by_fields and hasattr(type(value), "model_fields"):
            return self.take(_fields_of(value), depth + 1)
        dump = _dump_of(value)
        return describe(value) if dump is None else self.take(dump(), depth + 1)


def plain_scalar(value: Any) -> Any:
    """Return the JSON scalar that stands for ``value``, or ``value`` itself when it is no kind of scalar."""
    # by the base's own methods: a subclass may have replaced __str__ or __int__
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return value if isinstance(value, bool) else int.__add__(value, 0)
    if isinstance(value, float):
        return float.__add__(value, 0.0)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"[{len(value)} bytes]"
    return str(value) if isinstance(value, _AS_TEXT) else value


def key_text(key: Any) -> str:
    """Return a JSON object's key for any hashable, without ever raising."""
    try:
        plain = plain_scalar(key)
        return plain if type(plain) is str else str(plain) if type(plain) in _SCALARS else describe(key)
    except Exception:  # noqa: BLE001 - code of other people's objects ran
        return describe(key)


def describe(value: Any) -> str:
    """Return the name of the value's class; its ``repr`` may be slow, raise, or tell secrets."""
    return f"[{type(value).__name__}]"


def _fields_of(model: Any) -> Dict[str, Any]:
    """Return what was given to a model of pydantic 2, unknown fields included."""
    given = model.model_fields_set
    fields = {name: value for name, value in list(model.__dict__.items()) if name in given}
    return {**fields, **(getattr(model, "__pydantic_extra__", None) or {})}


def _dump_of(value: Any) -> Optional[Callable[[], Any]]:
    """Return how an object of pydantic, an SDK, attrs-like classes or dataclasses gives its fields."""
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        return lambda: {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    kind = type(value)
    if hasattr(kind, "model_dump"):
        return lambda: value.model_dump(exclude_unset=True)
    for name in ("to_dict", "dict"):  # SDK objects, pydantic 1
        method = getattr(kind, name, None)
        if callable(method):
            return lambda: method(value)
    return None
