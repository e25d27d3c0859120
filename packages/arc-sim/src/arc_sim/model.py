"""The values that the steps of a simulation exchange. Plain frozen data, no I/O.

``Diff -> Graph (base, head) -> Impact -> Plan -> [Observation per cell] -> Risk -> result``
"""

from dataclasses import dataclass, field, fields
from typing import Literal

Revision = Literal["base", "head"]
"""The two sides of the diff."""

Condition = Literal["calm", "fault"]
"""Without and with the injected fault."""

Evidence = Literal["none", "process", "cluster", "model"]
"""What was measured: nothing had to run, real processes, a real cluster, or stand-ins shaped by the graph."""

Verdict = Literal["pass", "fail", "inconclusive"]
"""Risk against severity; inconclusive when the interval straddles it."""


# --- the diff -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hunk:
    """One changed block; line numbers are 1-based, as in a unified diff."""

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int


@dataclass(frozen=True)
class FileChange:
    """One changed file. Paths are relative to the repository, with forward slashes."""

    path: str
    """Path at head; for a deleted file its path at base."""
    status: Literal["added", "modified", "deleted", "renamed", "copied", "type_changed"]
    old_path: str | None = None
    """Path at base, when it differs."""
    hunks: tuple[Hunk, ...] = ()
    binary: bool = False
    old_id: str | None = None
    """Object name of the content at base; None when there was none or the diff does not say."""
    new_id: str | None = None
    """The same at head; ``sha256:`` + digest of the file's part of the patch when the diff came as a patch."""
    old_mode: str | None = None
    """Git's mode at base, for example ``100644``, or ``160000`` for a submodule."""
    new_mode: str | None = None
    """The same at head."""


@dataclass(frozen=True)
class Diff:
    """What changed between two commits."""

    base_commit: str
    """Full object name, or empty when the diff came from a file that does not say."""
    head_commit: str
    files: tuple[FileChange, ...]
    diff_hash: str
    """``sha256:`` + 64 hex digits over canonical JSON without the timestamp."""
    timestamp: str
    """ISO 8601, UTC: when the diff was taken."""


# --- the service graph ----------------------------------------------------------------------------------------


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


@dataclass(frozen=True)
class EdgeChange:
    """What the diff did to one edge."""

    source: str
    target: str
    what: Literal["added", "removed", "timeout_ms", "retries", "fallback"]
    before: float | None
    """The setting at base; None when it was not set. 1.0 / None for a fallback that was / was not there."""
    after: float | None
    """The same at head."""
    location: Location | None
    """The place at head, or at base when head no longer has it."""


@dataclass(frozen=True)
class Reach:
    """How a change reaches a service."""

    path: tuple[str, ...]
    """From the service down to the changed one."""
    weight: float
    """In (0, 1]: confidence of the edges on the way, less for every further hop and every fallback."""


@dataclass(frozen=True)
class Impact:
    """Which services a diff touches, and why."""

    direct: tuple[str, ...]
    """Sorted."""
    upstream: tuple[str, ...]
    """Callers of the direct ones up to the entries, without the direct ones. Sorted."""
    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """``{service: (one line per reason, ...)}``."""
    async_consumers: tuple[str, ...] = ()
    """Services that take messages which the direct ones send, or from a broker among them. Sorted."""
    reach: dict[str, Reach] = field(default_factory=dict)
    """The strongest way from each upstream service to a direct one."""


@dataclass(frozen=True)
class StartSpec:
    """How one service is started, as the repository's own files say."""

    service: str
    command: tuple[str, ...]
    """Argument vector, run in ``cwd``."""
    cwd: str
    """Relative to the worktree."""
    env: tuple[tuple[str, str], ...] = ()
    """May hold ``${PORT}``, ``${ADDRESS:service}`` (host:port) and ``${URL:service}`` (http://host:port)."""
    port_env: str | None = None
    """The variable that tells the service on which port to listen."""
    ready_path: str | None = None
    """HTTP path that answers below 500 once ready; None: an accepted TCP connection; unused without a port."""
    ready_timeout_s: float = 20.0


# --- the experiment -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoadSpec:
    """Open-loop load on the entry service."""

    service: str
    """The entry service."""
    method: str = "GET"
    path: str = "/"
    body: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    rate_per_s: float = 20.0
    duration_s: float = 1.5
    """Measured part of one cell."""
    warm_up_s: float = 0.3
    """Sent first, not counted."""
    timeout_s: float = 5.0
    """A request that takes longer counts as an error at this latency."""


