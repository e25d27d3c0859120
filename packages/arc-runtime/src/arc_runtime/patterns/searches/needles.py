"""Finds the patterns of a segment whose text occurs in a request.

With the extra ``text`` an Aho-Corasick automaton reads each text once. Without it, needles of three words or more are
looked up by words inside them, and shorter ones are searched one by one.

The library keeps the interpreter while it makes an automaton, a second for 100,000 needles. So a large one is made
only while no other thread of the application could wait for it; otherwise the longer needles are looked up by words,
and the shorter ones get automata of a few hundred each.
"""

import threading
import time
from typing import Any, Dict, Iterable, Iterator, List, Sequence, Set, Tuple

from arc_runtime.fixes.paths import Path
from arc_runtime.model import MISSING
from arc_runtime.patterns.segments.hashing import text_hash
from arc_runtime.patterns.segments.layout import Content

MAX_CHARACTERS = 65_536
"""Of the texts of one request; what is beyond is not searched, and counted."""
MAX_SHORT = 1000
"""Needles of one or two words that are searched one by one without the extra; the rest needs it."""
PIECE = 512
"""Needles of one automaton that is made while others run: about 5 ms."""
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
        self._automata: List[Tuple[Any, Sequence[int]]] = []
        self._by_words = len(self._rows) > len(self._short)
        self._make_automata()
        self._short_texts = [] if self._automata else [self.text(place) for place in self._short[:MAX_SHORT]]
        self.left_out = max(0, len(self._short) - MAX_SHORT) if self._short_texts else 0
        """Needles that are never searched."""
        self._known: Dict[Tuple[int, int], Tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def _make_automata(self) -> None:
        try:
            if len(self) <= PIECE or _is_alone():
                self._automata = [(_automaton(map(self.text, range(len(self)))), range(len(self)))]
                self._by_words = False
                return
            for first in range(0, len(self._short), PIECE):
                places = self._short[first : first + PIECE]
                self._automata.append((_automaton(map(self.text, places)), places))
                time.sleep(0.001)
        except ImportError:  # the extra is not installed
            return

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
        found = [rows[place] for place, needle in zip(self._short, self._short_texts) if needle in text]
        if self._automata:
            readable = _readable(text)
            for automaton, places in self._automata:
                numbers = {number for number, _, _ in automaton.find_matches_as_indexes(readable, overlapping=True)}
                found.extend([rows[places[number]] for number in numbers])
        if self._by_words:
            words = text.split()
            for key in {*words, *map(" ".join, zip(words, words[1:]))}:
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


def _automaton(needles: Iterable[str]) -> Any:
    """Return an automaton over texts. Raises ImportError where the extra is not installed."""
    import ahocorasick_rs

    implementation = ahocorasick_rs.Implementation.ContiguousNFA
    return ahocorasick_rs.AhoCorasick(list(map(_readable, needles)), implementation=implementation)


def _readable(text: str) -> str:
    """Return a text that has UTF-8: half a surrogate pair has none."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_alone() -> bool:
    """Return whether this is the only thread of the application: then nobody waits for the interpreter."""
    me = threading.current_thread()
    others = [thread for thread in threading.enumerate() if thread is not me and not thread.name.startswith("arc-")]
    return not others and not me.name.startswith("arc-")


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
