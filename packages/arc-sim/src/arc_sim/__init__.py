"""Predict what a git diff would break: run base and head under injected faults and compare."""

__version__ = "0.1.0"
