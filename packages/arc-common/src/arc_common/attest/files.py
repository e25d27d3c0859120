"""Attestations as files: the plan's readable JSON, the envelope as other tools expect it, and the artifact."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional, Union

from arc_common.attest.envelope import IN_TOTO_PAYLOAD_TYPE, MAX_ENVELOPE_BYTES, Envelope, sign_envelope
from arc_common.attest.simulation import PREDICATE_TYPE, READABLE_FIELDS, SimulationPredicate, predicate_from_result
from arc_common.attest.statement import Statement, Subject
from arc_common.digest import digest_bytes, is_hex
from arc_common.errors import ConfigError
from arc_common.signers.base import Signer

Artifact = Union[bytes, Mapping[str, str]]
"""The result's bytes as they were printed, or their digest: ``{"sha256": hex}``."""

MAX_FILE_BYTES = 2 * MAX_ENVELOPE_BYTES
"""Longest file that is read."""


@dataclass(frozen=True)
class AttestationPaths:
    """Where one attestation lies."""

    readable: Path
    """``{sim_id}.json``: the plan's keys, and the envelope inside."""
    envelope: Path
    """``{sim_id}.intoto.jsonl``: the DSSE envelope on one line."""
    artifact: Optional[Path]
    """``{sim_id}.result.json``: the bytes whose digest is the subject; None when only a digest was given."""
    bundle: Optional[Path]
    """``{sim_id}.sigstore.json``: the Sigstore bundle of a keyless signer; None for keys."""


def sign_result(result: Mapping[str, Any], artifact: Artifact, signer: Signer) -> Envelope:
    """Return the signed statement about a result; nothing is written.

    Raises EnvelopeError when the result lacks a field of the predicate or holds a wrong value.
    """
    predicate = predicate_from_result(result)
    subject = Subject(artifact_name(predicate.sim_id), artifact_sha256(artifact))
    statement = Statement((subject,), PREDICATE_TYPE, predicate.to_dict())
    return sign_envelope(IN_TOTO_PAYLOAD_TYPE, statement.to_bytes(), [signer])


def write_attestation(
    directory: Path, result: Mapping[str, Any], artifact: Artifact, signer: Signer
) -> AttestationPaths:
    """Sign a simulation result and write its files into ``directory``, each one whole or not at all.

    directory: usually ``.arc/.attest``; made when missing.   result: needs the predicate's fields.   artifact: the
    bytes of the result as they were given to the user (kept beside the attestation, so that it can be verified), or
    only their digest. The envelope is written last but the readable file: where that stands, the others do.
    """
    predicate = predicate_from_result(result)
    envelope = sign_result(result, artifact, signer)
    base = Path(directory)
    bundle = envelope.signatures[0].bundle
    paths = AttestationPaths(
        readable=base / f"{predicate.sim_id}.json",
        envelope=base / f"{predicate.sim_id}.intoto.jsonl",
        artifact=base / artifact_name(predicate.sim_id) if isinstance(artifact, bytes) else None,
        bundle=base / f"{predicate.sim_id}.sigstore.json" if bundle else None,
    )
    try:
        base.mkdir(parents=True, exist_ok=True)
        if paths.artifact is not None and isinstance(artifact, bytes):
            replace_file(paths.artifact, artifact)
        if paths.bundle is not None:
            replace_file(paths.bundle, bundle)
        replace_file(paths.envelope, envelope.to_json() + b"\n")
        replace_file(paths.readable, _readable(predicate, envelope))
    except OSError as error:
        raise ConfigError(f"cannot write the attestation to {base}: {error.strerror}", code="attest.write") from error
    return paths


def artifact_name(sim_id: str) -> str:
    """Return the artifact's file name, which is also the statement's subject name."""
    return f"{sim_id}.result.json"


def artifact_sha256(artifact: Artifact) -> str:
    """Return the hex digest of an artifact; raises ConfigError for a malformed digest."""
    if isinstance(artifact, (bytes, bytearray)):
        return digest_bytes(bytes(artifact))["sha256"]
    if set(artifact) != {"sha256"} or not is_hex(artifact["sha256"]):
        raise ConfigError("an artifact is bytes or {'sha256': 64 lower-case hex digits}", code="attest.artifact")
    return artifact["sha256"]


def read_source(source: Union[str, Path, bytes]) -> bytes:
    """Return the bytes of an attestation, or of its file; raises ConfigError when it cannot be read."""
    if isinstance(source, (bytes, bytearray)):
        return bytes(source)
    try:
        with Path(source).open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {source}: {error.strerror}", code="attest.read") from error


def replace_file(goal: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, and a crash leaves one of them."""
    draft = goal.with_name(f".{goal.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(goal)
    except BaseException:
        if draft.exists():
            draft.unlink()
        raise


def _readable(predicate: SimulationPredicate, envelope: Envelope) -> bytes:
    signed = predicate.to_dict()
    value = {name: signed[name] for name in READABLE_FIELDS}
    value["envelope"] = envelope.to_dict()
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8") + b"\n"
