"""YAML as values that know their line, and that no file can make large.

Built on libyaml's event stream, not on its object constructor: no tag constructs anything, depth and size are bounded,
an alias counts as much as what it stands for (so a file of nested aliases, a "YAML bomb", is refused), and a self-
referring alias is refused.
"""

from collections.abc import Iterator
from typing import Any, cast

import yaml

MAX_DEPTH = 60
MAX_VALUES = 200_000
"""Values in one file, aliases expanded. Decisions: real manifests stay far below both."""

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DocumentError(Exception):
    """The text is no YAML that we accept; the message is one line."""


class Text(str):
    """A scalar as it is written (``true`` and ``5`` stay text), with its line."""

    line: int
    is_quoted: bool
    """It stands in quotes or in a block, so it is text whatever it looks like."""
    path: str
    """The file it stands in, when that is not the one that was read: a patch puts its values into other files."""
    __slots__ = ("is_quoted", "line", "path")


class Mapping(dict[str, Any]):
    """A mapping whose keys are Text."""

    line: int = 0
    size: int = 1


class Sequence(list[Any]):
    """A sequence."""

    line: int = 0
    size: int = 1


def load_documents(content: bytes) -> list[Any]:
    """Return the documents: Mapping, Sequence, Text, or None for null and for an empty document."""
    try:
        return list(_Composer(content).documents())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not YAML"
        where = f"line {mark.line + 1}: " if mark else ""
        raise DocumentError(f"{where}{problem}") from error
    except (UnicodeDecodeError, ValueError) as error:
        raise DocumentError("not YAML: not UTF-8") from error


def line_of(value: Any, default: int = 1) -> int:
    """Return the line of a value that was loaded here."""
    return int(getattr(value, "line", default) or default)


def path_of(value: Any, default: str) -> str:
    """Return the file of a value that was loaded here."""
    return str(getattr(value, "path", default))


def made_text(text: str, like: Any, path: str | None = None) -> Text:
    """Return a value that stands where another one does."""
    made = Text(text)
    made.line, made.is_quoted = line_of(like), True
    if path is not None or hasattr(like, "path"):
        made.path = path if path is not None else like.path
    return made


def made(value: Any, line: int = 1) -> Any:
    """Return plain lists, dictionaries and strings as if they had been loaded from that line."""
    if isinstance(value, dict):
        mapping = Mapping({made(key, line): made(item, line) for key, item in value.items()})
        mapping.line = line
        return mapping
    if isinstance(value, (list, tuple)):
        sequence = Sequence(made(item, line) for item in value)
        sequence.line = line
        return sequence
    text = Text(value)
    text.line, text.is_quoted = line, True
    return text


def dig(value: Any, *keys: str) -> Any:
    """Return the value below nested mappings, or None when one is missing or no mapping."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def entries(value: Any) -> list[Any]:
    """Return the value if it is a sequence, else an empty list."""
    return value if isinstance(value, list) else []


def pairs(value: Any) -> Iterator[tuple[Text, Any]]:
    """Yield the items of a mapping, nothing for anything else."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield cast(Text, key), item


def flatten(value: Any, prefix: str = "") -> Iterator[tuple[str, Text]]:
    """Yield ``("a.b[0].c", text)`` for every scalar below."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flatten(item, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from flatten(item, f"{prefix}[{index}]")
    elif isinstance(value, Text):
        yield prefix, value


class _Composer:
    def __init__(self, content: bytes) -> None:
        self._events = iter(yaml.parse(content, Loader=Loader))
        self._anchors: dict[str, Any] = {}
        self._values = 0

    def documents(self) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
                yield self._value(next(self._events), 0)

    def _value(self, event: Any, depth: int) -> Any:
        self._count(1)
        if depth > MAX_DEPTH:
            raise DocumentError(f"line {event.start_mark.line + 1}: nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if isinstance(event, yaml.ScalarEvent):
            value: Any = self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            value = self._mapping(event, depth)
        else:
            value = self._sequence(event, depth)
        if event.anchor:
            self._anchors[event.anchor] = value
        return value

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise DocumentError(f"line {event.start_mark.line + 1}: undefined or self-referring alias")
        value = self._anchors[event.anchor]
        self._count(getattr(value, "size", 1))
        return value

    def _scalar(self, event: Any) -> Text | None:
        if event.value in ("", "~", "null", "Null", "NULL") and not event.style:
            return None
        text = Text(event.value)
        text.line = event.start_mark.line + 1
        text.is_quoted = bool(event.style)
        return text

    def _mapping(self, event: Any, depth: int) -> Mapping:
        before = self._values
        result, merged = Mapping(), []
        result.line = event.start_mark.line + 1
        for key_event in self._events:
            if isinstance(key_event, yaml.MappingEndEvent):
                break
            key = self._value(key_event, depth + 1)
            value = self._value(next(self._events), depth + 1)
            if key == "<<":
                merged.extend(value if isinstance(value, list) else [value])
            elif isinstance(key, Text) or key is None:
                result[_key(key, key_event)] = value
        for source in merged:
            for key, value in pairs(source):
                result.setdefault(key, value)
        result.size = self._values - before + 1
        return result

    def _sequence(self, event: Any, depth: int) -> Sequence:
        before = self._values
        result = Sequence()
        result.line = event.start_mark.line + 1
        for item in self._events:
            if isinstance(item, yaml.SequenceEndEvent):
                break
            result.append(self._value(item, depth + 1))
        result.size = self._values - before + 1
        return result

    def _count(self, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise DocumentError(f"more than {MAX_VALUES} values once its aliases are expanded")


def _key(key: Text | None, event: Any) -> Text:
    if key is not None:
        return key
    text = Text("")
    text.line = event.start_mark.line + 1
    return text
