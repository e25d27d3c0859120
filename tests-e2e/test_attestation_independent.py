"""What we sign, judged by others: securesystemslib, in-toto-attestation, cryptography and (where installed) sigstore.

Nothing of ours verifies here; our code only writes. The files are those that ``arc sim`` leaves in ``.arc/.attest``.
"""

import base64
import hashlib
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf import json_format
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from arc_common.attest import sign_result, write_attestation
from arc_common.signers.base import KeySigner
from arc_common.signers.ed25519 import Ed25519Signer
from arc_common.testing import example_artifact, example_result

PAYLOAD_TYPE = "application/vnd.in-toto+json"
PREDICATE_TYPE = "urn:x-arc:attestation:simulation:v1"


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return Ed25519Signer.load_or_create(tmp_path_factory.mktemp("home") / "keys" / "arc.key")


@pytest.fixture(scope="module")
def paths(signer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("work") / ".arc" / ".attest"
    return write_attestation(folder, example_result(), example_artifact(), signer)


@pytest.fixture(scope="module")
def public_key(signer):
    """The key as a stranger gets it: the PEM file, read by cryptography, named by securesystemslib."""
    return SSlibKey.from_crypto(load_pem_public_key(signer.public_path.read_bytes()))


def _securesystemslib_accepts(data, public_key):
    """Say whether securesystemslib takes these bytes for a signed in-toto payload.

    It leaves two things to its callers, which in-toto's own tools do: the payload type, and that the text is JSON of
    an object with one signature list.
    """
    try:
        envelope = Envelope.from_dict(json.loads(data))
        envelope.verify([public_key], 1)
    except (VerificationError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return envelope.payload_type == PAYLOAD_TYPE


def test_securesystemslib_accepts_the_envelope(paths, public_key):
    assert _securesystemslib_accepts(paths.envelope.read_bytes(), public_key)
    readable = json.loads(paths.readable.read_bytes())
    assert _securesystemslib_accepts(json.dumps(readable["envelope"]), public_key)


def test_securesystemslib_refuses_it_after_any_changed_byte(paths, public_key):
    data = paths.envelope.read_bytes()
    assert data.endswith(b"}\n")
    tolerated = []
    for position, byte in enumerate(data):
        for other in sorted({byte ^ 1, byte ^ 0x20, byte ^ 0x80, ord('"'), ord("A")} - {byte}):
            changed = data[:position] + bytes([other]) + data[position + 1 :]
            if _securesystemslib_accepts(changed, public_key):
                tolerated.append((position, byte, other))
    # The one tolerance is base64's: bits that the last character before '=' has and the decoded bytes do not. Its
    # decoder ignores them, so the same signed bytes come out; verify_attestation refuses that spelling as well.
    for position, byte, other in tolerated:
        assert data[position + 1 : position + 2] == b"=", (position, byte, other)
        changed = data[:position] + bytes([other]) + data[position + 1 :]
        assert Envelope.from_dict(json.loads(changed)) == Envelope.from_dict(json.loads(data))


def test_securesystemslib_refuses_another_key(paths, tmp_path):
    other = Ed25519Signer.load_or_create(tmp_path / "other.key")
    stranger = SSlibKey.from_crypto(load_pem_public_key(other.public_path.read_bytes()))
    assert not _securesystemslib_accepts(paths.envelope.read_bytes(), stranger)


def test_in_toto_attestation_accepts_the_statement(paths):
    statements = pytest.importorskip("in_toto_attestation.v1.statement", reason="needs in-toto-attestation")
    import in_toto_attestation.v1.statement_pb2 as statement_pb2

    envelope = json.loads(paths.envelope.read_bytes())
    message = json_format.Parse(base64.b64decode(envelope["payload"]), statement_pb2.Statement())
    statements.Statement.copy_from_pb(message).validate()
    assert message.predicate_type == PREDICATE_TYPE
    assert [dict(subject.digest) for subject in message.subject] == [
        {"sha256": hashlib.sha256(paths.artifact.read_bytes()).hexdigest()}
    ]
    assert message.predicate["sim_id"] == "sim-0001"


def test_the_checks_of_cosign_hold(paths, signer):
    """Repeat, with cryptography alone, what cosign's verify-blob-attestation checks (docs/guides/attestation.md)."""
    key = load_pem_public_key(signer.public_path.read_bytes())
    envelope = json.loads(paths.envelope.read_bytes())
    assert envelope["payloadType"] == PAYLOAD_TYPE
    payload = base64.b64decode(envelope["payload"], validate=True)
    encoded = b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)
    (signature,) = envelope["signatures"]
    key.verify(base64.b64decode(signature["sig"], validate=True), encoded)
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(signature["sig"], validate=True), encoded + b" ")
    statement = json.loads(payload)
    digest = hashlib.sha256(paths.artifact.read_bytes()).hexdigest()
    assert digest in [subject["digest"].get("sha256") for subject in statement["subject"]]
    assert statement["predicateType"] == PREDICATE_TYPE


def test_sigstore_reads_the_envelope_and_its_encoding_verifies(paths, signer):
    dsse = pytest.importorskip("sigstore.dsse", reason="needs the package sigstore")
    envelope = dsse.Envelope._from_json(paths.envelope.read_bytes())
    key = load_pem_public_key(signer.public_path.read_bytes())
    key.verify(envelope.signature, envelope.pae())
    payload = base64.b64decode(json.loads(paths.envelope.read_bytes())["payload"])
    assert dsse.Statement(payload)._pae() == envelope.pae()


def test_sigstore_verifies_a_signature_of_the_kind_it_knows():
    dsse = pytest.importorskip("sigstore.dsse", reason="needs the package sigstore")
    errors = pytest.importorskip("sigstore.errors", reason="needs the package sigstore")
    private_key = generate_private_key(SECP256R1())
    signed = sign_result(example_result(), example_artifact(), KeySigner(private_key))
    data = signed.to_json()
    assert dsse._verify(private_key.public_key(), dsse.Envelope._from_json(data)) == signed.payload
    stranger = generate_private_key(SECP256R1()).public_key()
    with pytest.raises(errors.VerificationError):
        dsse._verify(stranger, dsse.Envelope._from_json(data))
    for position in range(0, len(signed.payload), 7):
        value = json.loads(data)
        payload = bytearray(signed.payload)
        payload[position] ^= 1
        value["payload"] = base64.b64encode(bytes(payload)).decode()
        with pytest.raises(errors.VerificationError):
            dsse._verify(private_key.public_key(), dsse.Envelope._from_json(json.dumps(value)))
