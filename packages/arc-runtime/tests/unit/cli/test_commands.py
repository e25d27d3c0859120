"""The command line, in this process: what it prints and its exit codes."""

import importlib.util
import json
from pathlib import Path
from typing import Any, List

import pytest

from arc_common.wire.v1 import telemetry_pb2 as wire
from arc_runtime.cli import run
from arc_runtime.cli.checks import script_owners
from arc_runtime.cli.collector import parse_address
from arc_runtime.cli.events import parse_where
from arc_runtime.collector.store import EventStore, Received
from arc_runtime.command import COMMAND
from arc_runtime.errors import ConfigError


@pytest.fixture
def store(tmp_path: Path) -> Path:
    event = wire.Event(
        event_id="1" * 32,
        provider="openai",
        operation="chat.completions",
        model="gpt-4[bold]\x1b[31m",
        request_json=b'{"temperature": 0.95}',
        outcome=wire.Outcome(status=1, response_json=b"{cut", input_tokens=3),
        fixes=[
            wire.AppliedFix(
                pattern_id="p/1",
                confidence=1.0,
                changes=[wire.Change(path="temperature", before_json="0.95", after_json="0.7")],
            )
        ],
    )
    plain = wire.Event(event_id="2" * 32, provider="anthropic", operation="messages", outcome=wire.Outcome(status=2))
    opened = EventStore(tmp_path / "events.db")
    opened.add(
        [Received(wire.Hello(process_id="a" * 32, service="shop"), wire.Batch(sequence=1, events=[event, plain]))]
    )
    opened.close()
    return tmp_path / "events.db"


