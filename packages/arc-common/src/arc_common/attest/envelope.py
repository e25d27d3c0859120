"""DSSE envelopes: exact bytes with signatures over them, parsed without a doubt.

Source: https://github.com/secure-systems-lab/dsse, envelope.md, v1. Beyond it we demand standard base64 in its one
canonical spelling, a key id in every signature, and no field that the specification does not name.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Dict, Sequence, Tuple

from arc_common.canonical import canonical_bytes, strict_loads
from arc_common.errors import EnvelopeError, WireError
from arc_common.signers.base import Signature, Signer, pae

IN_TOTO_PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""Payload type of in-toto statements: in-toto/attestation, spec/v1/envelope.md."""

MAX_ENVELOPE_BYTES = 4 * 1024 * 1024
"""Longest envelope that is read; ours have about 2 KiB."""

MAX_SIGNATURES = 16
"""Most signatures that are read; each one costs a check."""

_MAX_KEYID_CHARS = 256


@dataclass(frozen=True)
class Envelope:
    """A payload as it was signed, byte for byte, with its signatures."""

    payload_type: str
    payload: bytes
    signatures: Tuple[Signature, ...]

    def pae(self) -> bytes:
        """Return the bytes that the signatures cover."""
        return pae(self.payload_type, self.payload)

    def to_dict(self) -> Dict[str, Any]:
        """Return the envelope as a JSON object."""
        return {
            "payload": _encode(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": each.keyid, "sig": _encode(each.sig)} for each in self.signatures],
        }

    def to_json(self) -> bytes:
        """Return one line of JSON without a line end."""
        return canonical_bytes(self.to_dict())


def sign_envelope(payload_type: str, payload: bytes, signers: Sequence[Signer]) -> Envelope:
    """Return the envelope with one signature per signer; raises EnvelopeError without signers or with one twice."""
    signatures = tuple(signer.sign(payload_type, payload) for signer in signers)
    _check_distinct(signatures)
    return Envelope(payload_type, payload, signatures)


def parse_envelope(data: bytes, payload_type: str = IN_TOTO_PAYLOAD_TYPE) -> Envelope:
    """Return the envelope of one line of JSON, with or without its line end; nothing is verified yet.

    Raises EnvelopeError when anything is missing, too much, doubled, too long, in another spelling, or when the
    payload is of another type.
    """
    if len(data) > MAX_ENVELOPE_BYTES:
        raise EnvelopeError(f"envelope of {len(data)} bytes, at most {MAX_ENVELOPE_BYTES} are read")
    if not data.startswith(b"{") or not (data.endswith((b"}", b"}\n"))):
        raise EnvelopeError("an envelope is one JSON object with nothing around it")
    try:
        value = strict_loads(data)
    except WireError as error:
        raise EnvelopeError(f"envelope: {error.message}") from error
    return envelope_from_dict(value, payload_type)


def envelope_from_dict(value: Any, payload_type: str = IN_TOTO_PAYLOAD_TYPE) -> Envelope:
    """Return the envelope of a JSON object that ``strict_loads`` gave; raises EnvelopeError as ``parse_envelope``."""
    _check_fields(value, ("payload", "payloadType", "signatures"), "envelope")
    if value["payloadType"] != payload_type:
        raise EnvelopeError(f"payloadType is {value['payloadType']!r}, expected {payload_type!r}")
    entries = value["signatures"]
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_SIGNATURES:
        raise EnvelopeError(f"signatures must be a list of 1 to {MAX_SIGNATURES}")
    signatures = tuple(_signature(entry) for entry in entries)
    _check_distinct(signatures)
    return Envelope(payload_type, _decode(value["payload"], "payload"), signatures)


def _signature(entry: Any) -> Signature:
    _check_fields(entry, ("keyid", "sig"), "signature")
    keyid = entry["keyid"]
    if not isinstance(keyid, str) or not 0 < len(keyid) <= _MAX_KEYID_CHARS:
        raise EnvelopeError(f"a keyid has 1 to {_MAX_KEYID_CHARS} characters")
    return Signature(keyid, _decode(entry["sig"], "sig"))


def _check_fields(value: Any, names: Tuple[str, ...], what: str) -> None:
    if not isinstance(value, dict):
        raise EnvelopeError(f"{what} is not an object")
    wrong = sorted(set(value).symmetric_difference(names))
    if wrong:
        raise EnvelopeError(f"{what}: field missing or not known: {', '.join(map(repr, wrong))}")


def _check_distinct(signatures: Tuple[Signature, ...]) -> None:
    if not signatures:
        raise EnvelopeError("an envelope needs a signature")
    if len({each.keyid for each in signatures}) != len(signatures):
        raise EnvelopeError("two signatures name the same key")
    if len({each.sig for each in signatures}) != len(signatures):
        raise EnvelopeError("the same signature stands twice")


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: Any, what: str) -> bytes:
    if not isinstance(text, str) or not text:
        raise EnvelopeError(f"{what} is not a base64 string")
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise EnvelopeError(f"{what} is not base64") from error
    if _encode(data) != text:
        raise EnvelopeError(f"{what} is base64, but not in its canonical spelling")
    return data
