"""Reads pattern packs: YAML (or JSON) files of patterns with their fix, source and golden requests."""

import json
import pkgutil
from functools import lru_cache
from pathlib import Path
from typing import AbstractSet, Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.packs import PACKS
from arc_runtime.patterns.pattern import Pattern, PatternSpec, compile_checked, compile_pattern
from arc_runtime.patterns.regexes import SafeRegex

PACK_VERSION = 1
MAX_PACK_BYTES = 64 * 1024 * 1024
"""A file beyond it is refused before it is parsed."""


ENTRY_FIELDS = frozenset(
    (
        *("id", "pattern", "fix", "description", "source", "confidence", "priority"),
        *("risk", "error", "explains", "expires_at_s", "tags", "owner", "version"),
    )
)
"""What an entry may say, its golden requests apart."""


class Golden(NamedTuple):
    """A request, and what has to become of it."""

    name: str
    pattern_id: str
    provider: str
    operation: str
    request: Mapping[str, Any]
    expected: Optional[Mapping[str, Any]]
    """The body that leaves; None: the original, untouched."""


class KnownError(NamedTuple):
    """An error message of a provider that a pattern explains."""

    pattern_id: str
    text: str
    """A regular expression that is found in the message; compiled when a request is refused for the first time."""
    providers: Tuple[str, ...]

    def explains(self, message: str, provider: str = "") -> bool:
        """Return whether this is the error; anything longer than the expression allows is not."""
        if provider and self.providers and provider not in self.providers:
            return False
        return _compiled(self.text).found_in(message)


@lru_cache(maxsize=4096)
def _compiled(text: str) -> SafeRegex:
    return SafeRegex(text, "explains")


class Pack(NamedTuple):
    """A bundle of patterns, validated and compiled."""

    name: str
    patterns: Tuple[Pattern, ...]
    golden: Tuple[Golden, ...]
    errors: Tuple[KnownError, ...] = ()


def load_pack(name_or_path: str, verify: Optional[Callable[[Path, bytes], None]] = None, golden: bool = True) -> Pack:
    """Return a pack that ships with us (by name) or a file. Raises PatternError that names file, place and reason.

    verify: given a file and its content before anything of it is read; raises PatternError to refuse it.
    golden: whether the golden requests are wanted; without them a pack of ours is read from JSON, at once.
    """
    if name_or_path in PACKS:
        where = f"pack {name_or_path}"
        if not golden:
            return _read_checked(json.loads(_shipped(PACKS[name_or_path][: -len(".yaml")] + ".json")))
        return parse_pack(_shipped(PACKS[name_or_path]), where)
    path = Path(name_or_path).expanduser()
    if not path.is_file():
        known = ", ".join(sorted(PACKS))
        raise PatternError(f"pack {name_or_path}: neither a file nor one of ours", "pattern.pack", f"ours: {known}")
    if path.stat().st_size > MAX_PACK_BYTES:
        raise PatternError(f"pack {name_or_path}: larger than {MAX_PACK_BYTES} bytes", "pattern.pack")
    try:
        content = path.read_bytes()
        if verify is not None:
            verify(path, content)
        return parse_pack(content.decode("utf-8"), name_or_path)
    except (OSError, UnicodeDecodeError) as error:
        raise PatternError(f"pack {name_or_path}: cannot be read: {error}", "pattern.pack") from error


def parse_pack(text: str, where: str) -> Pack:
    """Return the pack that a YAML text says. Raises PatternError; ``where`` names the text in its message."""
    return parse_document(_parse_yaml(text, where), where)


def parse_document(value: Any, where: str) -> Pack:
    """Return the pack that plain values say. Raises PatternError; ``where`` names them in its message."""
    document = _mapping(value, where, required={"version", "name", "patterns"})
    if document["version"] != PACK_VERSION or isinstance(document["version"], bool):
        raise PatternError(
            f"{where}: version {document['version']!r} is not known, only {PACK_VERSION}", "pattern.pack"
        )
    name = _text(document["name"], f"{where}: name")
    patterns: List[Pattern] = []
    golden: List[Golden] = []
    errors: List[KnownError] = []
    seen: Set[str] = set()
    for index, entry in enumerate(_list(document["patterns"], f"{where}: patterns")):
        place = f"{where}: patterns[{index}]"
        pattern = _parse_entry(entry, place)
        if pattern.pattern_id in seen:
            raise PatternError(f"{place}.id: {pattern.pattern_id!r} is there twice", "pattern.pack")
        seen.add(pattern.pattern_id)
        patterns.append(pattern)
        errors.extend(_parse_errors(entry, place, pattern))
        for number, case in enumerate(_list(entry.get("golden", []), f"{place}.golden")):
            golden.append(_parse_golden(case, f"{place}.golden[{number}]", pattern.pattern_id))
    return Pack(name, tuple(patterns), tuple(golden), tuple(errors))


