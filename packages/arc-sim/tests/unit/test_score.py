"""The figures of risk/score.py on rounds that are written down by hand."""

import random

import pytest

from arc_sim.errors import ProbeError
from arc_sim.model import Cell, Curve, Estimate, Observation
from arc_sim.risk.intervals import jeffreys, median_interval, signed_sum, t_interval
from arc_sim.risk.score import DEFAULT_CURVE, assess, assess_one, combine, harm_to_score, judge, percentile

ARMS = (("base", "calm"), ("base", "fault"), ("head", "calm"), ("head", "fault"))


def seen(index, revision, condition, latency_ms, errors=0, requests=30):
    return Observation(Cell(index, revision, condition), (latency_ms,) * requests, errors)


def rounds(n, latency_ms, errors=None):
    """n equal rounds; ``{(revision, condition): ms}`` and ``{(revision, condition): failed requests}``."""
    errors = errors or {}
    return [
        seen(i, rev, cond, latency_ms[rev, cond], errors.get((rev, cond), 0)) for i in range(n) for rev, cond in ARMS
    ]


QUIET = {("base", "calm"): 5.0, ("base", "fault"): 260.0, ("head", "calm"): 5.0, ("head", "fault"): 260.0}


def assess_all(observations, curves=(DEFAULT_CURVE,)):
    return assess(observations, 50, curves)


def test_equal_sides_are_no_risk_but_not_certain():
    risk = assess_all(rounds(5, QUIET))
    assert risk.score.value == 0.0
    assert risk.score.low == 0.0
    assert 0 < risk.score.high < 30  # nothing failed in 150 requests: that is not never
    assert risk.verdict == "pass"
    assert risk.risks[0].error_rate_rise.low < 0 < risk.risks[0].error_rate_rise.high


def test_every_request_failing_is_all_the_risk():
    latency = {**QUIET, ("head", "fault"): 205.0}
    risk = assess_all(rounds(5, latency, {("head", "fault"): 30}))
    assert risk.score == Estimate(100.0, 100.0, 100.0)
    assert risk.verdict == "fail"
    assert risk.risks[0].arms["head_fault"].error_rate == 1.0
    assert risk.risks[0].arms["base_fault"].p95_ms == 260.0


def test_errors_that_base_has_too_do_not_count():
    both = {("base", "fault"): 30, ("head", "fault"): 30}
    assert assess_all(rounds(5, QUIET, both)).score.value == 0.0


def test_a_tail_twice_as_slow_lies_between_tolerated_and_critical():
    doubled = {**QUIET, ("head", "fault"): 620.0}  # (620 + 100) / (260 + 100) = 2
    risk = assess_all(rounds(5, doubled))
    assert risk.risks[0].latency_log_ratio.value == pytest.approx(0.6931, abs=1e-3)
    assert risk.score.value == pytest.approx(53.7, abs=0.2)
    assert risk.score.low < 53 < risk.score.high


def test_noise_of_some_milliseconds_is_no_doubling():
    noisy = {**QUIET, ("base", "calm"): 40.0, ("head", "calm"): 20.0}
    assert assess_all(rounds(5, noisy)).score.value == 0.0


def test_one_pause_of_the_machine_without_a_fault_is_no_risk_and_no_doubt():
    observations = rounds(5, {**QUIET, ("head", "fault"): 262.0})
    observations[10] = seen(2, "head", "calm", 285.0)
    risk = assess_all(observations)
    assert risk.score.value == 0.0
    assert risk.verdict == "pass"


def test_rounds_that_disagree_straddle_the_severity():
    draw = random.Random(7)
    observations = []
    for i in range(5):
        for rev, cond in ARMS:
            failing = draw.choice((0, 12)) if (rev, cond) == ("head", "fault") else 0
            observations.append(seen(i, rev, cond, QUIET[rev, cond], failing))
    risk = assess_all(observations)
    assert risk.score.low < 50 <= risk.score.high
    assert risk.verdict == "inconclusive"


def test_experiments_share_the_calm_and_each_has_its_own_fault():
    second = [
        Observation(Cell(i, rev, "fault", 1), (260.0,) * 30, 30 if rev == "head" else 0)
        for i in range(5)
        for rev in ("base", "head")
    ]
    found = assess_all(rounds(5, QUIET) + second, (DEFAULT_CURVE, DEFAULT_CURVE))
    assert [risk.score.value for risk in found.risks] == [0.0, 100.0]
    assert (found.score.value, found.verdict, found.worst) == (100.0, "fail", 1)
    alone = assess_one(rounds(5, QUIET))
    assert found.risks[0].score.high >= alone.score.high  # two experiments share the chance of being wrong
    assert found.risks[0].error_rate_rise == alone.error_rate_rise


