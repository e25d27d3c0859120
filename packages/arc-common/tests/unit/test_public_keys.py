import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from arc_common.errors import ConfigError
from arc_common.signers.base import PublicKey
from arc_common.testing import KEYID, PUBLIC_PEM, fixed_signer


def _pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_the_fixed_key_has_the_same_name_on_every_python_and_library():
    assert fixed_signer().public_key.pem == PUBLIC_PEM
    assert fixed_signer().keyid == PublicKey.from_pem(PUBLIC_PEM).keyid == KEYID


def test_equality_goes_by_key():
    assert PublicKey.from_pem(PUBLIC_PEM + b"\n") == fixed_signer().public_key
    assert len({PublicKey.from_pem(PUBLIC_PEM), fixed_signer().public_key, fixed_signer(1).public_key}) == 2
    assert repr(fixed_signer().public_key) == f"PublicKey({KEYID})"


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"nonsense",
        PUBLIC_PEM[:-40],
        PUBLIC_PEM.replace(b"MCow", b"MCox"),
        _pem(rsa.generate_private_key(65537, 2048)),
        _pem(ec.generate_private_key(ec.SECP256K1())),
    ],
    ids=["empty", "text", "cut", "changed", "rsa", "secp256k1"],
)
def test_other_keys_are_refused(pem):
    with pytest.raises(ConfigError) as caught:
        PublicKey.from_pem(pem)
    assert caught.value.code == "key.public"
