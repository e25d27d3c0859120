"""Finds the pattern of a segment whose prompt is most like that of a request."""

from bisect import bisect_left
from typing import Any, Dict, List, Optional, Sequence, Tuple

from arc_runtime.patterns.searches.words import estimate, likeness, sketch, text_of
from arc_runtime.patterns.segments.layout import Content
from arc_runtime.patterns.segments.requests import Request
from arc_runtime.patterns.segments.rows import AlikeView, Rows, RowView

MAX_BUCKET = 64
"""Prompts of one band that are looked at: texts that many patterns share lead nowhere."""
MAX_COMPARED = 8
"""Prompts that are compared word by word: the most promising ones."""
LEAST_ESTIMATE = 0.25
"""An estimate below it is no candidate: 0.35 below the default threshold, four deviations of 32 bins."""


class Alike:
    """The prompts of a segment."""

    def __init__(self, content: Content) -> None:
        columns = content.columns
        self._rows, self._sketches = columns["similar_rows"], columns["similar_sketches"]
        self._bands = [columns[f"similar_band{number}"] for number in range(content.facts["searches"]["bands"])]

    def __len__(self) -> int:
        return len(self._rows)

    def best(self, text: str, rows: Rows, holds: Any, request: Request) -> Optional[Tuple[float, RowView]]:
        """Return the most alike pattern that ``holds(row)``, with its likeness. What a budget ends is counted."""
        content, keys = sketch(text)
        estimates = self._estimates(content, keys, request)
        promising = sorted(estimates, key=lambda number: (-estimates[number], number))
        promising = [number for number in promising if estimates[number] >= LEAST_ESTIMATE]
        if len(promising) > MAX_COMPARED:
            request.stop("similar.compared")
        found: List[Tuple[float, int]] = []
        for number in promising[:MAX_COMPARED]:
            request.deadline.check("similar")
            row = self._rows[number]
            if holds(row):
                found.append((-likeness(text, _prompt(rows, row)), row))
        if not found:
            return None
        score, row = min(found)
        return -score, AlikeView(rows, row, -score)

    def _estimates(self, content: bytes, keys: Sequence[int], request: Request) -> Dict[int, float]:
        """Return how alike those prompts seem that share a band with a text."""
        estimates: Dict[int, float] = {}
        for band, key in zip(self._bands, keys):
            low = key << 24
            place = bisect_left(band, low)
            end = min(place + MAX_BUCKET, len(band))
            while place < end and band[place] >> 24 == key:
                number = band[place] & 0xFFFFFF
                if number not in estimates:
                    estimates[number] = estimate(content, self._sketches[number * 32 : number * 32 + 32].tobytes())
                place += 1
            if place == end < len(band) and band[place] >> 24 == key:
                request.stop("similar.bucket")
            request.deadline.check("similar")
        return estimates


def _prompt(rows: Rows, row: int) -> str:
    return next(text_of(c.operand) for c in rows.conditions(row) if c.operator == "similar")
