"""The service graph of a revision, and what a diff does to it."""

from arc_sim.causal.build import derive

__all__ = ["derive"]
