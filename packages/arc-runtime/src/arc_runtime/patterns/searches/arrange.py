"""Arranges the patterns of a segment that are found by a text or by likeness, while it is built."""

from array import array
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from arc_runtime.fixes.paths import Path
from arc_runtime.patterns.searches.words import sketch, text_of
from arc_runtime.patterns.segments.hashing import text_hash
from arc_runtime.patterns.segments.layout import Blobs, open_table
from arc_runtime.patterns.segments.records import Record

SHORTEST_NEEDLE = 4
"""Characters; what is shorter is in too many texts to find anything by it."""
SIMILAR = "similar"


class Needle(NamedTuple):
    """A text without which a pattern cannot hold, and where it is looked for."""

    path: Path
    text: str


def needle_of(record: Record) -> Optional[Needle]:
    """Return the longest text that a pattern asks for."""
    found = [Needle(path, text) for path, operator, operand in record.conditions for text in _texts(operator, operand)]
    found = [needle for needle in found if len(needle.text) >= SHORTEST_NEEDLE]
    return max(found, key=lambda needle: len(needle.text)) if found else None


def _texts(operator: str, operand: Any) -> List[str]:
    if operator in ("contains", "prefix", "suffix", "=="):
        return [operand] if isinstance(operand, str) else []
    if operator == "any" and isinstance(operand, dict):
        return [text for name, inner in operand.items() for text in _inner_texts(name, inner)]
    return []


def _inner_texts(name: str, inner: Any) -> List[str]:
    if isinstance(inner, dict):
        return [text for operator, operand in inner.items() for text in _texts(operator, operand)]
    return _texts(name, inner)


def word_key(needle: str) -> Optional[str]:
    """Return words inside a needle that stand between blanks wherever it occurs; None where it has too few."""
    words = needle.split()
    if len(words) < 3:
        return None
    return words[1] if len(words) == 3 else f"{words[1]} {words[2]}"


class Searches:
    """Rows that are found in another way than by their key."""

    def __init__(self) -> None:
        self._needles: Dict[Path, Tuple[array[int], Blobs]] = {}
        self._similar = array("I")
        self._sketches = bytearray()
        self._bands: List[array[int]] = []

    def take(self, row: int, record: Record) -> bool:
        """Take over a row that no key leads to; return whether it was one."""
        for path, operator, operand in record.conditions:
            if operator == SIMILAR and path == ("$prompt",):
                self._take_similar(row, text_of(operand))
                return True
        needle = None if record.signature else needle_of(record)
        if needle is None:
            return False
        rows, texts = self._needles.setdefault(needle.path, (array("I"), Blobs()))
        rows.append(row)
        texts.add(needle.text.encode("utf-8", "surrogatepass"))
        return True

    def _take_similar(self, row: int, text: str) -> None:
        content, keys = sketch(text)
        number = len(self._similar)
        self._similar.append(row)
        self._sketches += content
        self._bands = self._bands or [array("Q") for _ in keys]
        for band, key in zip(self._bands, keys):
            band.append(key << 24 | number)

    def build(self) -> Iterator[None]:
        """Sort the bands."""
        for number, band in enumerate(self._bands):
            self._bands[number] = array("Q", sorted(band))
            yield

    def columns(self) -> Dict[str, Any]:
        """Return their columns."""
        columns: Dict[str, Any] = {"similar_rows": self._similar, "similar_sketches": self._sketches}
        for number, band in enumerate(self._bands):
            columns[f"similar_band{number}"] = band
        for number, (rows, texts) in enumerate(self._needles.values()):
            columns[f"needle{number}_rows"] = rows
            columns.update(texts.columns(f"needle{number}"))
            keys, places, short = array("Q"), array("I"), array("I")
            for place in range(len(rows)):
                key = word_key(texts.get(place).decode("utf-8", "surrogatepass"))
                if key is None:
                    short.append(place)
                else:
                    keys.append(text_hash(key))
                    places.append(place + 1)
            columns[f"needle{number}_short"] = short
            columns[f"needle{number}_keys"], columns[f"needle{number}_values"] = open_table(keys, places)
        return columns

    def facts(self) -> Dict[str, Any]:
        """Return what the columns are."""
        return {"needles": list(self._needles), "similar": len(self._similar), "bands": len(self._bands)}