def test_two_bad_days_are_worse_than_one_and_never_better():
    assert combine([Estimate(50, 20, 80), Estimate(0, 0, 0)]) == Estimate(50, 20, 80)
    assert combine([Estimate(50, 20, 80), Estimate(50, 0, 50)]) == Estimate(75, 20, 90)
    assert combine([Estimate(100, 100, 100), Estimate(3, 0, 9)]) == Estimate(100, 100, 100)


def test_a_scenario_s_own_curve_is_used():
    doubled = {**QUIET, ("head", "fault"): 620.0}
    assert assess_all(rounds(5, doubled), (Curve(latency_tolerated=2.5, latency_critical=4),)).score.value == 0.0


def test_half_a_round_is_left_out_and_too_few_are_refused():
    observations = rounds(3, QUIET)
    assert assess_all(observations[:-1]).risks[0].arms["head_calm"].requests == 60
    with pytest.raises(ProbeError, match="only 1 complete round"):
        assess_all(observations[:4])
    with pytest.raises(ProbeError):
        assess_all([])


@pytest.mark.parametrize(
    ("score", "verdict"), [((50, 50, 60), "fail"), ((49.9, 40, 49.9), "pass"), ((50, 49.9, 50), "inconclusive")]
)
def test_verdict_at_the_edges(score, verdict):
    assert judge(Estimate(*score), 50) == verdict


def test_percentile_is_the_nearest_rank():
    assert percentile([5.0], 0.95) == 5.0
    assert percentile(list(map(float, range(1, 101))), 0.95) == 95.0
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0


def test_known_intervals():
    known = t_interval([1.0, 2.0, 3.0, 4.0, 5.0], 0.95)  # 3 +- 2.776 * 1.5811 / sqrt(5)
    assert (known.low, known.high) == pytest.approx((1.0368, 4.9632), abs=1e-3)
    assert t_interval([2.0, 2.0], 0.95) == Estimate(2.0, 2.0, 2.0)
    wild = median_interval([1.0, 2.0, 3.0, 4.0, 500.0], 0.95)  # MAD 1: 3 +- 2.776 * 1.2533 * 1.206 * 1.4826 / sqrt(5)
    assert (wild.value, wild.high) == (3.0, pytest.approx(5.782, abs=1e-3))
    low = jeffreys(0, 20, 0.95)  # Brown, Cai, DasGupta: with 0 of 20 the upper end is 0.117
    assert (low.low, low.high) == (0.0, pytest.approx(0.1173, abs=1e-3))
    assert jeffreys(20, 20, 0.95).high == 1.0
    sum_of = signed_sum([(1, Estimate(0.5, 0.4, 0.7)), (-1, Estimate(0.2, 0.1, 0.3))])
    assert sum_of.value == pytest.approx(0.3)
    assert sum_of.low == pytest.approx(0.3 - (0.1**2 + 0.1**2) ** 0.5)
    assert sum_of.high == pytest.approx(0.3 + (0.2**2 + 0.1**2) ** 0.5)


def test_the_interval_covers_no_effect_as_often_as_it_says():
    """400 experiments at no effect, 10 % noise between rounds and 2 % failing requests on all arms."""
    draw = random.Random(20)
    covered = alarms = 0
    for _ in range(400):
        observations = [
            Observation(
                Cell(i, rev, cond),
                (QUIET[rev, cond] * draw.lognormvariate(0, 0.1),) * 30,
                sum(draw.random() < 0.02 for _ in range(30)),
            )
            for i in range(5)
            for rev, cond in ARMS
        ]
        risk = assess_all(observations)
        covered += risk.risks[0].latency_log_ratio.low <= 0 <= risk.risks[0].latency_log_ratio.high
        alarms += risk.score.value >= 50
    assert covered >= 0.92 * 400
    assert alarms <= 0.02 * 400


def test_harm_map_at_its_corners():
    assert harm_to_score(-5, -1) == 0
    assert harm_to_score(0, 0.25) == 100
    assert harm_to_score(2, 0) == 100
    assert harm_to_score(0, 0.13) == pytest.approx(50)
