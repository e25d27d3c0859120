"""What a source of the service graph is: one file per source, one contract for all.

A reader looks at files only. It never runs, imports or expands anything of the repository, reads no file twice the
size limit, and turns whatever it cannot read into one warning with the path.
"""

from dataclasses import dataclass
from typing import Protocol

from arc_sim.causal.tree import Tree
from arc_sim.model import Channel, Edge, Location, Resilience, Service


@dataclass(frozen=True)
class Variable:
    """An environment variable that a manifest gives to a service."""

    service: str
    name: str
    value: str
    location: Location


@dataclass(frozen=True)
class Rule:
    """A resilience setting for all edges that match, such as a default in a configuration file."""

    source: str
    """A service, or ``*`` for every one."""
    target: str
    """A service, or ``*`` for whatever the source depends on synchronously."""
    setting: Resilience
    protocols: tuple[str, ...] = ()
    """Limits ``*`` as the target to edges with one of these; empty for all."""
    without: tuple[str, ...] = ()
    """Services that ``*`` as the target leaves out: registries, configuration servers."""


@dataclass(frozen=True)
class Findings:
    """What one reader found. Names are as the source has them; the merge brings them together."""

    services: tuple[Service, ...] = ()
    edges: tuple[Edge, ...] = ()
    variables: tuple[Variable, ...] = ()
    warnings: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    """A broker is any of its names. Channels of the same name and broker become one."""
    rules: tuple[Rule, ...] = ()
    """They add to edges that are found otherwise, and make none."""


@dataclass(frozen=True)
class Known:
    """What the readers before found, merged: names that code and configuration can refer to."""

    services: tuple[Service, ...] = ()
    variables: tuple[Variable, ...] = ()


class Reader(Protocol):
    """One source."""

    name: str
    """Short, unique: agreement of different readers raises the confidence of an edge."""

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return what this source says; never raises for what a file holds."""
