"""The simulation result as types; ``simulation_result.v1.schema.json`` says the same with every range."""

from typing import Dict, List, Literal, Optional, TypedDict

Evidence = Literal["none", "process", "cluster", "model"]
"""What was measured: nothing had to run, processes, a cluster, or stand-ins shaped by the graph."""

Verdict = Literal["pass", "fail", "inconclusive"]
"""Risk against severity; inconclusive when the interval straddles it."""


class Estimate(TypedDict):
    """A point estimate with its 95 % interval."""

    value: float
    low: float
    high: float


class Arm(TypedDict):
    """Aggregate over all rounds of one arm; ``error_rate`` in [0, 1]."""

    p50_ms: float
    p95_ms: float
    error_rate: float
    requests: int


class Arms(TypedDict):
    """Both sides of the diff, each without and with the fault."""

    base_calm: Arm
    base_fault: Arm
    head_calm: Arm
    head_fault: Arm


class _PlanMetrics(TypedDict):
    latency_ms: Optional[float]
    error_rate: Optional[float]


class Metrics(_PlanMetrics, total=False):
    """Head under the fault: p95 and share of failures; both None exactly when nothing ran."""

    arms: Arms


class Affected(TypedDict):
    """Which services the diff touches, who calls them, and why: ``{service: [reason, ...]}``."""

    direct: List[str]
    upstream: List[str]
    reasons: Dict[str, List[str]]


class Target(TypedDict):
    """A faulted edge: ``source`` depends on ``target``."""

    source: str
    target: str


class EdgeChange(TypedDict):
    """What the diff did to one edge; ``location`` is ``path:line``."""

    source: str
    target: str
    what: Literal["added", "removed", "timeout_ms", "retries", "fallback"]
    before: Optional[float]
    after: Optional[float]
    location: Optional[str]


class Experiment(TypedDict):
    """One 2x2 experiment; those of a run share the calm arms."""

    scenario: str
    targets: List[Target]
    risk_score: float
    risk_interval: List[float]
    rounds: int
    rate_per_s: float
    stand_ins: List[str]
    real: List[str]
    arms: Arms
    latency_log_ratio: Estimate
    error_rate_rise: Estimate
    edge_changes: List[EdgeChange]


class SimulationResult(TypedDict):
    """What one run of ``arc sim`` found. ``risk_interval`` is ``[low, high]``; scores are in [0, 100]."""

    schema_version: str
    sim_id: str
    risk_score: float
    risk_interval: List[float]
    verdict: Verdict
    severity: int
    evidence: Evidence
    scenario: str
    seed: int
    services: List[str]
    affected: Affected
    metrics: Metrics
    explanation: str
    experiments: List[Experiment]
    warnings: List[str]
    manifest_hash: str
    commit_target: str
    diff_hash: str
    timestamp: str
    duration_s: float
