"""Confidence intervals: over rounds, and from counts."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from arc_sim.model import Estimate


def t_interval(values: Sequence[float], confidence: float) -> Estimate:
    """Return the mean of independent rounds with its t interval; at least two values."""
    from scipy.special import stdtrit  # slow to import, needed once per run

    value = fmean(values)
    if max(values) == min(values):
        return Estimate(value, value, value)
    n = len(values)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * stdev(values) / sqrt(n)
    return Estimate(value, value - half, value + half)


def jeffreys(failures: int, trials: int, confidence: float) -> Estimate:
    """Return a proportion with its Jeffreys interval: a lucky zero is not certain, and neither is an unlucky all.

    Source: Brown, Cai, DasGupta, Interval Estimation for a Binomial Proportion, Statistical Science 16 (2001).
    """
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    a, b = failures + 0.5, trials - failures + 0.5
    low = 0.0 if failures == 0 else float(betaincinv(a, b, tail))
    high = 1.0 if failures == trials else float(betaincinv(a, b, 1 - tail))
    return Estimate(failures / trials, low, high)


def signed_sum(parts: Sequence[tuple[int, Estimate]]) -> Estimate:
    """Return the sum of independent ``(sign, estimate)`` with its interval.

    Source: Donner and Zou, Closed-form confidence intervals for functions (MOVER), Stat. Methods Med. Res. 21 (2012).
    """
    value = sum(sign * part.value for sign, part in parts)
    below = above = 0.0
    for sign, part in parts:
        down, up = part.value - part.low, part.high - part.value
        below += (down if sign > 0 else up) ** 2
        above += (up if sign > 0 else down) ** 2
    return Estimate(value, value - sqrt(below), value + sqrt(above))


def widest(value: float, *others: Estimate) -> Estimate:
    """Return ``value`` inside the hull of the intervals."""
    return Estimate(value, min(value, *(e.low for e in others)), max(value, *(e.high for e in others)))
