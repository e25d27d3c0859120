"""The published shapes: JSON Schemas (draft 2020-12) as files, and the same as types for Python programs."""

from arc_common.schemas.loading import SCHEMAS, load
from arc_common.schemas.pattern_pack import GoldenRequest, PatternEntry, PatternPack
from arc_common.schemas.simulation_result import (
    Affected,
    Arm,
    Arms,
    EdgeChange,
    Estimate,
    Evidence,
    Experiment,
    Metrics,
    SimulationResult,
    Target,
    Verdict,
)

__all__ = [
    "SCHEMAS",
    "Affected",
    "Arm",
    "Arms",
    "EdgeChange",
    "Estimate",
    "Evidence",
    "Experiment",
    "GoldenRequest",
    "Metrics",
    "PatternEntry",
    "PatternPack",
    "SimulationResult",
    "Target",
    "Verdict",
    "load",
]
