"""Signs packs, and checks the signature of a pack before anything in it is read.

Beside ``pack.yaml`` stands ``pack.yaml.intoto.json``: a DSSE envelope whose in-toto statement names the digest of the
file. It says who vouches for the pack, not that its fixes are good.
"""

from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Callable, Iterable, List

from arc_common.attest.envelope import parse_envelope, sign_envelope
from arc_common.attest.policy import check_signatures
from arc_common.attest.statement import Statement, Subject, parse_statement
from arc_common.signers.base import PublicKey, Signer
from arc_runtime.errors import ArcError, PatternError

PREDICATE_TYPE = "urn:x-arc:predicate:pattern-pack:v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
SUFFIX = ".intoto.json"


def sign_pack(content: bytes, name: str, signer: Signer, now: datetime) -> bytes:
    """Return the envelope that vouches for a pack's bytes."""
    subject = Subject(name, sha256(content).hexdigest())
    statement = Statement((subject,), PREDICATE_TYPE, {"name": name, "signedAt": now.isoformat()})
    envelope = sign_envelope(PAYLOAD_TYPE, statement.to_bytes(), [signer])
    return envelope.to_json()


def verify_pack(content: bytes, envelope: bytes, keys: Iterable[PublicKey], where: str) -> None:
    """Return when a trusted key vouches for these very bytes. Raises PatternError otherwise."""
    try:
        parsed = parse_envelope(envelope)
        check_signatures(parsed, keys, 1, datetime.now(timezone.utc))
        statement = parse_statement(parsed.payload)
    except ArcError as error:
        raise PatternError(f"{where}: signature: {error.message}", "pattern.signature", error.hint) from error
    digests = [subject.sha256 for subject in statement.subjects]
    if statement.predicate_type != PREDICATE_TYPE or sha256(content).hexdigest() not in digests:
        raise PatternError(f"{where}: the signature is of another file", "pattern.signature")


def verifier(key_paths: Iterable[str]) -> Callable[[Path, bytes], None]:
    """Return what checks a pack's file against these public keys. Raises PatternError for a key that is none."""
    keys: List[PublicKey] = [_read_key(Path(path).expanduser()) for path in key_paths]

    def verify(path: Path, content: bytes) -> None:
        beside = path.with_name(path.name + SUFFIX)
        if not beside.is_file():
            raise PatternError(
                f"pack {path}: not signed, and ARC_PACK_KEYS demands it", "pattern.signature", f"expected {beside.name}"
            )
        verify_pack(content, beside.read_bytes(), keys, f"pack {path}")

    return verify


def _read_key(path: Path) -> PublicKey:
    try:
        return PublicKey.from_pem(path.read_bytes())
    except (OSError, ArcError) as error:
        raise PatternError(f"ARC_PACK_KEYS: {path}: {error}", "pattern.signature") from error
