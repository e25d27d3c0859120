"""The service graph: services, what they depend on, and with which settings."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Location:
    """A place in the repository that says so."""

    path: str
    line: int
    """1-based."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Setting:
    """A resilience setting with the place that sets it."""

    value: float
    """In the unit that the field's name says."""
    location: Location


ResilienceKind = Literal["timeout", "retries", "circuit_breaker", "fallback", "pool"]
"""What a resilience setting is about."""


@dataclass(frozen=True)
class Resilience:
    """One thing that the code or configuration does about a target that is slow or failing, where it says so."""

    kind: ResilienceKind
    location: Location
    value: float | None = None
    """In ``unit``; None when the place names no number (library defaults), or retries never end (see ``detail``)."""
    unit: Literal["", "ms", "attempts", "connections", "ratio"] = ""
    """Milliseconds for timeouts, extra attempts for retries, connections (or threads) for pools."""
    phase: Literal["total", "connect", "read", "per_try", "idle", "delay", ""] = ""
    """What the value limits: the whole call, connecting, waiting for data, one attempt, idling, the pause between."""
    detail: str = ""
    """Short: the mechanism (``resilience4j``, ``async.retry``), ``forever`` for retries without end."""


@dataclass(frozen=True)
class Service:
    """One deployable unit."""

    name: str
    kind: Literal["service", "database", "cache", "broker", "external"] = "service"
    aliases: tuple[str, ...] = ()
    """Other names: host names, directory, Kubernetes object names. Sorted."""
    paths: tuple[str, ...] = ()
    """Directories or files that it is built from, relative to the repository. Sorted."""
    language: str | None = None
    image: str | None = None
    command: tuple[str, ...] = ()
    """How to start it, when the repository says so."""
    port: int | None = None
    """The port on which it listens, when known."""
    env: tuple[tuple[str, str], ...] = ()
    """Environment that the manifests give it, sorted by name."""


@dataclass(frozen=True)
class Edge:
    """``source`` depends on ``target``: a caller on its callee, a producer and a consumer on their broker."""

    source: str
    target: str
    protocol: str = "tcp"
    """``http``, ``grpc``, ``tcp``, ``redis``, ``postgres``, ``amqp``, ..."""
    sync: bool = True
    confidence: float = 1.0
    """In (0, 1]; grows with agreeing evidence."""
    evidence: tuple[Location, ...] = ()
    timeout_ms: Setting | None = None
    retries: Setting | None = None
    """Extra attempts after the first."""
    fallback: Location | None = None
    """Where a failure of the target is caught and answered without it."""
    address_env: str | None = None
    """The source's environment variable that holds the target's address, when there is one."""
    resilience: tuple[Resilience, ...] = ()
    """All that is known, sorted by kind and place; ``timeout_ms``, ``retries``, ``fallback`` are the deciding ones."""

    @property
    def key(self) -> tuple[str, str]:
        """``(source, target)``: at most one edge for each."""
        return (self.source, self.target)


@dataclass(frozen=True)
class Channel:
    """A topic, queue, list or stream that joins producers and consumers, who all depend on its broker."""

    name: str
    """As the code has it, or the variable or class that names it."""
    broker: str | None = None
    """The service that carries it; None when it is not part of the repository."""
    kind: Literal["topic", "queue", "stream", "list"] = "topic"
    producers: tuple[str, ...] = ()
    """Sorted."""
    consumers: tuple[str, ...] = ()
    """Sorted."""
    evidence: tuple[Location, ...] = ()


@dataclass(frozen=True)
class Graph:
    """Services and what they depend on, at one revision."""

    services: tuple[Service, ...]
    """Sorted by name."""
    edges: tuple[Edge, ...]
    """Sorted by key."""
    warnings: tuple[str, ...] = ()
    """What could not be read, one line each, with its path."""
    channels: tuple[Channel, ...] = ()
    """Sorted by broker and name."""

    def service(self, name: str) -> Service | None:
        """Return the service of that name or alias."""
        for service in self.services:
            if service.name == name or name in service.aliases:
                return service
        return None

    def outgoing(self, name: str) -> tuple[Edge, ...]:
        """Return the edges on which ``name`` depends."""
        return tuple(edge for edge in self.edges if edge.source == name)

    def incoming(self, name: str) -> tuple[Edge, ...]:
        """Return the edges of those that depend on ``name``."""
        return tuple(edge for edge in self.edges if edge.target == name)
