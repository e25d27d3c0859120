"""The fake reader: says what it was told. For tests of everything above the readers."""

from arc_sim.causal.readers.base import Findings, Known
from arc_sim.causal.tree import Tree


class MemoryReader:
    """Returns fixed findings."""

    name = "memory"

    def __init__(self, findings: Findings | None = None) -> None:
        self._findings = findings or Findings()

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return the findings, whatever the tree holds."""
        return self._findings
