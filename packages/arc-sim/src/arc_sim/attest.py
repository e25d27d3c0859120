"""Signs the result of a run with the user's key, and checks what others hand in."""

import re
from pathlib import Path
from typing import Any

from arc_common.attest import AttestationPaths, Policy, SimulationPredicate, verify_attestation, write_attestation
from arc_common.errors import ConfigError
from arc_common.signers.base import PublicKey, Signer
from arc_common.signers.ed25519 import Ed25519Signer, public_path
from arc_sim.config.env import key_path

_SIM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


def open_signer() -> Signer:
    """Return the user's signer; its key is made on first use, readable by its owner only. Raises ConfigError."""
    return Ed25519Signer.load_or_create(key_path())


def attest_result(result: dict[str, Any], artifact: bytes, directory: Path, signer: Signer) -> AttestationPaths:
    """Write the signed attestation of a result. artifact: the result's bytes as the user gets them."""
    return write_attestation(directory, result, artifact, signer)


def find_attestation(name: str, repo: Path) -> tuple[Path, Policy]:
    """Return the file of an attestation, given as a file or as a run's name, and what to demand of it.

    Raises ConfigError when there is none.
    """
    if Path(name).is_file():
        return Path(name), Policy()
    if not _SIM_ID.fullmatch(name):
        raise ConfigError(f"{name}: no such file", hint="give an attestation, or the sim_id of a run")
    for folder in (repo.resolve(), *repo.resolve().parents):
        path = folder / ".arc" / ".attest" / f"{name}.json"
        if path.is_file():
            return path, Policy(sim_id=name)
    raise ConfigError(f"no attestation of {name!r} in .arc/.attest", hint="give --repo DIR, or the file")


def check_attestation(path: Path, key: Path | None, policy: Policy) -> tuple[SimulationPredicate, Path | None]:
    """Return what was signed, and the file of the result that it covers when that lies beside it.

    key: the public key to trust, by default the user's own.
    Raises AttestationError with the reason when it is refused, ConfigError when something cannot be read.
    """
    trusted = [_read_key(key)]
    predicate = verify_attestation(path, trusted, policy)
    result = path.with_name(f"{predicate.sim_id}.result.json")
    if not result.is_file():
        return predicate, None
    return verify_attestation(path, trusted, policy, artifact=result.read_bytes()), result


def _read_key(key: Path | None) -> PublicKey:
    path = public_path(key_path()) if key is None else key
    try:
        return PublicKey.from_pem(path.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"public key {path} cannot be read: {error.strerror}", hint="give the signer's key with --key"
        ) from error
