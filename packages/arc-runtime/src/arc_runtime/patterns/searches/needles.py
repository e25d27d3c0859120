"""Finds the patterns of a segment whose text occurs in a request.

With the extra ``text`` an Aho-Corasick automaton reads each text once. Without it, needles of three words or more are
looked up by words inside them, and shorter ones are searched one by one.
"""

from typing import Any, Dict, Iterator, List, Sequence, Set, Tuple

from arc_runtime.fixes.paths import Path
from arc_runtime.model import MISSING
from arc_runtime.patterns.segments.hashing import text_hash
from arc_runtime.patterns.segments.layout import Content

MAX_CHARACTERS = 65_536
"""Of the texts of one request; what is beyond is not searched, and counted."""
MAX_SHORT = 1000
"""Needles of one or two words that are searched one by one without the extra; the rest needs it."""
MAX_DEPTH = 6
_MAX_KNOWN = 1024
_KNOWN_FROM = 200
"""Characters from which on the result of a text is remembered: a conversation repeats its texts every turn."""


class Needles:
    """The needles that are looked for at one path."""

    def __init__(self, content: Content, number: int, path: Sequence[Any]) -> None:
        columns = content.columns
        self.path: Path = tuple(path)
        self._rows = columns[f"needle{number}_rows"]
        self._data, self._starts = columns[f"needle{number}_data"], columns[f"needle{number}_starts"]
        self._short = columns[f"needle{number}_short"]
        self._keys, self._values = columns[f"needle{number}_keys"], columns[f"needle{number}_values"]
        self._automaton = _automaton(self)
        self._short_texts = [] if self._automaton else [self.text(place) for place in self._short[:MAX_SHORT]]
        self._known: Dict[Tuple[int, int], Tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def text(self, place: int) -> str:
        """Return a needle."""
        return bytes(self._data[self._starts[place] : self._starts[place + 1]]).decode("utf-8", "surrogatepass")

    def search(self, value: Any) -> Tuple[Set[int], bool]:
        """Return rows whose needle may occur in the texts of a value, and whether all of the texts were read."""
        found: Set[int] = set()
        left = MAX_CHARACTERS
        for text in _texts_in(value, MAX_DEPTH):
            if left <= 0:
                return found, False
            found.update(self._rows_in(text[:left]))
            left -= len(text)
        return found, left >= 0

    def _rows_in(self, text: str) -> Sequence[int]:
        if len(text) < _KNOWN_FROM:
            return self._search(text)
        key = (len(text), hash(text))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MAX_KNOWN:
                self._known = {}
            known = self._known[key] = tuple(self._search(text))
        return known

    def _search(self, text: str) -> List[int]:
        rows = self._rows
        if self._automaton is not None:
            readable = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair has no UTF-8
            places = {place for place, _, _ in self._automaton.find_matches_as_indexes(readable, overlapping=True)}
            return [rows[place] for place in places]
        found = [rows[place] for place, needle in zip(self._short, self._short_texts) if needle in text]
        words = text.split()
        keys = {*words, *map(" ".join, zip(words, words[1:]))} if len(self._rows) > len(self._short) else set()
        for key in keys:
            found.extend([rows[place] for place in self._lookup(text_hash(key)) if self.text(place) in text])
        return found

    def _lookup(self, key: int) -> Iterator[int]:
        keys, values = self._keys, self._values
        mask = len(keys) - 1
        slot = key & mask
        while values[slot]:
            if keys[slot] == key:
                yield values[slot] - 1
            slot = (slot + 1) & mask


def _automaton(needles: Needles) -> Any:
    """Return an automaton over all needles, None where the extra is not installed."""
    try:
        import ahocorasick_rs
    except ImportError:
        return None
    implementation = ahocorasick_rs.Implementation.ContiguousNFA
    texts = (needles.text(place).encode("utf-8", "replace").decode("utf-8") for place in range(len(needles)))
    return ahocorasick_rs.AhoCorasick(list(texts), implementation=implementation)


def _texts_in(value: Any, depth: int) -> Iterator[str]:
    """Return all texts inside a value."""
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts_in(item, depth - 1)
    elif depth and isinstance(value, dict) and value is not MISSING:
        for item in value.values():
            yield from _texts_in(item, depth - 1)
