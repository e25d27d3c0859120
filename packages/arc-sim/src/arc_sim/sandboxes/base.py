"""Where services run. A sandbox starts one revision at a time and hands back what is running.

Adding one: a file here, a line in ``sandboxes/__init__.py``, a parameter in tests/contract/test_sandboxes.py.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from arc_common.undo import Undo
from arc_sim.model import Edge, Evidence, Graph, Revision, StartSpec

__all__ = ["Deployment", "Running", "Sandbox", "StartSpec"]


@dataclass(frozen=True)
class Deployment:
    """What has to run for one revision."""

    revision: Revision
    commit: str
    worktree: Path
    graph: Graph
    starts: tuple[StartSpec, ...]
    """Services without one are stand-ins."""
    scope: tuple[str, ...]
    """The services to run: the affected ones, those on the way from the entry, and all they depend on."""
    entry: str


class Running(Protocol):
    """One revision that is up."""

    revision: Revision
    evidence: Evidence
    """``process`` when every service in scope is real, ``model`` when one is a stand-in."""
    stand_ins: tuple[str, ...]
    """Services that are not real. Sorted."""
    entry_address: tuple[str, int]
    """Host and port of the entry service."""
    notes: tuple[str, ...]
    """What is not isolated, redirected or real here, one line each, for the result."""

    def proxied_edges(self) -> tuple[Edge, ...]:
        """Return the edges on which a fault can be injected."""

    def log_tail(self, service: str, lines: int = 20) -> str:
        """Return the last lines that a service printed, empty for a stand-in."""

    def check_alive(self) -> None:
        """Raise SandboxError with the service and its last log lines when one has died."""


class Sandbox(Protocol):
    """A place to run revisions in."""

    name: str

    def preflight(self) -> None:
        """Raise NotAvailable with what is missing and how to get it; starts nothing."""

    def up(self, deployment: Deployment) -> tuple[Running, Undo]:
        """Start everything and wait until it is ready. On failure nothing is left behind.

        Raises StartTimeout or SandboxError with the service and its last log lines.
        """

    def close(self) -> None:
        """End all that ``up`` started and that still runs, even where an interruption lost its way back."""
