"""The values that the steps of a simulation exchange. Plain frozen data, no I/O.

``Diff -> Graph (base, head) -> Impact -> Plan -> [Observation per cell] -> Risk -> result``
"""

from arc_sim.model.diff import Diff, FileChange, Hunk
from arc_sim.model.graph import Channel, Edge, Graph, Location, Resilience, ResilienceKind, Service, Setting
from arc_sim.model.impact import EdgeChange, Impact, Reach
from arc_sim.model.plan import (
    Cell,
    Condition,
    Curve,
    Evidence,
    Experiment,
    Fault,
    LoadSpec,
    Observation,
    Plan,
    Revision,
    Scenario,
    StartSpec,
    Verdict,
)
from arc_sim.model.result import ArmMetrics, Assessment, Estimate, Risk

__all__ = [
    "ArmMetrics",
    "Assessment",
    "Cell",
    "Channel",
    "Condition",
    "Curve",
    "Diff",
    "Edge",
    "EdgeChange",
    "Estimate",
    "Evidence",
    "Experiment",
    "Fault",
    "FileChange",
    "Graph",
    "Hunk",
    "Impact",
    "LoadSpec",
    "Location",
    "Observation",
    "Plan",
    "Reach",
    "Resilience",
    "ResilienceKind",
    "Revision",
    "Risk",
    "Scenario",
    "Service",
    "Setting",
    "StartSpec",
    "Verdict",
]
