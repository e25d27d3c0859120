"""Install the built wheels, from files alone, into fresh environments and use them.

usage: python tools/check_wheels.py DIST

arc-common and arc-runtime on the oldest and newest supported Python, all three on arc-sim's oldest and newest.
A Python that is not on this machine is named; when none of them is here, all three are checked on the one that runs
this. Exit 1 when an installation or a use fails.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ALL = ("arc_common", "arc_runtime", "arc_sim")

PLANS = (
    ("3.8", ("arc_common", "arc_runtime")),
    ("3.13", ("arc_common", "arc_runtime")),
    ("3.10", ALL),
    ("3.13", ALL),
)

STRICT = ("-W", "error", "-W", "ignore:Python 3.8 is no longer supported")
"""Warnings are errors; the one that cryptography gives on Python 3.8 is its farewell to that Python."""

USE = {
    "arc_common": """
import json, pathlib, tempfile
from arc_common.canonical import canonical_bytes
from arc_common.wire.v1 import patterns_pb2, simulation_pb2, telemetry_pb2, telemetry_pb2_grpc
from arc_common import schemas
assert canonical_bytes({"b": 1, "a": 2}) == b'{"a":2,"b":1}'
event = telemetry_pb2.Event(event_id="e", provider="openai")
assert telemetry_pb2.Event.FromString(event.SerializeToString()) == event
assert schemas.load("simulation_result")["title"]

from arc_common.attest import verify_attestation, write_attestation
from arc_common.errors import AttestationError
from arc_common.signers.ed25519 import Ed25519Signer
from arc_common.testing import example_artifact, example_result
folder = pathlib.Path(tempfile.mkdtemp())
signer = Ed25519Signer.load_or_create(folder / "key.pem")
paths = write_attestation(folder, example_result(), example_artifact(), signer)
seen = verify_attestation(paths.readable, [signer.public_key], artifact=example_artifact())
assert seen.sim_id == example_result()["sim_id"]
try:
    verify_attestation(paths.readable, [signer.public_key], artifact=b"another")
except AttestationError:
    pass
else:
    raise AssertionError("another artifact was accepted")
""",
    "arc_runtime": """
from arc_runtime import Arc
arc = Arc()
body = {"model": "gpt-4", "messages": [{"role": "user", "content": "hi"}], "temperature": 0.95}
decision = arc.explain(body, provider="openai", operation="chat.completions")
assert decision.body["temperature"] == 0.7, decision
assert body["temperature"] == 0.95
arc.close()
""",
    "arc_sim": """
import pathlib, subprocess, tempfile
import arc_sim
folder = pathlib.Path(tempfile.mkdtemp())
identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
git = lambda *words: subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)
git("init"); (folder / "a").write_text("1"); git("add", "."); git("commit", "-m", "1")
(folder / "a").write_text("2"); git("commit", "-am", "2")
diff = arc_sim.serialize_diff("HEAD~1..HEAD", repo=str(folder))
assert diff["files"][0]["path"] == "a" and diff["diff_hash"].startswith("sha256:")
""",
}


def check(python: str, packages: tuple[str, ...], dist: Path) -> None:
    """Install ``packages`` from ``dist`` on one Python and run their use; raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        env = Path(folder) / "env"
        subprocess.run(["uv", "venv", "--quiet", "--python", python, str(env)], check=True)
        wheels = [str(next(dist.glob(f"{package}-*.whl"))) for package in packages]
        interpreter = env / "bin" / "python"
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(interpreter), *wheels], check=True)
        for package in packages:
            subprocess.run([str(interpreter), *STRICT, "-c", USE[package]], check=True, cwd=folder)
        subprocess.run([str(env / "bin" / "arc"), "--help"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        if "arc_sim" in packages:
            subprocess.run(
                [str(env / "bin" / "arc"), "sim", "--help"], check=True, cwd=folder, stdout=subprocess.DEVNULL
            )


def passes(label: str, python: str, packages: tuple[str, ...], dist: Path) -> bool:
    """Check one plan, print its line and return whether it passed."""
    label = f"Python {label:4} {' + '.join(packages)}"
    try:
        check(python, packages, dist)
    except subprocess.CalledProcessError as error:
        print(f"{label}: FAILED: {error}")
        return False
    print(f"{label}: installed from wheels alone, imported, used")
    return True


def main() -> int:
    """Check every plan whose Python is here."""
    dist = Path(sys.argv[1]).resolve()
    verdicts = []
    for python, packages in PLANS:
        if shutil.which(f"python{python}"):
            verdicts.append(passes(python, f"python{python}", packages, dist))
        else:
            print(f"Python {python:4} {' + '.join(packages)}: MISSING, no python{python} on PATH or in pyenv")
    if not verdicts:
        verdicts.append(passes(".".join(map(str, sys.version_info[:2])), sys.executable, ALL, dist))
    return int(not all(verdicts))


if __name__ == "__main__":
    sys.exit(main())
