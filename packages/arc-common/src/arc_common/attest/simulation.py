"""Our predicate: what one simulation run found. The fields are those of the result that matter for a decision."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from arc_common.errors import EnvelopeError, WireError

PREDICATE_TYPE = "urn:x-arc:attestation:simulation:v1"
"""Names this predicate; docs/decisions/0003 says why it is a URN."""

SCHEMA_VERSION = "1.0"
"""Version of the predicate's fields."""

READABLE_FIELDS = ("sim_id", "manifest_hash", "commit_target", "metrics", "timestamp", "diff_hash")
"""The fields that are also readable beside the envelope in ``.arc/.attest/{sim_id}.json``."""

_SAFE_INTEGER = 2**53 - 1
_ARMS = ("base_calm", "base_fault", "head_calm", "head_fault")
_TIMESTAMP = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:Z|\+00:00)", re.ASCII)
_SIM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class SimulationPredicate:
    """A run's claims, as they were signed. The JSON Schema of the simulation result says what each field means."""

    sim_id: str
    manifest_hash: str
    commit_target: str
    metrics: Mapping[str, Any]
    """``{"latency_ms": ..., "error_rate": ...}`` and possibly ``arms``; both None when nothing ran."""
    timestamp: str
    diff_hash: str
    risk_score: float
    """In [0, 100]."""
    risk_interval: Tuple[float, float]
    verdict: str
    evidence: str
    scenario: str
    seed: int
    severity: int
    schema_version: str = SCHEMA_VERSION

    @property
    def timestamp_at(self) -> datetime:
        """When the run ended, UTC; digits beyond microseconds are cut."""
        return parse_timestamp(self.timestamp)

    def to_dict(self) -> Dict[str, Any]:
        """Return the predicate as a JSON object."""
        value = {name: getattr(self, name) for name in _CHECKS}
        return {**value, "metrics": dict(self.metrics), "risk_interval": list(self.risk_interval)}


def predicate_from_result(result: Mapping[str, Any]) -> SimulationPredicate:
    """Return the predicate of a simulation result; raises EnvelopeError when a field is missing or wrong."""
    missing = sorted(set(_CHECKS).difference(result))
    if missing:
        raise EnvelopeError(f"the result lacks {', '.join(missing)}")
    return predicate_from_dict({name: result[name] for name in _CHECKS})


def predicate_from_dict(value: Any) -> SimulationPredicate:
    """Return the predicate of a JSON object with exactly our fields, each in its range; else raise EnvelopeError."""
    if not isinstance(value, dict):
        raise EnvelopeError("the predicate is not an object")
    wrong = sorted(set(value).symmetric_difference(_CHECKS))
    if wrong:
        raise EnvelopeError(f"predicate: field missing or not known: {', '.join(map(repr, wrong))}")
    for name, check in _CHECKS.items():
        if not check(value[name]):
            raise EnvelopeError(f"predicate: {name} has a wrong value")
    _check_together(value)
    return SimulationPredicate(**{**value, "risk_interval": tuple(value["risk_interval"])})


def parse_timestamp(text: str) -> datetime:
    """Return the datetime of an ISO 8601 time in UTC (``Z`` or ``+00:00``); raises WireError for anything else."""
    match = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise WireError("a timestamp is ISO 8601 in UTC, such as 2026-01-01T00:00:00Z", code="wire.timestamp")
    try:
        whole = datetime.strptime(match.group(1), "%Y-%m-%dT%H:%M:%S")
    except ValueError as error:
        raise WireError(f"no such time: {text}", code="wire.timestamp") from error
    micros = int((match.group(2) or "0").ljust(6, "0")[:6])
    return whole.replace(microsecond=micros, tzinfo=timezone.utc)


def _check_together(value: Mapping[str, Any]) -> None:
    low, high = value["risk_interval"]
    if low > high:
        raise EnvelopeError("predicate: the ends of risk_interval are swapped")
    ran = value["evidence"] != "none"
    metrics = value["metrics"]
    if (metrics["latency_ms"] is not None) != ran or (metrics["error_rate"] is not None) != ran:
        raise EnvelopeError("predicate: metrics hold numbers exactly when something ran")
    if "arms" in metrics and not ran:
        raise EnvelopeError("predicate: metrics hold arms though nothing ran")
    if value["verdict"] != _verdict(low, high, value["severity"]):
        raise EnvelopeError("predicate: the verdict does not follow from risk_interval and severity")


def _verdict(low: float, high: float, severity: int) -> str:
    """Return what the schema of results says that an interval means."""
    if low >= severity:
        return "fail"
    return "pass" if high < severity else "inconclusive"


def _matches(pattern: "re.Pattern[str]") -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _one_of(*names: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in names


def _integer(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _number(low: float, high: Optional[float] = None) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return low <= value <= (float("1.7976931348623157e308") if high is None else high)

    return check


def _is_interval(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2 and all(map(_number(0, 100), value))


def _is_timestamp(value: Any) -> bool:
    try:
        parse_timestamp(value)
    except WireError:
        return False
    return True


def _is_metrics(value: Any) -> bool:
    if not isinstance(value, dict) or not {"latency_ms", "error_rate"} <= set(value) <= {
        "latency_ms",
        "error_rate",
        "arms",
    }:
        return False
    for name, check in (("latency_ms", _number(0)), ("error_rate", _number(0, 1))):
        if value[name] is not None and not check(value[name]):
            return False
    return "arms" not in value or _is_arms(value["arms"])


def _is_arms(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == set(_ARMS) and all(map(_is_arm, value.values()))


def _is_arm(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(_ARM_CHECKS)
        and all(check(value[name]) for name, check in _ARM_CHECKS.items())
    )


_ARM_CHECKS: Dict[str, Callable[[Any], bool]] = {
    "p50_ms": _number(0),
    "p95_ms": _number(0),
    "error_rate": _number(0, 1),
    "requests": _integer(0, _SAFE_INTEGER),
}

_CHECKS: Dict[str, Callable[[Any], bool]] = {
    "schema_version": _one_of(SCHEMA_VERSION),
    "sim_id": _matches(_SIM_ID),
    "manifest_hash": _matches(_DIGEST),
    "commit_target": _matches(_COMMIT),
    "metrics": _is_metrics,
    "timestamp": _is_timestamp,
    "diff_hash": _matches(_DIGEST),
    "risk_score": _number(0, 100),
    "risk_interval": _is_interval,
    "verdict": _one_of("pass", "fail", "inconclusive"),
    "evidence": _one_of("none", "process", "cluster", "model"),
    "scenario": lambda value: isinstance(value, str) and 0 < len(value) <= 256,
    "seed": _integer(0, _SAFE_INTEGER),
    "severity": _integer(0, 100),
}