@dataclass(frozen=True)
class Fault:
    """What to inject, and on which edges. Injectors say which kinds they support; each kind reads some amounts."""

    kind: str
    """For example ``latency``."""
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    distribution: Literal["uniform", "normal", "pareto"] = "uniform"
    """Of the jitter."""
    share: float = 1.0
    """Of the exchanges, or of the packets, that are hit. In (0, 1]."""
    rate_kbit_per_s: float = 0.0
    status: int = 0
    """HTTP status that callers get in place of an answer."""
    grpc_status: int = 14
    """The same for gRPC callers; 14 is UNAVAILABLE."""
    retry_after_s: float = 0.0
    """Sent as Retry-After when it is not zero."""
    body: str = ""
    """Of that answer: JSON."""
    after_bytes: int = 0
    """So much of an answer's body arrives before it is cut or broken."""

    @property
    def amounts(self) -> dict[str, object]:
        """What is set, for manifests and journals: every field but the kind that differs from its default."""
        rest = [item for item in fields(self) if item.name != "kind"]
        return {item.name: getattr(self, item.name) for item in rest if getattr(self, item.name) != item.default}


@dataclass(frozen=True)
class Curve:
    """From harm to risk: what is tolerated counts nothing, what is critical is a risk of 100 by itself."""

    latency_tolerated: float = 1.25
    """Head's tail may suffer from the fault so many times as much as base's; a quarter is Kayenta's tolerance band."""
    latency_critical: float = 3.0
    """Timeouts are commonly set at two to three times the tail, so callers begin to give up there."""
    errors_tolerated: float = 0.01
    """One request in a hundred more: the whole error budget of a 99 % objective."""
    errors_critical: float = 0.25
    """One request in four more that fails."""


@dataclass(frozen=True)
class Scenario:
    """A named fault with what it means."""

    scenario_id: str
    summary: str
    fault: Fault
    meaning: str = ""
    """What it is like in production, and what it finds."""
    protocols: tuple[str, ...] = ()
    """Only edges of these protocols can have it; empty: all can."""
    curve: Curve = Curve()


@dataclass(frozen=True)
class Experiment:
    """One fault on one set of edges. All experiments of a run share its calm cells."""

    scenario: Scenario
    targets: tuple[tuple[str, str], ...]
    """The edges (source, target) that get the fault together, by head's names. Sorted."""


@dataclass(frozen=True)
class Cell:
    """One measurement of the 2x2 design."""

    round_index: int
    revision: Revision
    condition: Condition
    experiment: int = 0
    """Which of the plan's experiments; a calm cell belongs to all of them and says 0."""


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before something starts. Drawn from the seed."""

    sim_id: str
    experiments: tuple[Experiment, ...]
    """At least one."""
    seed: int
    rounds: int
    cells: tuple[Cell, ...]
    """In the order in which they are measured: two calm ones per round and two per experiment, shuffled inside it."""
    load: LoadSpec
    manifest: str
    """The faults as Chaos Mesh YAML, for those who run it themselves."""
    manifest_hash: str
    """``sha256:`` + 64 hex digits over the manifest's bytes."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Edges that could have had a fault of their own, and that there was no time for."""

    @property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Every edge that some experiment faults. Sorted."""
        return tuple(sorted({edge for experiment in self.experiments for edge in experiment.targets}))


@dataclass(frozen=True)
class Observation:
    """What one cell measured."""

    cell: Cell
    latencies_ms: tuple[float, ...]
    """One per request, in the order of sending, from the *intended* send time; timeouts at the timeout's value."""
    errors: int
    """Requests that failed: refused, timed out, or answered with 5xx."""
    error_kinds: dict[str, int] = field(default_factory=dict)
    """``{"http_503": 3, "timeout": 1}``."""
    started_s: float = 0.0
    """Monotonic, relative to the start of the run."""
    died: str = ""
    """Which service ended meanwhile, and how; empty when all went on. Then every request counts as failed."""


# --- the result -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """A point estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ArmMetrics:
    """Aggregate over all rounds of one of the four arms."""

    p50_ms: float
    p95_ms: float
    error_rate: float
    """In [0, 1]."""
    requests: int


@dataclass(frozen=True)
class Risk:
    """How much worse the diff makes the system under the fault."""

    score: Estimate
    """In [0, 100]."""
    latency_log_ratio: Estimate
    """Difference in differences of ln(p95 fault / p95 calm), head minus base."""
    error_rate_rise: Estimate
    """Difference in differences of (error rate fault - calm), head minus base, in [-2, 2]."""
    arms: dict[str, ArmMetrics]
    """``{"base_calm": ..., "base_fault": ..., "head_calm": ..., "head_fault": ...}``."""


@dataclass(frozen=True)
class Assessment:
    """What all experiments of a run say together."""

    score: Estimate
    """In [0, 100]."""
    verdict: Verdict
    risks: tuple[Risk, ...]
    """One for each of the plan's experiments, in its order."""

    @property
    def worst(self) -> int:
        """The number of the experiment with the highest risk; the first of equals."""
        scores = [risk.score.value for risk in self.risks]
        return scores.index(max(scores))
