"""Errors of arc-runtime. None of them ever reaches the code whose calls are intercepted.

ArcError
  ConfigError
  InterceptError         > TargetMissing, UnsupportedVersion
  PatternError           a pattern or a fix is refused at registration
  TelemetryError         > Unavailable (try again), Rejected (never again)
"""

from arc_common.errors import ArcError, ConfigError

__all__ = [
    "ArcError",
    "ConfigError",
    "InterceptError",
    "PatternError",
    "Rejected",
    "TargetMissing",
    "TelemetryError",
    "Unavailable",
    "UnsupportedVersion",
]


class InterceptError(ArcError):
    """An SDK cannot be intercepted."""

    code = "intercept.failed"


class TargetMissing(InterceptError):
    """The class or method that we patch is not there."""

    code = "intercept.target_missing"


class UnsupportedVersion(InterceptError):
    """The SDK is older or newer than what we know."""

    code = "intercept.version"


class PatternError(ArcError):
    """A pattern or a fix is refused; the message says where and why."""

    code = "pattern.invalid"


class TelemetryError(ArcError):
    """Events cannot be delivered."""

    code = "telemetry.failed"


class Unavailable(TelemetryError):
    """The endpoint does not answer; the same batch may be accepted later."""

    code = "telemetry.unavailable"


class Rejected(TelemetryError):
    """The endpoint refused the batch for good."""

    code = "telemetry.rejected"
