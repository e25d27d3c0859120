"""When two prompts are alike: they share most of their words and pairs of neighbouring words, whatever the case.

The likeness is the Jaccard coefficient of these two sets: exact, the same in every process, and what the operator
``similar`` compares with its threshold. A `sketch` estimates it from 32 bytes, to find candidates among a million.
"""

import zlib
from functools import lru_cache
from typing import Any, FrozenSet, List, Tuple

MAX_WORDS = 1000
"""Words of a prompt that count: half from its beginning, half from its end. Bounds the cost of one sketch."""
DEFAULT_THRESHOLD = 0.6
"""Measured: edits of 30 words lie above it, rewritten prompts below (docs/benchmarks)."""
BINS = 32
BANDS = 8
"""Two prompts are compared when one band of bins is equal in both."""
_WIDTH = BINS // BANDS
_MASK = (1 << 40) - 1
_ODD = 0x9E3779B1


def words_of(text: str) -> List[str]:
    """Return the words that count, in lower case."""
    words = text.lower().split()
    if len(words) > MAX_WORDS:
        words = words[: MAX_WORDS // 2] + words[-MAX_WORDS // 2 :]
    return words


@lru_cache(maxsize=64)
def features(text: str) -> FrozenSet[Any]:
    """Return the words and pairs of neighbouring words."""
    words = words_of(text)
    return frozenset(words).union(zip(words, words[1:]))


def likeness(left: str, right: str) -> float:
    """Return how alike two texts are, in [0, 1]; texts without words are unlike everything."""
    one, other = features(left), features(right)
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def sketch(text: str) -> Tuple[bytes, Tuple[int, ...]]:
    """Return 32 bytes whose agreement estimates the likeness, and the keys of the bands; empty for no words.

    One-permutation hashing: each feature falls into a bin, the smallest of each bin counts, and an empty bin takes
    over what its neighbour has.
    """
    words = words_of(text)
    if not words:
        return b"", ()
    hashes = [zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words]
    mixed = {one * _ODD & 0xFFFFFFFF for one in hashes}
    mixed.update(
        [(one * 0x85EBCA77 + other * 0xC2B2AE3D) * _ODD >> 7 & 0xFFFFFFFF for one, other in zip(hashes, hashes[1:])]
    )
    smallest: List[int] = [-1] * BINS
    for number in mixed:
        number ^= number >> 15
        place, rest = number & BINS - 1, number >> 5
        if smallest[place] < 0 or rest < smallest[place]:
            smallest[place] = rest
    filled = [value for value in smallest if value >= 0]
    last = filled[-1]
    for place in range(BINS):
        if smallest[place] < 0:
            smallest[place] = last + place
        last = smallest[place]
    keys = []
    for band in range(BANDS):
        key = band
        for value in smallest[band * _WIDTH : (band + 1) * _WIDTH]:
            key = (key * 0x100000001B3 ^ value) & 0xFFFFFFFFFFFFFFFF
        keys.append((key ^ key >> 29) & _MASK)
    return bytes([value * _ODD >> 9 & 0xFF for value in smallest]), tuple(keys)


def estimate(one: bytes, other: bytes) -> float:
    """Return the share of bins in which two sketches agree."""
    return sum(map(int.__eq__, one, other)) / BINS


def threshold_of(operand: Any) -> float:
    """Return the likeness that an operand of ``similar`` asks for."""
    return float(operand.get("threshold", DEFAULT_THRESHOLD)) if isinstance(operand, dict) else DEFAULT_THRESHOLD


def text_of(operand: Any) -> str:
    """Return the text of an operand of ``similar``."""
    return str(operand["text"]) if isinstance(operand, dict) else str(operand)


def is_operand(operand: Any) -> bool:
    """Return whether a pattern may ask for likeness to this."""
    if isinstance(operand, dict):
        threshold = operand.get("threshold", DEFAULT_THRESHOLD)
        if not set(operand) <= {"text", "threshold"} or isinstance(threshold, bool):
            return False
        if not isinstance(threshold, (int, float)) or not 0.3 <= threshold <= 1:
            return False
        operand = operand.get("text")
    return isinstance(operand, str) and bool(operand.split())
