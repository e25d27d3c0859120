"""How much worse the diff makes the system under the fault, on a scale of 0 to 100, with a 95 % interval.

Per round: how much the fault costs at head, minus how much it costs at base (difference in differences), for the tail
latency as a log ratio and for the error rate as a difference. Rounds are independent, so the intervals are over rounds,
never over requests. Both go through one monotone map. Reasons of every constant: docs/decisions/0007-risk-score.md.
"""

from collections.abc import Sequence
from math import ceil, log, prod
from statistics import fmean

from arc_sim.errors import ProbeError
from arc_sim.model import ArmMetrics, Assessment, Condition, Curve, Estimate, Observation, Revision, Risk, Verdict
from arc_sim.risk.intervals import jeffreys, median_interval, signed_sum, t_interval, widest

CONFIDENCE = 0.95
"""Of every published interval; each of the score's two components gets half of the error (Bonferroni)."""

LATENCY_FLOOR_MS = 100.0
"""Added to every p95 before the log, so that 20 ms against 40 ms is not called a doubling: below 0.1 s people take an
answer as instantaneous (Miller 1968, Nielsen 1993)."""

DEFAULT_CURVE = Curve()

RESOLUTION_LOG = log(1.02)
"""Half width that the latency interval has at least: rounds that agree by chance do not measure finer than 2 %."""

_ARMS: tuple[tuple[Revision, Condition, int], ...] = (
    ("head", "fault", 1),
    ("head", "calm", -1),
    ("base", "fault", -1),
    ("base", "calm", 1),
)
"""Revision, condition, and the sign with which the arm enters the difference in differences."""


def assess(observations: Sequence[Observation], severity: float, curves: Sequence[Curve]) -> Assessment:
    """Return the risk of every experiment, by its scenario's curve, and of all together.

    Experiments are different bad days, and the risk of all is that of meeting at least one: with what each leaves of
    100 multiplied, a second bad day never makes the first one better. The load comes in where users do, so how much of
    the system a fault reaches is in what was measured. Several experiments share the 5 % of being wrong (Bonferroni).
    Raises ProbeError when fewer than two rounds have all four arms, each with at least one request.
    """
    share = 1 - (1 - CONFIDENCE) / max(1, len(curves))
    risks = tuple(
        assess_one([seen for seen in observations if _belongs(seen, number)], curve, share)
        for number, curve in enumerate(curves)
    )
    score = combine([risk.score for risk in risks])
    return Assessment(score, judge(score, severity), risks)


def combine(scores: Sequence[Estimate]) -> Estimate:
    """Return the risk of at least one of independent bad days; monotone in each."""
    ends = [
        100 * (1 - prod(1 - value / 100 for value in values))
        for values in ([s.value for s in scores], [s.low for s in scores], [s.high for s in scores])
    ]
    return _rounded(Estimate(*ends), 1)


def _belongs(seen: Observation, number: int) -> bool:
    return seen.cell.condition == "calm" or seen.cell.experiment == number


def assess_one(
    observations: Sequence[Observation], curve: Curve = DEFAULT_CURVE, confidence: float = CONFIDENCE
) -> Risk:
    """Return the risk that the observations of one experiment show.

    confidence: of the score's interval; those of the two effects always have 95 %.
    Raises ProbeError when fewer than two rounds have all four arms, each with at least one request.
    """
    rounds = _complete_rounds(observations)
    errors = [_error_rise(arms) for arms in rounds]
    score = _score(errors, rounds, curve, confidence)
    return Risk(
        score=score,
        latency_log_ratio=_rounded(_latency_estimate(rounds, CONFIDENCE), 4),
        error_rate_rise=_rounded(_error_estimate(errors, rounds, CONFIDENCE), 4),
        arms={
            f"{revision}_{condition}": _metrics(rounds, revision, condition) for revision, condition, _ in sorted(_ARMS)
        },
    )


def judge(score: Estimate, severity: float) -> Verdict:
    """Return the verdict: inconclusive when the interval has the severity inside."""
    if score.low >= severity:
        return "fail"
    return "pass" if score.high < severity else "inconclusive"


def harm_to_score(latency_log_ratio: float, error_rate_rise: float, curve: Curve = DEFAULT_CURVE) -> float:
    """Return the risk in [0, 100]; it never falls when one of the two harms grows."""
    latency = _share(latency_log_ratio, log(curve.latency_tolerated), log(curve.latency_critical))
    errors = _share(error_rate_rise, curve.errors_tolerated, curve.errors_critical)
    return 100 * (1 - (1 - latency) * (1 - errors))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that ``share`` of the values do not exceed (nearest rank); values must not be empty."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


