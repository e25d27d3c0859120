from datetime import datetime, timedelta, timezone

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from arc_common.errors import WireError
from arc_common.wire import values


def test_known_timestamps():
    assert values.timestamp_to_wire(datetime(1970, 1, 1, tzinfo=timezone.utc)) == Timestamp()
    just_before = datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc)
    assert values.timestamp_to_wire(just_before) == Timestamp(seconds=-1, nanos=999_999_000)
    east = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert values.timestamp_to_wire(east) == Timestamp(seconds=1_767_225_600)


def test_naive_timestamps_are_refused():
    with pytest.raises(WireError):
        values.timestamp_to_wire(datetime(2026, 1, 1))


def test_timestamps_outside_the_years_in_utc_are_refused():
    with pytest.raises(WireError):
        values.timestamp_to_wire(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    with pytest.raises(WireError):
        values.timestamp_to_wire(datetime(9999, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-1))))


@pytest.mark.parametrize(
    "message",
    [
        Timestamp(nanos=-1),
        Timestamp(nanos=1_000_000_000),
        Timestamp(seconds=253_402_300_800),
        Timestamp(seconds=-62_135_596_801),
    ],
)
def test_impossible_timestamps_are_refused(message):
    with pytest.raises(WireError):
        values.timestamp_from_wire(message)


def test_nanoseconds_are_cut():
    assert values.timestamp_from_wire(Timestamp(nanos=1_999)) == datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=timezone.utc)
    assert values.duration_from_wire(Duration(nanos=-1_999)) == timedelta(microseconds=-1)


@pytest.mark.parametrize(
    "message",
    [
        Duration(seconds=1, nanos=-1),
        Duration(seconds=-1, nanos=1),
        Duration(nanos=1_000_000_000),
        Duration(seconds=315_576_000_001),
        Duration(seconds=-315_576_000_001),
    ],
)
def test_impossible_durations_are_refused(message):
    with pytest.raises(WireError):
        values.duration_from_wire(message)


def test_durations_beyond_10000_years_are_refused():
    limit = timedelta(seconds=315_576_000_000)
    assert values.duration_from_wire(values.duration_to_wire(limit)) == limit
    for value in (limit + timedelta(microseconds=1), -limit - timedelta(microseconds=1), timedelta.max, timedelta.min):
        with pytest.raises(WireError):
            values.duration_to_wire(value)


@pytest.mark.parametrize("value_s", [float("nan"), float("inf"), -float("inf"), 1e300])
def test_seconds_that_are_no_duration_are_refused(value_s):
    with pytest.raises(WireError):
        values.seconds_to_wire(value_s)


def test_seconds_round_trip():
    assert values.seconds_to_wire(-1.5) == Duration(seconds=-1, nanos=-500_000_000)
    assert values.seconds_from_wire(values.seconds_to_wire(0.000125)) == 0.000125


def test_digests():
    text = "sha256:" + "a" * 64
    assert values.digest_to_wire(values.digest_from_wire(text)) == text
    with pytest.raises(WireError):
        values.digest_from_wire("sha256:A" + "a" * 63)
