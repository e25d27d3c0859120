"""Predict what a git diff would break: run base and head under injected faults and compare."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arc_sim.api import analyze_diff, derive_causal, run_sim, serialize_diff

__version__ = "0.1.0"

__all__ = ["__version__", "analyze_diff", "derive_causal", "run_sim", "serialize_diff"]


def __getattr__(name: str) -> Any:
    """Import the functions on first use: ``import arc_sim`` stays cheap."""
    if name in __all__:
        from arc_sim import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
