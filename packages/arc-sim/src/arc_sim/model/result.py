"""What the observations say."""

from dataclasses import dataclass

from arc_sim.model.plan import Verdict


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
