"""Several processes that sign for the first time in the same moment agree on one key."""

import subprocess
import sys

from arc_common.attest import verify_attestation
from arc_common.signers.base import PublicKey

SIGN = """
import sys
from pathlib import Path
from arc_common.attest import write_attestation
from arc_common.signers.ed25519 import Ed25519Signer
from arc_common.testing import example_artifact, example_result
home, name = Path(sys.argv[1]), sys.argv[2]
sys.stdin.read()  # until all are ready
result = {"sim_id": name}
signer = Ed25519Signer.load_or_create(home / "keys" / "arc.key")
write_attestation(home / ".attest", example_result(**result), example_artifact(**result), signer)
print(signer.keyid)
"""


def test_racing_processes_share_one_key_and_each_attestation_verifies(tmp_path):
    names = [f"sim-{number}" for number in range(6)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SIGN, str(tmp_path), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in names
    ]
    for process in processes:
        process.stdin.close()
    keyids = set()
    for process in processes:
        keyids.add(process.stdout.read().strip())
        process.stdout.close()
        assert process.wait(timeout=60) == 0
    assert len(keyids) == 1
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["arc.key", "arc.pub"]
    key = PublicKey.from_pem((tmp_path / "keys" / "arc.pub").read_bytes())
    assert {key.keyid} == keyids
    for name in names:
        artifact = (tmp_path / ".attest" / f"{name}.result.json").read_bytes()
        assert verify_attestation(tmp_path / ".attest" / f"{name}.json", [key], artifact=artifact).sim_id == name
