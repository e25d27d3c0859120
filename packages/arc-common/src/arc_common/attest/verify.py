"""Verification: from bytes of anyone to a predicate that can be relied on. It returns that or raises; never False."""

from pathlib import Path
from typing import Any, Dict, Iterable, Optional, Tuple, Union

from arc_common.attest.envelope import Envelope, envelope_from_dict, parse_envelope
from arc_common.attest.files import MAX_FILE_BYTES, Artifact, artifact_sha256, read_source
from arc_common.attest.policy import Policy, TrustedKey, check_policy, check_signatures
from arc_common.attest.simulation import PREDICATE_TYPE, READABLE_FIELDS, SimulationPredicate, predicate_from_dict
from arc_common.attest.statement import Statement, parse_statement
from arc_common.canonical import canonical_bytes, strict_loads
from arc_common.clock import Clock, SystemClock
from arc_common.errors import EnvelopeError, PolicyError, WireError
from arc_common.signers.base import PublicKey

_READABLE_FILE = frozenset((*READABLE_FIELDS, "envelope"))


def verify_attestation(
    source: Union[str, Path, bytes],
    keys: Iterable[Union[PublicKey, TrustedKey]],
    policy: Policy = Policy(),  # noqa: B008 - frozen
    artifact: Optional[Artifact] = None,
    clock: Optional[Clock] = None,
) -> SimulationPredicate:
    """Return what a trusted key signed about a simulation, or raise why it cannot be relied on.

    source: the file or the bytes, of either form: ``{sim_id}.json`` or ``{sim_id}.intoto.jsonl``. In the readable form
    the copies beside the envelope must equal the signed values.
    keys: public keys, or ``TrustedKey`` with an expiry.   artifact: the result's bytes or digest; when given, it must
    be the statement's subject.   clock: for tests.
    Raises EnvelopeError (shape), SignatureError (keys), PolicyError (another run, too old, another artifact),
    ConfigError (the file cannot be read, no key was given).
    """
    envelope, copies = _parse(read_source(source))
    now = (clock or SystemClock()).now()
    check_signatures(envelope, keys, policy.threshold, now)
    statement = parse_statement(envelope.payload)
    if statement.predicate_type != PREDICATE_TYPE:
        raise EnvelopeError(f"predicateType is {statement.predicate_type!r}, expected {PREDICATE_TYPE!r}")
    predicate = predicate_from_dict(statement.predicate)
    _check_copies(copies, predicate)
    check_policy(predicate, policy, now)
    if artifact is not None:
        _check_artifact(statement, artifact)
    return predicate


def _parse(data: bytes) -> Tuple[Envelope, Dict[str, Any]]:
    """Return the envelope and, from the readable form, the copies of signed fields."""
    if len(data) > MAX_FILE_BYTES:
        raise EnvelopeError(f"attestation of more than {MAX_FILE_BYTES} bytes")
    try:
        value = strict_loads(data)
    except WireError as error:
        raise EnvelopeError(f"attestation: {error.message}") from error
    if not isinstance(value, dict) or "envelope" not in value:
        return parse_envelope(data), {}
    wrong = sorted(_READABLE_FILE.symmetric_difference(value))
    if wrong:
        raise EnvelopeError(f"attestation: field missing or not known: {', '.join(map(repr, wrong))}")
    return envelope_from_dict(value.pop("envelope")), value


def _check_copies(copies: Dict[str, Any], predicate: SimulationPredicate) -> None:
    signed = predicate.to_dict()
    for name, copy in copies.items():
        if canonical_bytes(copy) != canonical_bytes(signed[name]):
            raise EnvelopeError(f"{name} beside the envelope is not what was signed", code="attest.envelope.copy")


def _check_artifact(statement: Statement, artifact: Artifact) -> None:
    found = artifact_sha256(artifact)
    if all(subject.sha256 != found for subject in statement.subjects):
        raise PolicyError("the attestation is about another artifact", code="attest.policy.artifact")
