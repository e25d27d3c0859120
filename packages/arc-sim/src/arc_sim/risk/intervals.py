"""Confidence intervals: over rounds, and from counts."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, median, stdev

from arc_sim.model import Estimate

_SMALL_SAMPLE = {2: 1.196, 3: 1.495, 4: 1.363, 5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107}
"""Makes the median absolute deviation of n values unbiased; ``n / (n - 0.8)`` beyond."""


def t_interval(values: Sequence[float], confidence: float) -> Estimate:
    """Return the mean of independent rounds with its t interval; at least two values."""
    from scipy.special import stdtrit  # slow to import, needed once per run

    value = fmean(values)
    if max(values) == min(values):
        return Estimate(value, value, value)
    n = len(values)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * stdev(values) / sqrt(n)
    return Estimate(value, value - half, value + half)


def median_interval(values: Sequence[float], confidence: float) -> Estimate:
    """Return the median of independent rounds with an interval that one wild round cannot stretch.

    The spread is the median absolute deviation, scaled to a normal's standard deviation (1.4826 and a factor for few
    values: Croux and Rousseeuw, COMPSTAT 1992); the median's standard error is 1.2533 times the mean's.
    """
    from scipy.special import stdtrit

    value = median(values)
    n = len(values)
    spread = _SMALL_SAMPLE.get(n, n / (n - 0.8)) * 1.4826 * median([abs(each - value) for each in values])
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * 1.2533 * spread / sqrt(n)
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
