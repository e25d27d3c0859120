"""What a lookup sees of a request: values read once, hashed once, whatever the number of segments."""

from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple

from arc_runtime.fixes.paths import Path, read
from arc_runtime.model import MISSING, Call
from arc_runtime.patterns.index.access import REQUEST_COARSE, REQUEST_HASH, access_value
from arc_runtime.patterns.index.deadline import Deadline
from arc_runtime.patterns.pattern import KEY_TYPES
from arc_runtime.patterns.segments.hashing import path_seed, value_hash
from arc_runtime.patterns.segments.records import Record


def key_hash(signature: Sequence[Path], key: Sequence[Any], seed: Callable[[Path], int]) -> int:
    """Return the hash of the values at the paths of a signature."""
    combined = 0
    for path, value in zip(signature, key):
        combined ^= value_hash(access_value(path, value), seed(path)) or 0
    return combined


def pinned_positions(record: Record) -> Tuple[int, ...]:
    """Return which conditions are those that the key stands for: one per path of the signature."""
    positions = []
    for number, path in enumerate(record.signature):
        values = {key[number] for key in record.keys}
        for position, (place, operator, operand) in enumerate(record.conditions):
            choices = operand if operator == "in" else [operand]
            if place == path and operator in ("==", "in") and _are_keys(choices) and set(choices) == values:
                positions.append(position)
                break
    return tuple(positions)


def _are_keys(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) in KEY_TYPES for value in values)


class Request:
    """One call while it is matched."""

    __slots__ = ("_hashes", "_seeds", "_stopped", "body", "call", "deadline", "facts", "now_s")

    def __init__(self, call: Call, facts: Any, seeds: Dict[Path, int], now_s: float, stopped: Dict[str, int]) -> None:
        self.call = call
        self.body: Mapping[str, Any] = call.body
        self.facts = facts
        self.now_s = now_s
        self.deadline = Deadline()
        self._stopped = stopped
        self._seeds = seeds
        self._hashes: Dict[Path, Optional[int]] = {}

    def value(self, path: Path) -> Any:
        """Return the value at a path of the body, or a derived fact."""
        key = path[0]
        if len(path) > 1:
            return read(self.body, path)
        if key[:1] == "$":  # type: ignore[index]  # a path begins with a key
            return self.facts[key]
        return self.body.get(key, MISSING)  # type: ignore[arg-type]  # as above

    def hash(self, path: Path) -> Optional[int]:
        """Return the hash of the value at a path, None where no equality can hold."""
        try:
            return self._hashes[path]
        except KeyError:
            pass
        value = self.value(path if path != REQUEST_HASH else (REQUEST_COARSE,))
        seed = self._seeds.get(path)
        if seed is None:
            seed = self._seeds[path] = path_seed(path)
        hashed = self._hashes[path] = value_hash(value, seed)
        return hashed

    def stop(self, stage: str) -> None:
        """Count that a search ended before its time."""
        self._stopped[stage] = self._stopped.get(stage, 0) + 1
