"""What must hold for any rounds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from arc_sim.model import Cell, Observation
from arc_sim.risk.score import assess_one, harm_to_score

ARMS = (("base", "calm"), ("base", "fault"), ("head", "calm"), ("head", "fault"))
CELLS = st.lists(
    st.lists(
        st.tuples(st.lists(st.floats(0.01, 60_000), min_size=1, max_size=30), st.floats(0, 1)), min_size=4, max_size=4
    ),
    min_size=2,
    max_size=6,
)
HARM = st.floats(-12, 12)


def observe(cells, order=ARMS):
    return [
        Observation(Cell(i, *arm), tuple(latencies), round(share * len(latencies)))
        for i, arms in enumerate(cells)
        for arm, (latencies, share) in zip(order, arms, strict=True)
    ]


@settings(max_examples=80, deadline=None)
@given(CELLS)
def test_the_interval_contains_the_point_and_stays_on_the_scale(cells):
    risk = assess_one(observe(cells))
    assert 0 <= risk.score.low <= risk.score.value <= risk.score.high <= 100
    for estimate in (risk.latency_log_ratio, risk.error_rate_rise):
        assert estimate.low <= estimate.value <= estimate.high
    assert risk.error_rate_rise.low >= -2
    assert risk.error_rate_rise.high <= 2


@settings(max_examples=80, deadline=None)
@given(CELLS)
def test_swapping_the_sides_turns_the_sign(cells):
    there = assess_one(observe(cells))
    back = assess_one(observe(cells, order=(ARMS[2], ARMS[3], ARMS[0], ARMS[1])))
    assert abs(there.latency_log_ratio.value + back.latency_log_ratio.value) < 1e-3
    assert abs(there.error_rate_rise.value + back.error_rate_rise.value) < 1e-3


@settings(max_examples=80, deadline=None)
@given(CELLS)
def test_equal_sides_are_no_risk(cells):
    same = [[arms[0], arms[1], arms[0], arms[1]] for arms in cells]
    assert assess_one(observe(same)).score.value == 0


@given(HARM, HARM, HARM, HARM)
def test_more_harm_is_never_less_risk(latency, more_latency, errors, more_errors):
    low = harm_to_score(min(latency, more_latency), min(errors, more_errors))
    high = harm_to_score(max(latency, more_latency), max(errors, more_errors))
    assert 0 <= low <= high <= 100


@settings(max_examples=80, deadline=None)
@given(CELLS, st.integers(0, 5))
def test_one_more_failing_request_at_head_under_fault_never_lowers_the_risk(cells, which):
    observations = observe(cells)
    position = (which % len(cells)) * 4 + 3
    seen = observations[position]
    if seen.errors == len(seen.latencies_ms):
        return
    worse = list(observations)
    worse[position] = Observation(seen.cell, seen.latencies_ms, seen.errors + 1)
    assert assess_one(worse).score.value >= assess_one(observations).score.value
