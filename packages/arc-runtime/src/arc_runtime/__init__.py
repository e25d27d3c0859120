"""Intercepts LLM requests, fixes those that match a known failure, and reports what happened."""

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arc_runtime.arc import Arc
    from arc_runtime.model import Decision

__all__ = ["Arc", "Decision", "__version__"]
__version__ = "0.1.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    """Import the public classes on use (PEP 562): the ``arc`` command asks this package for one line of help only."""
    if name == "Arc":
        from arc_runtime.arc import Arc

        return Arc
    if name == "Decision":
        from arc_runtime.model import Decision

        return Decision
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
