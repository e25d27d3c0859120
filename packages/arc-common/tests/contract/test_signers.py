"""What every key signer keeps, whatever its key. Keyless signing needs the network: unit/test_sigstore_signer."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import Signature, SSlibKey

from arc_common.errors import ConfigError, SignatureError
from arc_common.signers import SIGNERS, Signer, load_signer, pae
from arc_common.signers.base import KeySigner, PublicKey

MAKERS = {
    "ed25519": lambda tmp_path: load_signer("ed25519").load_or_create(tmp_path / "keys" / "arc.key"),
    "memory": lambda tmp_path: load_signer("memory")(),
    "memory-fixed": lambda tmp_path: load_signer("memory")(b"\x07" * 32),
    "ecdsa-p256": lambda tmp_path: KeySigner(generate_private_key(SECP256R1())),
}


@pytest.fixture(params=sorted(MAKERS))
def signer(request, tmp_path):
    return MAKERS[request.param](tmp_path)


def test_every_registered_signer_can_be_imported():
    assert sorted(SIGNERS) == ["ed25519", "memory", "sigstore"]
    for name in SIGNERS:
        assert issubclass(load_signer(name), Signer)
    with pytest.raises(ConfigError):
        load_signer("gpg")


def test_the_pae_is_that_of_the_specification():
    # the example of https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_signature_verifies_and_names_its_key(signer):
    signature = signer.sign("text/plain", b"payload")
    assert signature.keyid == signer.keyid == signer.public_key.keyid
    assert signature.bundle == b""
    assert signer.public_key.verify("text/plain", b"payload", signature.sig) is None


@pytest.mark.parametrize("payload", [b"", b"\x00\xff", b"x" * 100_000])
def test_any_bytes_can_be_signed(signer, payload):
    signer.public_key.verify("t", payload, signer.sign("t", payload).sig)


def test_another_payload_type_or_signature_does_not_verify(signer):
    sig = signer.sign("text/plain", b"payload").sig
    flipped = bytes([sig[0], sig[1], sig[2], sig[3], sig[4] ^ 1]) + sig[5:]
    for payload_type, payload, candidate in [
        ("text/plain", b"payloae", sig),
        ("text/plain", b"", sig),
        ("text/plaim", b"payload", sig),
        ("text/plain ", b"payload", sig),
        ("text/plain", b"payload", flipped),
        ("text/plain", b"payload", sig[:-1]),
        ("text/plain", b"payload", sig + b"\x00"),
        ("text/plain", b"payload", b""),
        ("text/plain", b"payload", b"\x00" * len(sig)),
    ]:
        with pytest.raises(SignatureError):
            signer.public_key.verify(payload_type, payload, candidate)


def test_bytes_do_not_move_between_type_and_payload(signer):
    sig = signer.sign("a", b"b c").sig
    with pytest.raises(SignatureError):
        signer.public_key.verify("a 3 b", b" c", sig)


def test_another_key_does_not_verify(signer):
    other = load_signer("memory")()
    with pytest.raises(SignatureError):
        other.public_key.verify("t", b"x", signer.sign("t", b"x").sig)


def test_the_pem_is_all_that_a_verifier_needs(signer):
    key = PublicKey.from_pem(signer.public_key.pem)
    assert key.keyid == signer.keyid
    key.verify("t", b"x", signer.sign("t", b"x").sig)


def test_securesystemslib_accepts_it_from_the_pem_alone(signer):
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = SSlibKey.from_crypto(load_pem_public_key(signer.public_key.pem))
    signature = signer.sign("t", b"x")
    envelope = Envelope(b"x", "t", {signature.keyid: Signature(signature.keyid, signature.sig.hex())})
    assert set(envelope.verify([key], 1)) == {signer.keyid}
