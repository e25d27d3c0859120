"""Finds the patterns that a request matches, whatever their number: tables in memory, segments in columns."""

from arc_runtime.patterns.index.snapshot import PatternIndex
from arc_runtime.patterns.index.tables import MAX_MATCHES, MAX_UNPINNED

__all__ = ["MAX_MATCHES", "MAX_UNPINNED", "PatternIndex"]
