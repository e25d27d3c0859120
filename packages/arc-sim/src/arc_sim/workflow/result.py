"""The result as the plan's keys and ours; its shape is published as ``simulation_result.v1`` in arc-common."""

import hashlib
from datetime import datetime
from typing import Any

from arc_sim.plan.draw import seed_of
from arc_sim.workflow.request import Request
from arc_sim.workflow.state import State

SCHEMA_VERSION = "1.0"


def build_result(state: State, request: Request, ended_at: datetime, duration_s: float) -> dict[str, Any]:
    """Return the result of a finished run, with or without an experiment."""
    impact = state["impact"]
    risk = state.get("risk")
    score = risk["score"] if risk else {"value": 0.0, "low": 0.0, "high": 0.0}
    return {
        "schema_version": SCHEMA_VERSION,
        "sim_id": state["sim_id"],
        "risk_score": score["value"],
        "risk_interval": [score["low"], score["high"]],
        "verdict": risk["verdict"] if risk else ("fail" if request.severity == 0 else "pass"),
        "severity": request.severity,
        "evidence": state["evidence"] if risk else "none",
        "scenario": ",".join(scenario.scenario_id for scenario in request.scenarios),
        "seed": state["plan"]["seed"] if risk else _seed(request),
        "services": impact["direct"],
        "affected": {name: impact[name] for name in ("direct", "upstream", "reasons")},
        "metrics": _metrics(risk),
        "explanation": state["explanation"],
        "experiments": [_experiment(state, number) for number in range(len(risk["risks"]))] if risk else [],
        "warnings": state["warnings"],
        "manifest_hash": state["plan"]["manifest_hash"] if risk else "sha256:" + hashlib.sha256(b"").hexdigest(),
        "commit_target": request.diff.head_commit,
        "diff_hash": request.diff.diff_hash,
        "timestamp": ended_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration_s": round(duration_s, 3),
    }


def _seed(request: Request) -> int:
    return seed_of(request.diff) if request.seed is None else request.seed


def _metrics(risk: dict[str, Any] | None) -> dict[str, Any]:
    if risk is None:
        return {"latency_ms": None, "error_rate": None}
    worst = max(risk["risks"], key=lambda each: each["score"]["value"])
    head = worst["arms"]["head_fault"]
    return {"latency_ms": head["p95_ms"], "error_rate": head["error_rate"], "arms": worst["arms"]}


def _experiment(state: State, number: int) -> dict[str, Any]:
    plan, risk = state["plan"], state["risk"]["risks"][number]
    experiment, score = plan["experiments"][number], risk["score"]
    return {
        "scenario": experiment["scenario"]["scenario_id"],
        "targets": [{"source": source, "target": target} for source, target in experiment["targets"]],
        "risk_score": score["value"],
        "risk_interval": [score["low"], score["high"]],
        "rounds": plan["rounds"],
        "rate_per_s": plan["load"]["rate_per_s"],
        "stand_ins": state["stand_ins"],
        "real": state["real"],
        "arms": risk["arms"],
        "latency_log_ratio": risk["latency_log_ratio"],
        "error_rate_rise": risk["error_rate_rise"],
        "edge_changes": [_edge_change(change) for change in state["changes"]],
    }


def _edge_change(change: dict[str, Any]) -> dict[str, Any]:
    place = change["location"]
    return {**change, "location": f"{place['path']}:{place['line']}" if place else None}
