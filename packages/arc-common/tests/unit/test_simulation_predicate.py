from datetime import datetime, timezone

import pytest

from arc_common.attest.simulation import (
    READABLE_FIELDS,
    parse_timestamp,
    predicate_from_dict,
    predicate_from_result,
)
from arc_common.errors import EnvelopeError, WireError
from arc_common.testing import example_result

FIELDS = predicate_from_result(example_result()).to_dict()
ARMS = example_result()["experiments"][0]["arms"]


def test_it_holds_the_fields_of_the_plan_and_those_of_the_decision():
    assert set(READABLE_FIELDS) < set(FIELDS)
    assert set(FIELDS) == {*READABLE_FIELDS, "schema_version", "risk_score", "risk_interval", "verdict", "evidence"} | {
        "scenario",
        "seed",
        "severity",
    }
    for name, value in FIELDS.items():
        assert value == example_result()[name]


def test_it_round_trips():
    predicate = predicate_from_dict(FIELDS)
    assert predicate.to_dict() == FIELDS
    assert predicate.timestamp_at == datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert predicate.risk_interval == (63.25, 80)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_no_field_may_be_missing_or_null_or_of_another_type(name):
    with pytest.raises(EnvelopeError, match=name):
        predicate_from_dict({key: value for key, value in FIELDS.items() if key != name})
    for wrong in (None, [], {}, True, "", "x", -1, [None], {"a": 1}):
        if name in ("scenario", "sim_id") and wrong == "x":
            continue
        with pytest.raises(EnvelopeError):
            predicate_from_dict({**FIELDS, name: wrong})
    result = dict(example_result())
    del result[name]
    with pytest.raises(EnvelopeError, match=name):
        predicate_from_result(result)


@pytest.mark.parametrize("extra", ["note", "Sim_id", ""])
def test_no_other_field_is_known(extra):
    with pytest.raises(EnvelopeError):
        predicate_from_dict({**FIELDS, extra: 1})


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_it_is_an_object(value):
    with pytest.raises(EnvelopeError):
        predicate_from_dict(value)


@pytest.mark.parametrize(
    "changes",
    [
        {"risk_score": 100.001},
        {"risk_score": float("nan")},
        {"risk_interval": [80, 63]},
        {"risk_interval": [1, 2, 3]},
        {"risk_interval": [1, True]},
        {"risk_interval": [0, 101]},
        {"severity": 50.5},
        {"seed": 2**53},
        {"sim_id": "../x"},
        {"sim_id": "a" * 129},
        {"sim_id": "a\n"},
        {"commit_target": "2" * 41},
        {"commit_target": "G" * 40},
        {"manifest_hash": "sha256:" + "1" * 64 + "\n"},
        {"timestamp": "2026-02-30T00:00:00Z"},
        {"timestamp": "2026-01-01T00:00:00"},
        {"timestamp": "2026-01-01T00:00:00+01:00"},
        {"timestamp": "2026-01-01T00:00:00Z\n"},
        {"metrics": {"latency_ms": 1}},
        {"metrics": {"latency_ms": 1, "error_rate": 0, "x": 1}},
        {"metrics": {"latency_ms": None, "error_rate": None}},
        {"metrics": {"latency_ms": 1, "error_rate": None}},
        {"metrics": {"latency_ms": -1, "error_rate": 0}},
        {"metrics": {"latency_ms": float("inf"), "error_rate": 0}},
        {"metrics": {"latency_ms": 1, "error_rate": 1.01}},
        {"metrics": {"latency_ms": "1", "error_rate": 0}},
        {"metrics": {"latency_ms": 1, "error_rate": 0, "arms": {}}},
        {"metrics": {"latency_ms": 1, "error_rate": 0, "arms": {**ARMS, "x": ARMS["base_calm"]}}},
        {"metrics": {"latency_ms": 1, "error_rate": 0, "arms": {**ARMS, "base_calm": {"p50_ms": 1}}}},
        {"evidence": "none"},
        {"evidence": "none", "metrics": {"latency_ms": None, "error_rate": None, "arms": ARMS}},
        {"evidence": "mock"},
        {"verdict": "ok"},
        {"verdict": "pass"},
        {"verdict": "inconclusive"},
        {"severity": 64},
        {"scenario": "x" * 257},
        {"schema_version": "1.1"},
    ],
)
def test_wrong_values_are_refused(changes):
    with pytest.raises(EnvelopeError):
        predicate_from_dict({**FIELDS, **changes})


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [([50, 60], "fail"), ([49.9, 60], "inconclusive"), ([0, 50], "inconclusive"), ([0, 49.9], "pass")],
)
def test_the_verdict_follows_from_the_interval(interval, verdict):
    fields = {**FIELDS, "risk_score": interval[0], "risk_interval": interval}
    for candidate in ("pass", "fail", "inconclusive"):
        if candidate == verdict:
            assert predicate_from_dict({**fields, "verdict": candidate}).verdict == verdict
            continue
        with pytest.raises(EnvelopeError, match="verdict"):
            predicate_from_dict({**fields, "verdict": candidate})


def test_where_nothing_ran_the_metrics_are_null():
    nothing = {"latency_ms": None, "error_rate": None}
    assert predicate_from_dict({**FIELDS, "evidence": "none", "metrics": nothing}).metrics == nothing


def test_metrics_may_hold_the_arms():
    metrics = {"latency_ms": 1, "error_rate": 0, "arms": ARMS}
    assert predicate_from_dict({**FIELDS, "metrics": metrics}).to_dict()["metrics"] == metrics


def test_timestamps():
    second = datetime(2026, 1, 1, 0, 0, 1, tzinfo=timezone.utc)
    assert parse_timestamp("2026-01-01T00:00:01Z") == parse_timestamp("2026-01-01T00:00:01+00:00") == second
    assert parse_timestamp("2026-01-01T00:00:01.5Z") == second.replace(microsecond=500_000)
    assert parse_timestamp("2026-01-01T00:00:01.123456789Z") == second.replace(microsecond=123_456)
    for text in ("", "2026-01-01", "2026-01-01 00:00:00Z", "2026-13-01T00:00:00Z", "２026-01-01T00:00:00Z", None):
        with pytest.raises(WireError):
            parse_timestamp(text)
