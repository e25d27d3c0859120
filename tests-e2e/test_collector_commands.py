"""``arc runtime collector`` and ``arc runtime events`` as their users start them."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from arc_common.wire.v1 import telemetry_pb2 as wire
from arc_runtime.config import TelemetryConfig
from arc_runtime.telemetry.transports.grpc_stream import GrpcStream

LONG_S = 60.0
ARC_RUNTIME = [sys.executable, "-m", "arc_runtime"]


def run(*argv: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    env = {**{name: value for name, value in os.environ.items() if not name.startswith("ARC_")}, **environment}
    return subprocess.run([*ARC_RUNTIME, *argv], capture_output=True, text=True, timeout=LONG_S, check=False, env=env)


def start(store: Path, *options: str) -> "tuple[subprocess.Popen[str], str]":
    """Start a collector on a free port and return it with the line that it says on stderr."""
    command = [*ARC_RUNTIME, "collector", "--store", str(store), "--listen", "127.0.0.1:0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    return process, process.stderr.readline()


def send(endpoint: str, *ids: str, **settings: Any) -> None:
    transport = GrpcStream(TelemetryConfig(endpoint, **settings))
    transport.connect(wire.Hello(process_id="a" * 32, service="shop"))
    events = [wire.Event(event_id=one, provider="openai", outcome=wire.Outcome(status=1)) for one in ids]
    transport.send(wire.Batch(sequence=1, events=events))
    transport.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_collector_says_where_it_listens_and_ends_in_order(number: int, tmp_path: Path) -> None:
    store = tmp_path / "events.db"
    process, line = start(store)
    assert line.startswith("collecting on grpc://127.0.0.1:")
    assert line.endswith(f" into {store}\n")
    endpoint = line.split()[2]
    send(endpoint, "1" * 32, "2" * 32)
    shown = run("events", "--store", str(store), "--format", "jsonl")
    assert [json.loads(row)["event_id"] for row in shown.stdout.splitlines()] == ["1" * 32, "2" * 32]
    process.send_signal(number)
    out, err = process.communicate(timeout=LONG_S)
    assert (process.returncode, out, err) == (0, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.db"]
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    table = run("events", "--store", str(store))
    assert (table.returncode, table.stderr) == (0, "")
    assert "2 of 2 events" in table.stdout


def test_collector_speaks_json(tmp_path: Path) -> None:
    process, _ = start(tmp_path / "e.db", "--json")
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert told == {
        "endpoint": f"grpc://127.0.0.1:{told['port']}",
        "port": told["port"],
        "store": str(tmp_path / "e.db"),
    }
    process.terminate()
    process.communicate(timeout=LONG_S)


def test_port_in_use_is_one_line_and_exit_3(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run("collector", "--store", str(tmp_path / "e.db"), "--listen", address)
    assert ended.returncode == 3
    assert ended.stdout == ""
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert address in errors[0]
    assert "Traceback" not in ended.stderr


def test_doctor_finds_a_collector_and_misses_a_dead_one(tmp_path: Path) -> None:
    process, line = start(tmp_path / "e.db", "--api-key", "right-key-1234")
    endpoint = line.split()[2]
    good = json.loads(run("doctor", "--json", ARC_ENDPOINT=endpoint, ARC_API_KEY="right-key-1234").stdout)
    wrong = run("doctor", "--json", ARC_ENDPOINT=endpoint, ARC_API_KEY="wrong-key-1234")
    process.terminate()
    process.communicate(timeout=LONG_S)
    dead = run("doctor", "--json", ARC_ENDPOINT=endpoint)
    levels = [
        [item["level"] for item in document["checks"] if item["check"] == "endpoint"]
        for document in (good, json.loads(wrong.stdout), json.loads(dead.stdout))
    ]
    assert levels == [["ok"], ["finding"], ["finding"]]
    assert (wrong.returncode, dead.returncode) == (1, 1)
    assert "UNAUTHENTICATED" in wrong.stdout
    assert "right-key-1234" not in json.dumps(good)


def test_tls_with_an_own_authority(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    process, line = start(tmp_path / "e.db", "--tls-cert", str(certificate), "--tls-key", str(key))
    assert line.startswith("collecting on grpcs://127.0.0.1:")
    endpoint = line.split()[2]
    send(endpoint, "1" * 32, tls_roots=str(certificate))
    from arc_runtime.errors import Unavailable

    with pytest.raises(Unavailable):
        send(endpoint, "2" * 32)  # the machine's authorities do not know it
    with pytest.raises(Unavailable):
        send(endpoint.replace("grpcs", "grpc"), "3" * 32)  # plain text to a TLS port
    process.terminate()
    process.communicate(timeout=LONG_S)
    shown = run("events", "--store", str(tmp_path / "e.db"), "--format", "jsonl")
    assert [json.loads(row)["event_id"] for row in shown.stdout.splitlines()] == ["1" * 32]


def test_events_into_a_pipe_that_closes_early(tmp_path: Path) -> None:
    process, line = start(tmp_path / "e.db")
    send(line.split()[2], *(f"{number:032x}" for number in range(900)))
    process.terminate()
    process.communicate(timeout=LONG_S)
    command = " ".join(
        [*ARC_RUNTIME, "events", "--store", str(tmp_path / "e.db"), "--format", "jsonl", "--limit", "900"]
    )
    piped = subprocess.run(
        ["sh", "-c", f"{command} | head -n 1"], capture_output=True, text=True, timeout=LONG_S, check=False
    )
    assert len(piped.stdout.splitlines()) == 1
    assert piped.stderr == ""


def make_certificate(folder: Path) -> "tuple[Path, Path]":
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a collector for tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    (folder / "tls").mkdir()
    paths = folder / "tls" / "cert.pem", folder / "tls" / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths
