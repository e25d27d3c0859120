"""Times, durations and digests to and from the wire; strict, because the other side may be anything."""

from datetime import datetime, timedelta, timezone
from typing import Dict, Mapping

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from arc_common import digest as digests
from arc_common.errors import WireError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_MIN_TIMESTAMP_S = -62_135_596_800  # 0001-01-01, google/protobuf/timestamp.proto
_MAX_TIMESTAMP_S = 253_402_300_799  # 9999-12-31T23:59:59, same file
_MAX_DURATION_S = 315_576_000_000  # 10,000 years, google/protobuf/duration.proto
_MAX_NANOS = 999_999_999


def timestamp_to_wire(value: datetime) -> Timestamp:
    """Return the message for an aware datetime of any zone; a naive one raises WireError."""
    if value.tzinfo is None or value.utcoffset() is None:
        raise WireError("a timestamp needs a time zone", code="wire.timestamp")
    micros = (value - _EPOCH) // _MICROSECOND
    seconds, rest = divmod(micros, 1_000_000)
    if not _MIN_TIMESTAMP_S <= seconds <= _MAX_TIMESTAMP_S:
        raise WireError("a timestamp lies in the years 1 to 9999, UTC", code="wire.timestamp")
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def timestamp_from_wire(message: Timestamp) -> datetime:
    """Return the datetime, UTC; nanoseconds are cut to whole microseconds, towards the past."""
    if not _MIN_TIMESTAMP_S <= message.seconds <= _MAX_TIMESTAMP_S:
        raise WireError(f"timestamp of {message.seconds} s is out of range", code="wire.timestamp")
    if not 0 <= message.nanos <= _MAX_NANOS:
        raise WireError(f"timestamp with {message.nanos} ns is out of range", code="wire.timestamp")
    return _EPOCH + timedelta(seconds=message.seconds, microseconds=message.nanos // 1000)


def duration_to_wire(value: timedelta) -> Duration:
    """Return the message for a timedelta of at most 10,000 years either way."""
    micros = value // _MICROSECOND
    sign = -1 if micros < 0 else 1
    seconds, rest = divmod(abs(micros), 1_000_000)
    if seconds > _MAX_DURATION_S or (seconds == _MAX_DURATION_S and rest):
        raise WireError("a duration is at most 10,000 years", code="wire.duration")
    return Duration(seconds=sign * seconds, nanos=sign * rest * 1000)


def duration_from_wire(message: Duration) -> timedelta:
    """Return the timedelta; nanoseconds are cut to whole microseconds, towards zero."""
    seconds, nanos = message.seconds, message.nanos
    if abs(seconds) > _MAX_DURATION_S or abs(nanos) > _MAX_NANOS:
        raise WireError(f"duration of {seconds} s and {nanos} ns is out of range", code="wire.duration")
    if seconds * nanos < 0:
        raise WireError("seconds and nanos of a duration have opposite signs", code="wire.duration")
    sign = -1 if nanos < 0 else 1
    return timedelta(seconds=seconds, microseconds=sign * (abs(nanos) // 1000))


def seconds_to_wire(value_s: float) -> Duration:
    """Return the message for seconds as a float, rounded to microseconds; NaN and infinities raise WireError."""
    try:
        return duration_to_wire(timedelta(seconds=value_s))
    except (ValueError, OverflowError) as error:
        raise WireError(f"{value_s} s is no duration", code="wire.duration") from error


def seconds_from_wire(message: Duration) -> float:
    """Return the duration in seconds."""
    return duration_from_wire(message).total_seconds()


def digest_to_wire(value: Mapping[str, str]) -> str:
    """Return ``sha256:hex``, the wire's form of ``{"sha256": hex}``."""
    return digests.to_text(value)


def digest_from_wire(text: str) -> Dict[str, str]:
    """Return ``{"sha256": hex}`` for the wire's ``sha256:hex``."""
    return digests.from_text(text)
