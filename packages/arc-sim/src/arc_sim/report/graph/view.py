"""What a picture of a graph shows: the graph, what a diff affects in it, and words that are safe to print."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from arc_sim.causal.merging.systems import systems
from arc_sim.model import Edge, Graph, Impact, Resilience, Service

Mark = Literal["", "changed", "upstream", "async"]
"""How a diff concerns a service or edge: it changes it, it waits for one that changes, it takes its messages."""


TAGS: dict[Mark, str] = {"changed": "changed", "upstream": "calls it", "async": "takes its messages"}
"""What a mark says in words."""

LANGUAGES = {"c_sharp": "C#", "cpp": "C++", "javascript": "JavaScript", "php": "PHP", "typescript": "TypeScript",
             "tsx": "TypeScript"}  # fmt: skip
"""How languages are written, where that is not the name with a capital."""


@dataclass(frozen=True)
class View:
    """A graph, with what a diff affects when there is one."""

    graph: Graph
    title: str = "services"
    impact: Impact | None = None
    systems: tuple[tuple[str, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Find the systems."""
        object.__setattr__(self, "systems", systems(self.graph))

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """How the diff concerns each service that it concerns."""
        found: dict[str, Mark] = {}
        if self.impact is not None:
            found.update(dict.fromkeys(self.impact.async_consumers, "async"))
            found.update(dict.fromkeys(self.impact.upstream, "upstream"))
            found.update(dict.fromkeys(self.impact.direct, "changed"))
        return found

    @cached_property
    def numbers(self) -> dict[tuple[str, str], int]:
        """The place of each edge in the graph, by its key."""
        return {edge.key: index for index, edge in enumerate(self.graph.edges)}

    @cached_property
    def beside(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """What each service depends on, and what depends on it."""
        out: dict[str, list[str]] = {}
        into: dict[str, list[str]] = {}
        for edge in self.graph.edges:
            out.setdefault(edge.source, []).append(edge.target)
            into.setdefault(edge.target, []).append(edge.source)
        return out, into

    def mark_of(self, edge: Edge) -> Mark:
        """Return how the diff concerns an edge: the ways from a change up to its callers, and out to its consumers."""
        source, target = self.marks.get(edge.source, ""), self.marks.get(edge.target, "")
        if edge.sync and source in ("upstream", "changed") and target in ("upstream", "changed"):
            return "upstream"
        return "async" if not edge.sync and source == "async" and self._sends(edge.target) else ""

    def _sends(self, broker: str) -> bool:
        """Tell whether a changed service is the broker or sends to it."""
        return any(self.marks.get(name) == "changed" for name in (broker, *self.beside[1].get(broker, ())))


def printable(text: str) -> str:
    """Return text of a repository on one line, without what a terminal, a browser or XML would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def caption(service: Service) -> str:
    """Return what a service is, in a few words."""
    language = LANGUAGES.get(service.language or "", (service.language or "").capitalize())
    words = [service.kind if service.kind != "service" else "", language]
    return " · ".join(filter(None, words)) or "service"


def amount(setting: Resilience) -> str:
    """Return a setting's value with its unit."""
    if setting.value is None:
        return ""
    return duration(setting.value) if setting.unit == "ms" else f"{setting.value:g} {setting.unit}".strip()


def duration(value_ms: float) -> str:
    """Return a duration as people write it."""
    return f"{value_ms / 1000:g} s" if value_ms >= 1000 else f"{value_ms:g} ms"


def settings(edge: Edge) -> str:
    """Return the timeout and the retries that decide, in a few words."""
    words = [duration(edge.timeout_ms.value)] if edge.timeout_ms else []
    words += [f"{edge.retries.value:g}×"] if edge.retries and edge.retries.value else []
    return " ".join(words)
