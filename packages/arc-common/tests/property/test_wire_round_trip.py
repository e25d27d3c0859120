from datetime import datetime, timedelta, timezone

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from arc_common.digest import digest_bytes
from arc_common.errors import WireError
from arc_common.wire import values

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES)
LIMIT = timedelta(seconds=315_576_000_000)
SPANS = st.timedeltas(-LIMIT, LIMIT)
INT64 = st.integers(-(2**63), 2**63 - 1)
INT32 = st.integers(-(2**31), 2**31 - 1)


@given(MOMENTS)
def test_timestamps(moment):
    message = values.timestamp_to_wire(moment)
    assert values.timestamp_from_wire(Timestamp.FromString(message.SerializeToString())) == moment
    assert message.ToJsonString()  # protobuf's own range check


@given(SPANS)
def test_durations(span):
    message = values.duration_to_wire(span)
    assert values.duration_from_wire(Duration.FromString(message.SerializeToString())) == span
    assert message.ToJsonString()


@given(st.binary())
def test_digests(data):
    digest = digest_bytes(data)
    assert values.digest_from_wire(values.digest_to_wire(digest)) == digest


@given(INT64, INT32)
def test_any_timestamp_message_gives_a_datetime_or_a_wire_error(seconds, nanos):
    try:
        moment = values.timestamp_from_wire(Timestamp(seconds=seconds, nanos=nanos))
    except WireError:
        return
    assert moment.utcoffset() == timedelta(0)


@given(INT64, INT32)
def test_any_duration_message_gives_a_timedelta_or_a_wire_error(seconds, nanos):
    try:
        span = values.duration_from_wire(Duration(seconds=seconds, nanos=nanos))
    except WireError:
        return
    assert values.duration_from_wire(values.duration_to_wire(span)) == span


@given(st.text())
def test_any_text_gives_a_digest_or_a_wire_error(text):
    try:
        digest = values.digest_from_wire(text)
    except WireError:
        return
    assert values.digest_to_wire(digest) == text