def test_events_as_json_lines(store: Path, capsys: Any) -> None:
    assert run(["events", "--store", str(store), "--format", "jsonl", "--where", "provider=openai", "--fixed"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    assert document["fixes"] == [
        {"pattern_id": "p/1", "confidence": 1.0, "changes": [{"path": "temperature", "before": 0.95, "after": 0.7}]}
    ]
    assert document["request"] == {"temperature": 0.95}
    assert document["response"] == "{cut"
    assert (document["service"], document["status"], document["input_tokens"]) == ("shop", "ok", 3)
    assert document["started_at"] == "1970-01-01T00:00:00.000Z"


def test_events_as_a_table_that_cannot_steer_the_terminal(store: Path, capsys: Any) -> None:
    assert run(["events", "--store", str(store)]) == 0
    out = capsys.readouterr().out
    assert "2 of 2 events" in out
    assert "gpt-4[bold]" in out
    assert "\x1b" not in out


def test_limit(store: Path, capsys: Any) -> None:
    assert run(["events", "--store", str(store), "--format", "jsonl", "--limit", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["bogus"], 3, "bogus"),
        (["events"], 3, "--store"),
        (["events", "--store", "none.db", "--limit", "0"], 3, "limit"),
        (["events", "--store", "none.db", "--format", "xml"], 3, "xml"),
        (["events", "--store", "none.db", "--where", "provider"], 3, "COLUMN=VALUE"),
        (["events", "--store", "none.db"], 2, "no such file"),
        (["collector", "--store", "none/x.db", "--listen", "127.0.0.1:0"], 2, "cannot open"),
        (["collector", "--store", "x.db", "--listen", "nonsense"], 3, "HOST:PORT"),
        (["collector", "--store", "x.db", "--listen", "127.0.0.1:99999"], 3, "HOST:PORT"),
        (["collector", "--store", "x.db", "--listen", "0.0.0.0:0"], 3, "TLS"),
        (["collector", "--store", "x.db", "--listen", "127.0.0.1:0", "--tls-cert", "c.pem"], 3, "belong together"),
        (["collector", "--store", "x.db", "--tls-cert", "c.pem", "--tls-key", "k.pem"], 3, "c.pem"),
        (["explain", "none.json"], 3, "none.json"),
        (["explain", "-", "--pack", "no-such-pack"], 3, "stdin"),
        (["patterns", "list", "--pack", "no-such-pack"], 3, "no-such-pack"),
        (["metrics"], 3, "ARC_METRICS_PORT"),
        (["metrics", "ftp://127.0.0.1/"], 3, "http"),
        (["metrics", "http://127.0.0.1:1/"], 2, "127.0.0.1:1"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(
    argv: List[str], code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    import io

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("not json from stdin"))
    assert run(argv) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("error: ")
    assert words in err or (words == "stdin" and "no JSON" in err)
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_command(capsys: Any) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(
        name in out for name in ("collector", "events", "explain", "patterns", "metrics", "doctor", "Exit codes")
    )
    assert run([]) == 0


def test_explain_says_what_would_leave(tmp_path: Path, capsys: Any) -> None:
    request = tmp_path / "request.json"
    request.write_text('{"model": "gpt-4", "temperature": 0.95, "messages": []}')
    assert run(["explain", str(request), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["changed"] is True
    assert document["body"]["temperature"] == 0.7
    assert document["fixes"][0]["changes"] == [{"path": "temperature", "before": 0.95, "after": 0.7}]
    assert run(["explain", str(request)]) == 0
    assert "temperature: 0.95 -> 0.7" in capsys.readouterr().out
    request.write_text('{"model": "gpt-4", "temperature": 0.2}')
    assert run(["explain", str(request), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changed"] is False


@pytest.mark.parametrize("text", ["[1]", "", "{", '"x"'])
def test_explain_wants_an_object(text: str, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "r.json").write_text(text)
    assert run(["explain", str(tmp_path / "r.json")]) == 3
    assert "r.json" in capsys.readouterr().err


def test_patterns_list(capsys: Any) -> None:
    assert run(["patterns", "list", "--json"]) == 0
    assert "hello-world/gpt-4-temperature" in [entry["id"] for entry in json.loads(capsys.readouterr().out)]


def test_doctor_tells_settings_and_never_a_secret(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("ARC_API_KEY", "arc_key_0123456789abcdef")
    monkeypatch.setenv("ARC_ENDPOINT", "grpc://127.0.0.1:1")
    monkeypatch.setenv("ARC_SERVICE", "shop")
    monkeypatch.setenv("ARC_NONSENSE", "1")
    assert run(["doctor", "--json"]) == 1
    out = capsys.readouterr().out
    assert "arc_key_0123456789abcdef" not in out
    document = json.loads(out)
    settings = {entry["name"]: entry for entry in document["settings"]}
    assert settings["ARC_SERVICE"] == {"name": "ARC_SERVICE", "value": "shop", "origin": "variable"}
    assert settings["ARC_API_KEY"]["origin"] == "variable"
    assert settings["ARC_QUEUE_MAX_EVENTS"] == {"name": "ARC_QUEUE_MAX_EVENTS", "value": 10_000, "origin": "default"}
    findings = {item["check"] for item in document["checks"] if item["level"] == "finding"}
    assert {"settings", "endpoint"} <= findings


def test_without_the_extra_it_says_how_to_install(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "typer" else real(name))
    assert run(["doctor"]) == 3
    assert "pip install" in capsys.readouterr().err


def test_command_points_to_something_callable() -> None:
    module, _, name = COMMAND.target.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1:0", ("127.0.0.1", 0)), ("localhost:50051", ("localhost", 50051)), ("[::1]:7", ("::1", 7))],
)
def test_addresses(text: str, expected: Any) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize("text", ["", ":", "1", ":1", "host:", "::1:7", "h:-1", "h:٣", "h:65536", "h:1:2"])
def test_wrong_addresses(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_address(text)


def test_conditions() -> None:
    assert parse_where(["provider=openai", "model=a=b"]) == {"provider": "openai", "model": "a=b"}


def test_owners_of_scripts() -> None:
    assert "arc-runtime" in script_owners("arc-runtime")
    assert script_owners("no-such-script-anywhere") == []
