"""Intercepts LLM requests, fixes those that match a known failure, and reports what happened."""

import logging

from arc_runtime.arc import Arc
from arc_runtime.model import Decision

__all__ = ["Arc", "Decision", "__version__"]
__version__ = "0.1.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())
