"""One spelling for each JSON value (RFC 8785), and a parser that accepts nothing ambiguous."""

import json
import math
import re
from typing import Any, Dict, List, Tuple

import rfc8785

from arc_common.errors import WireError

MAX_DEPTH = 64
"""Deepest nesting that is read. Ours is at most 8 deep; recursion limits begin near 1,000."""

MAX_BYTES = 16 * 1024 * 1024
"""Longest document that is read, unless the caller says otherwise."""

_SAFE_INTEGER = 2**53 - 1  # RFC 7493 section 2.2: every double up to here is exact
# a string that does not end is one token too: looking for its end again from every quote inside it would be quadratic
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical_bytes(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a JSON value: one line, sorted keys, no spaces.

    Raises WireError for NaN, infinities, integers beyond 2^53 - 1, lone surrogates, keys that are no strings,
    types that JSON does not have, and nesting beyond the recursion limit.
    """
    try:
        return rfc8785.dumps(value)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not a canonical JSON value: {error}", code="wire.canonical") from error


def strict_loads(data: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Return the value of one JSON document, or raise WireError where readers could disagree about it.

    Refused: other encodings than UTF-8, a byte order mark, duplicate keys, NaN and infinities (spelled or by
    overflow), integers that a double would change, lone surrogates, more than one value, nesting beyond
    ``max_depth``, more than ``max_bytes`` bytes.
    """
    if len(data) > max_bytes:
        raise WireError(f"JSON of {len(data)} bytes, at most {max_bytes} are read", code="wire.json.size")
    try:
        text = bytes(data).decode("utf-8")
        _check_depth(text, max_depth)
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise WireError(f"not UTF-8: {error.reason} at byte {error.start}", code="wire.json") from error
    except ValueError as error:
        raise WireError(f"not one JSON value: {error}", code="wire.json") from error


def _check_depth(text: str, max_depth: int) -> None:
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token[0] == '"':
            if "\\u" in token or _SURROGATE.search(token):
                _check_surrogates(token)
        elif token in "[{":
            depth += 1
            if depth > max_depth:
                raise WireError(f"JSON nested deeper than {max_depth}", code="wire.json.depth")
        else:
            depth -= 1


def _check_surrogates(token: str) -> None:
    try:
        value = json.loads(token)
    except ValueError:
        return  # the parser that follows says where
    if _SURROGATE.search(value):
        raise WireError("a string holds half a surrogate pair", code="wire.json.surrogate")


def _object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen = set()
        for key, _ in pairs:
            if key in seen:
                raise WireError(f"duplicate key {key!r}", code="wire.json.duplicate")
            seen.add(key)
    return value


def _refuse_constant(name: str) -> Any:
    raise WireError(f"{name} is not JSON", code="wire.json.number")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise WireError(f"{text[:40]} is out of range", code="wire.json.number")
    return value


def _integer(text: str) -> Any:
    if len(text) <= 17:
        value = int(text)
        if abs(value) <= _SAFE_INTEGER:
            return value
    # what RFC 8785 writes for a whole double beyond 2^53, and nothing else
    number = _float(text)
    if canonical_bytes(number) != text.encode("ascii"):
        raise WireError(f"integer of {len(text)} digits that a double cannot hold", code="wire.json.number")
    return number
