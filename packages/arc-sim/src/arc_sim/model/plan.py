"""The experiment: what is started, which faults, in which order, under which load, and what was seen."""

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