_Round = dict[tuple[str, str], Observation]


def _complete_rounds(observations: Sequence[Observation]) -> list[_Round]:
    rounds: dict[int, _Round] = {}
    for seen in observations:
        if seen.latencies_ms:
            rounds.setdefault(seen.cell.round_index, {})[seen.cell.revision, seen.cell.condition] = seen
    complete = [arms for _, arms in sorted(rounds.items()) if len(arms) == len(_ARMS)]
    if len(complete) < 2:
        raise ProbeError(
            f"only {len(complete)} complete round(s) were measured; two are needed for an interval",
            hint="raise --timeout, or the load's rate_per_s in arc-sim.yaml",
        )
    return complete


def _head_to_base(arms: _Round, condition: Condition) -> float:
    return _log_p95(arms["head", condition]) - _log_p95(arms["base", condition])


def _log_p95(seen: Observation) -> float:
    return log(percentile(seen.latencies_ms, 0.95) + LATENCY_FLOOR_MS)


def _error_rise(arms: _Round) -> float:
    return sum(
        sign * arms[revision, condition].errors / len(arms[revision, condition].latencies_ms)
        for revision, condition, sign in _ARMS
    )


def _latency_estimate(rounds: Sequence[_Round], confidence: float) -> Estimate:
    """Return the rise of the tail under the fault, minus the rise that is there without it.

    Under the fault every round counts: an effect that comes and goes is one. Without it the typical round counts: a
    pause of the machine in one calm cell, many times its p95, says nothing about the diff.
    """
    fault = t_interval([_head_to_base(arms, "fault") for arms in rounds], confidence)
    calm = median_interval([_head_to_base(arms, "calm") for arms in rounds], confidence)
    seen = signed_sum([(1, fault), (-1, calm)])
    return widest(seen.value, seen, Estimate(seen.value, seen.value - RESOLUTION_LOG, seen.value + RESOLUTION_LOG))


def _error_estimate(errors: Sequence[float], rounds: Sequence[_Round], confidence: float) -> Estimate:
    """Return the wider of what the rounds say and what the counts allow: 0 of 150 is not never."""
    counted = signed_sum([(sign, _pooled(rounds, (rev, cond), confidence)) for rev, cond, sign in _ARMS])
    around = fmean(errors) - counted.value
    shifted = Estimate(counted.value + around, counted.low + around, counted.high + around)
    seen = t_interval(errors, confidence)
    hull = widest(seen.value, seen, shifted)
    return Estimate(hull.value, max(-2.0, hull.low), min(2.0, hull.high))


def _pooled(rounds: Sequence[_Round], arm: tuple[str, str], confidence: float) -> Estimate:
    failures = sum(arms[arm].errors for arms in rounds)
    trials = sum(len(arms[arm].latencies_ms) for arms in rounds)
    return jeffreys(failures, trials, confidence)


def _score(errors: Sequence[float], rounds: Sequence[_Round], curve: Curve, confidence: float) -> Estimate:
    each = 1 - (1 - confidence) / 2
    latency, error = _latency_estimate(rounds, each), _error_estimate(errors, rounds, each)
    ends = Estimate(
        harm_to_score(latency.value, error.value, curve),
        harm_to_score(latency.low, error.low, curve),
        harm_to_score(latency.high, error.high, curve),
    )
    return _rounded(ends, 1)


def _metrics(rounds: Sequence[_Round], revision: Revision, condition: Condition) -> ArmMetrics:
    cells = [arms[revision, condition] for arms in rounds]
    latencies = [value for seen in cells for value in seen.latencies_ms]
    return ArmMetrics(
        p50_ms=round(percentile(latencies, 0.5), 2),
        p95_ms=round(percentile(latencies, 0.95), 2),
        error_rate=round(sum(seen.errors for seen in cells) / len(latencies), 4),
        requests=len(latencies),
    )


def _share(value: float, tolerated: float, critical: float) -> float:
    return min(1.0, max(0.0, (value - tolerated) / (critical - tolerated)))


def _rounded(estimate: Estimate, digits: int) -> Estimate:
    return Estimate(round(estimate.value, digits), round(estimate.low, digits), round(estimate.high, digits))
