"""A pattern as data: what goes into a file, and comes out of one.

A spool is a file of records that one process writes and a child of it reads, in the same Python; it is private and
lives for one build. What lasts is the segment (`layout`).
"""

import json
import marshal
from typing import Any, BinaryIO, Iterator, NamedTuple, Tuple

from arc_runtime.errors import PatternError
from arc_runtime.fixes.paths import Path

NEVER = float("inf")
"""The time at which a pattern expires that does not."""
NOTES = ("risk", "tags", "owner", "version", "source")
"""Fields of a pattern that are carried along and decide nothing about a match."""
Parts = Tuple[Path, str, Any]
"""Path, operator and operand of a condition."""


class Record(NamedTuple):
    """All that is known about one pattern, as plain values."""

    pattern_id: str
    priority: int
    order: int
    confidence: float
    expires_at_s: float
    names_operation: bool
    fix: str
    """JSON."""
    notes: str
    """JSON."""
    conditions: Tuple[Parts, ...]
    signature: Tuple[Path, ...]
    keys: Tuple[Tuple[Any, ...], ...]

    @property
    def rank(self) -> Tuple[int, int]:
        """``(-priority, order)``: the smallest goes first."""
        return (-self.priority, self.order)


def record_of(pattern: Any, order: int) -> Record:
    """Return a pattern as data. Raises PatternError when it was compiled from something else than data."""
    if pattern.fix_spec is None:
        raise PatternError(f"pattern {pattern.pattern_id!r}: made without its fix as data, so it cannot be stored")
    notes = {name: getattr(pattern, name) for name in NOTES if getattr(pattern, name, None)}
    return Record(
        pattern_id=pattern.pattern_id,
        priority=pattern.priority,
        order=order,
        confidence=pattern.confidence,
        expires_at_s=NEVER if pattern.expires_at_s is None else pattern.expires_at_s,
        names_operation=pattern.names_operation,
        fix=_json(pattern.fix_spec),
        notes=_json(notes) if notes else "{}",
        conditions=tuple((c.path, c.operator, c.operand) for c in pattern.conditions),
        signature=pattern.signature,
        keys=pattern.keys,
    )


def is_live(pattern: Any, now_s: float) -> bool:
    """Return whether a pattern has not expired."""
    return pattern.expires_at_s is None or pattern.expires_at_s > now_s


def write_record(spool: BinaryIO, record: Record) -> None:
    """Append a record to a spool."""
    content = marshal.dumps(tuple(record), 2)
    spool.write(len(content).to_bytes(4, "little") + content)


def read_record(spool: memoryview, offset: int) -> Record:
    """Return the record that begins at ``offset``."""
    size = int.from_bytes(spool[offset : offset + 4], "little")
    return Record(*marshal.loads(spool[offset + 4 : offset + 4 + size]))


def record_offsets(spool: memoryview) -> Iterator[int]:
    """Return where each record begins."""
    offset = 0
    while offset < len(spool):
        yield offset
        offset += 4 + int.from_bytes(spool[offset : offset + 4], "little")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)
