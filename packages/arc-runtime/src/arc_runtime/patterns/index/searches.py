"""Stages for patterns that no key leads to (being built): none yet."""

from typing import Any, Dict, Iterator

from arc_runtime.patterns.index.records import Record


class Searches:
    def take(self, row: int, record: Record) -> bool:
        return False

    def build(self) -> Iterator[None]:
        yield

    def columns(self) -> Dict[str, Any]:
        return {}

    def facts(self) -> Dict[str, Any]:
        return {}
