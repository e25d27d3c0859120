"""Fixed keys, a valid result and its signed form, for the tests of whoever builds on arc-common.

The keys are public knowledge: never trust them outside tests.
"""

from typing import Any, cast

from arc_common.attest.files import sign_result
from arc_common.canonical import canonical_bytes
from arc_common.schemas.simulation_result import Arm, SimulationResult
from arc_common.signers.memory import MemorySigner

SEEDS = (bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96)))
"""Private halves of the fixed Ed25519 keys."""

PUBLIC_PEM = (
    b"-----BEGIN PUBLIC KEY-----\n"
    b"MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n"
    b"-----END PUBLIC KEY-----\n"
)
"""Public half of the first key."""

KEYID = "63d00ee3cf4f5c61ad94efa696c68f13b608fe56ecea13fb144a6fd18e9235b9"
"""``keyid`` of the first key."""


def fixed_signer(index: int = 0) -> MemorySigner:
    """Return a signer whose key is the same in every run; ``index`` in [0, 2] chooses one of three."""
    return MemorySigner(SEEDS[index])


def example_result(**changes: Any) -> SimulationResult:
    """Return a small result that its JSON Schema accepts, with ``changes`` at the top level."""
    result: SimulationResult = {
        "schema_version": "1.0",
        "sim_id": "sim-0001",
        "risk_score": 71.5,
        "risk_interval": [63.25, 80],
        "verdict": "fail",
        "severity": 50,
        "evidence": "process",
        "scenario": "network_latency",
        "seed": 42,
        "services": ["orders"],
        "affected": {
            "direct": ["orders"],
            "upstream": ["gateway"],
            "reasons": {"orders": ["services/orders/main.py"], "gateway": ["calls orders"]},
        },
        "metrics": {"latency_ms": 812.5, "error_rate": 0.25},
        "explanation": "orders gives payments 200 ms, the fault takes 300 ms.",
        "experiments": [
            {
                "scenario": "network_latency",
                "targets": [{"source": "orders", "target": "payments"}],
                "risk_score": 71.5,
                "risk_interval": [63.25, 80],
                "rounds": 5,
                "rate_per_s": 20,
                "stand_ins": [],
                "real": ["gateway", "orders", "payments"],
                "arms": {
                    "base_calm": _arm(8.5, 12.25, 0),
                    "base_fault": _arm(310.5, 330.75, 0),
                    "head_calm": _arm(8.25, 12.5, 0),
                    "head_fault": _arm(420, 812.5, 0.25),
                },
                "latency_log_ratio": {"value": 0.875, "low": 0.75, "high": 1},
                "error_rate_rise": {"value": 0.25, "low": 0.125, "high": 0.375},
                "edge_changes": [
                    {
                        "source": "orders",
                        "target": "payments",
                        "what": "timeout_ms",
                        "before": 2000,
                        "after": 200,
                        "location": "services/orders/main.py:12",
                    }
                ],
            }
        ],
        "warnings": [],
        "manifest_hash": "sha256:" + "1" * 64,
        "commit_target": "2" * 40,
        "diff_hash": "sha256:" + "3" * 64,
        "timestamp": "2026-01-01T00:00:00Z",
        "duration_s": 31.5,
    }
    return cast(SimulationResult, {**result, **changes})


def example_artifact(**changes: Any) -> bytes:
    """Return the bytes of ``example_result(**changes)``: canonical JSON."""
    return canonical_bytes(example_result(**changes))


def example_envelope(index: int = 0, **changes: Any) -> bytes:
    """Return the signed envelope about ``example_artifact(**changes)``, as ``{sim_id}.intoto.jsonl`` holds it."""
    envelope = sign_result(example_result(**changes), example_artifact(**changes), fixed_signer(index))
    return envelope.to_json() + b"\n"


def _arm(p50_ms: float, p95_ms: float, error_rate: float) -> Arm:
    return {"p50_ms": p50_ms, "p95_ms": p95_ms, "error_rate": error_rate, "requests": 150}
