"""Hashes of request values that mean the same in every process: ``hash()`` is salted, files are not.

Equal JSON has equal hashes (1 and 1.0, but not true). Whatever is found by a hash is compared by value afterwards.
"""

import math
import struct
from typing import Any, Optional

import xxhash

from arc_runtime.fixes.paths import Path, format_path

_double = struct.Struct("<d").pack
_hash = xxhash.xxh3_64_intdigest


def path_seed(path: Path) -> int:
    """Return the seed under which the values of one path are hashed."""
    return int(_hash(format_path(path).encode("utf-8", "surrogatepass")))


def value_hash(value: Any, seed: int) -> Optional[int]:
    """Return 64 bits for a text, number, bool or null; None for what no equality can ask for."""
    content = value_bytes(value)
    return None if content is None else int(_hash(content, seed))


def text_hash(text: str) -> int:
    """Return 64 bits of a text."""
    return int(_hash(text.encode("utf-8", "surrogatepass")))


def value_bytes(value: Any) -> Optional[bytes]:
    """Return one spelling for each JSON scalar, None for anything else."""
    kind = type(value)
    if kind is str:
        return b"s" + value.encode("utf-8", "surrogatepass")  # type: ignore[no-any-return]  # `kind is` narrows nothing
    if value is None:
        return b"z"
    if kind is bool:
        return b"t" if value else b"f"
    return _number_bytes(value)


def _number_bytes(value: Any) -> Optional[bytes]:
    if isinstance(value, str):
        return b"s" + str.__str__(value).encode("utf-8", "surrogatepass")
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        if not value.is_integer():
            return b"d" + _double(value)
        value = int(value)
    return b"i%x" % int(value) if isinstance(value, int) else None


def signature_salt(number: int) -> int:
    """Return what tells equal values under the signature of this number from those under another."""
    return text_hash(f"signature {number}")
