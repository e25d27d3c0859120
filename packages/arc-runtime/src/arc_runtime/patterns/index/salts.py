"""Tells equal values under different signatures apart."""

from arc_runtime.patterns.index.hashing import text_hash


def signature_salt(number: int) -> int:
    """Return 64 bits for the signature of this number in its segment."""
    return text_hash(f"signature {number}")