def _read_checked(document: Mapping[str, Any]) -> Pack:
    """Return a pack of ours as it ships: checked by its tests and made by tools/build_packs.py."""
    patterns: List[Pattern] = []
    errors: List[KnownError] = []
    for entry in document["patterns"]:
        pattern = compile_checked(_spec(entry))
        patterns.append(pattern)
        if "explains" in entry:
            errors.extend(KnownError(pattern.pattern_id, text, _providers(pattern)) for text in entry["explains"])
    return Pack(document["name"], tuple(patterns), (), tuple(errors))


def _parse_yaml(text: str, where: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast, and in all wheels
    try:
        try:
            return yaml.load(text, Loader=loader)  # both are safe loaders
        except yaml.YAMLError:
            return yaml.safe_load(text)  # says better where
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        at = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        reason = getattr(error, "problem", None) or type(error).__name__
        raise PatternError(f"{where}: {at}{reason}", "pattern.pack") from error


def _parse_entry(entry: Any, place: str) -> Pattern:
    allowed = {*ENTRY_FIELDS, "golden"}
    fields = _mapping(entry, place, required={"id", "pattern", "fix", "source"}, allowed=allowed)
    _text(fields["id"], f"{place}.id")
    _text(fields["source"], f"{place}.source")
    try:
        return compile_pattern(_spec(fields))
    except PatternError as error:
        raise PatternError(f"{place}.{error.message}", error.code, error.hint) from error


def _spec(fields: Mapping[str, Any]) -> PatternSpec:
    return PatternSpec(
        pattern=fields["pattern"],
        fix=fields["fix"],
        pattern_id=fields["id"],
        confidence=fields.get("confidence", 1.0),
        priority=fields.get("priority", 0),
        source=fields["source"],
        risk=fields.get("risk", ""),
        expires_at_s=fields.get("expires_at_s"),
        tags=fields.get("tags", ()),
        owner=fields.get("owner", ""),
        version=fields.get("version", ""),
    )


def _providers(pattern: Pattern) -> Tuple[str, ...]:
    pinned = [c.operand for c in pattern.conditions if c.key == "$provider" and c.operator in ("==", "in")]
    return tuple(name for names in pinned for name in (names if isinstance(names, list) else [names]))


def _parse_errors(entry: Dict[str, Any], place: str, pattern: Pattern) -> List[KnownError]:
    """Return the errors that the entry explains: regular expressions on the provider's message."""
    if "error" in entry:
        _text(entry["error"], f"{place}.error")
    providers = _providers(pattern)
    texts = _list(entry.get("explains", []), f"{place}.explains")
    return [
        KnownError(pattern.pattern_id, _text(text, f"{place}.explains[{index}]"), providers)
        for index, text in enumerate(texts)
    ]


def _parse_golden(case: Any, place: str, pattern_id: str) -> Golden:
    allowed = {"name", "provider", "operation", "request", "expected"}
    fields = _mapping(case, place, required={"name", "request", "expected"}, allowed=allowed)
    expected = fields["expected"]
    return Golden(
        name=_text(fields["name"], f"{place}.name"),
        pattern_id=pattern_id,
        provider=_text(fields.get("provider", "openai"), f"{place}.provider"),
        operation=_text(fields.get("operation", "chat.completions"), f"{place}.operation"),
        request=_mapping(fields["request"], f"{place}.request"),
        expected=None if expected is None else _mapping(expected, f"{place}.expected"),
    )


def _mapping(
    value: Any, place: str, required: AbstractSet[str] = frozenset(), allowed: AbstractSet[str] = frozenset()
) -> Dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise PatternError(f"{place}: expected an object, got {type(value).__name__}", "pattern.pack")
    missing = sorted(required - set(value))
    if missing:
        raise PatternError(f"{place}: {missing[0]} is missing", "pattern.pack")
    unknown = sorted(set(value) - (allowed or (required | {"description"}))) if required else []
    if unknown:
        raise PatternError(f"{place}: {unknown[0]} is not known", "pattern.pack")
    return value


def _list(value: Any, place: str) -> List[Any]:
    if not isinstance(value, list):
        raise PatternError(f"{place}: expected a list, got {type(value).__name__}", "pattern.pack")
    return value


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise PatternError(f"{place}: expected a text that is not empty, got {value!r}", "pattern.pack")
    return value


def _shipped(file_name: str) -> str:
    content = pkgutil.get_data("arc_runtime.packs", file_name)
    if content is None:
        raise PatternError(f"pack {file_name}: not part of this installation", "pattern.pack")
    return content.decode("utf-8")
