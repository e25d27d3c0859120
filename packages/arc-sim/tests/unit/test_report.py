"""What is printed and written."""

import io
import json
import stat
from pathlib import Path

import pytest
from rich.console import Console

from arc_sim.errors import ConfigError
from arc_sim.report.json import check_result, check_writable, render_json, write_atomically
from arc_sim.report.text import render_text

ARM = {"p50_ms": 1.0, "p95_ms": 2.0, "error_rate": 0.0, "requests": 10}
ARMS = dict.fromkeys(("base_calm", "base_fault", "head_calm", "head_fault"), ARM)
ESTIMATE = {"value": 0.0, "low": 0.0, "high": 0.1}
RESULT = {
    "schema_version": "1.0",
    "sim_id": "sim-20260101T000000Z-00000000",
    "risk_score": 0.0,
    "risk_interval": [0.0, 12.5],
    "verdict": "pass",
    "severity": 50,
    "evidence": "process",
    "scenario": "network_latency",
    "seed": 1,
    "services": ["orders"],
    "affected": {"direct": ["orders"], "upstream": [], "reasons": {"orders": ["services/orders/main.py"]}},
    "metrics": {"latency_ms": 2.0, "error_rate": 0.0, "arms": ARMS},
    "explanation": "All is well [bold]and literal[/].",
    "experiments": [
        {
            "scenario": "network_latency",
            "targets": [{"source": "orders", "target": "payments"}],
            "risk_score": 0.0,
            "risk_interval": [0.0, 12.5],
            "rounds": 5,
            "rate_per_s": 20.0,
            "stand_ins": [],
            "real": ["orders", "payments"],
            "arms": ARMS,
            "latency_log_ratio": ESTIMATE,
            "error_rate_rise": ESTIMATE,
            "edge_changes": [],
        }
    ],
    "warnings": ["k8s/a.yaml: not read"],
    "manifest_hash": "sha256:" + "0" * 64,
    "commit_target": "a" * 40,
    "diff_hash": "sha256:" + "1" * 64,
    "timestamp": "2026-01-01T00:00:00.000Z",
    "duration_s": 12.0,
}


def test_a_good_result_passes_and_a_wrong_one_is_named():
    check_result(RESULT)
    with pytest.raises(ValueError, match="risk_score"):
        check_result({**RESULT, "risk_score": 101})
    with pytest.raises(ValueError, match="surprise"):
        check_result({**RESULT, "surprise": 1})


def test_json_has_no_nan():
    assert json.loads(render_json(RESULT)) == RESULT
    with pytest.raises(ValueError, match="JSON"):
        render_json({"value": float("nan")})


def test_text_shows_verdict_arms_explanation_warnings_and_files():
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    with console.file:
        console.print(render_text(RESULT, {"result": Path("/r/result.json")}))
    text = console.export_text()
    for words in (
        "PASS",
        "0 to 12.5",
        "head",
        "fault",
        "[bold]and literal[/]",
        "k8s/a.yaml: not read",
        "/r/result.json",
    ):
        assert words in text


def test_writing_replaces_in_one_step(tmp_path):
    path = tmp_path / "r.json"
    path.write_text("old")
    write_atomically(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", "missing/r.json", "file/r.json"])
def test_an_output_that_cannot_be_written_is_refused_beforehand(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError):
        check_writable(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_a_writable_output_is_not_touched(tmp_path):
    check_writable(tmp_path / "new.json")
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_written_to_and_not_replaced(tmp_path):
    path = tmp_path / "null"
    path.symlink_to("/dev/null")
    check_writable(path)
    write_atomically(path, "{}")
    assert path.is_symlink()
    assert [entry.name for entry in tmp_path.iterdir()] == ["null"]


def test_names_from_a_repository_cannot_drive_the_terminal():
    evil = "orders\x1b[2J\x9b1m\u202e"
    experiment = {**RESULT["experiments"][0], "targets": [{"source": evil, "target": evil}]}
    words = {"services": [evil], "explanation": evil, "warnings": [evil], "experiments": [experiment]}
    console = Console(width=200, file=io.StringIO())
    console.print(render_text({**RESULT, **words}, {}))
    text = console.file.getvalue()
    assert text.count("orders") >= 5
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)
