"""The contract of signing: a Signer makes signatures, a PublicKey checks them; both over DSSE's encoding.

What is signed is never the payload alone but ``PAE(payload_type, payload)``, so that a signature for one type of
payload is none for another. Source: https://github.com/secure-systems-lab/dsse, protocol.md, v1.
"""

import abc
import binascii
from typing import NamedTuple, Union

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from securesystemslib.dsse import Envelope as _SslibEnvelope
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined] # exported without __all__
from securesystemslib.signer import Signature as _SslibSignature  # type: ignore[attr-defined] # the same

from arc_common.errors import ConfigError, SignatureError


class Signature(NamedTuple):
    """One signature with the name of its key."""

    keyid: str
    """Names the key; a hint for the verifier, not covered by the signature."""
    sig: bytes
    """The raw signature."""
    bundle: bytes = b""
    """For keyless signers: the Sigstore bundle as JSON, without which nobody can verify. Empty for keys."""


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding: the bytes that are signed."""
    encoded: bytes = _SslibEnvelope(payload, payload_type, {}).pae()
    return encoded


class PublicKey:
    """A public key that checks signatures: Ed25519, or ECDSA on P-256, P-384 (as cosign makes them)."""

    def __init__(self, key: SSlibKey, pem: bytes) -> None:
        self._key = key
        self.keyid: str = key.keyid
        """SHA-256 over the key in securesystemslib's canonical form, hex: what in-toto and TUF use."""
        self.pem = pem
        """SubjectPublicKeyInfo, PEM."""

    @classmethod
    def from_pem(cls, pem: bytes) -> "PublicKey":
        """Return the key of a PEM SubjectPublicKeyInfo; raises ConfigError for anything else."""
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ConfigError("not a public key in PEM", code="key.public", hint="give the .pub file") from error
        if not isinstance(key, (Ed25519PublicKey, EllipticCurvePublicKey)):
            raise ConfigError("the public key is neither Ed25519 nor ECDSA", code="key.public")
        spki = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        try:
            return cls(SSlibKey.from_crypto(key), spki)
        except ValueError as error:
            raise ConfigError(f"this kind of public key is not supported: {error}", code="key.public") from error

    def verify(self, payload_type: str, payload: bytes, sig: bytes) -> None:
        """Return when ``sig`` is this key's signature over the typed payload; else raise SignatureError."""
        try:
            signature = _SslibSignature(self.keyid, binascii.hexlify(sig).decode("ascii"))
            self._key.verify_signature(signature, pae(payload_type, payload))
        except UnverifiedSignatureError as error:
            raise SignatureError(f"key {self.keyid[:12]} did not sign this", code="attest.signature.bad") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and other.pem == self.pem

    def __hash__(self) -> int:
        return hash(self.pem)

    def __repr__(self) -> str:
        return f"PublicKey({self.keyid})"


class Signer(abc.ABC):
    """Makes signatures. Implementations: ``ed25519`` (a file), ``memory`` (for tests), ``sigstore`` (keyless)."""

    @property
    @abc.abstractmethod
    def keyid(self) -> str:
        """Name of the key that signs next."""

    @abc.abstractmethod
    def sign(self, payload_type: str, payload: bytes) -> Signature:
        """Return the signature over ``PAE(payload_type, payload)``.

        Raises SignatureError when the signer cannot sign (expired identity, service not reachable).
        """


class KeySigner(Signer):
    """Signs with an Ed25519 or ECDSA P-256 key that is in memory; how it came there is the business of subclasses."""

    def __init__(self, private_key: Union[Ed25519PrivateKey, EllipticCurvePrivateKey]) -> None:
        self._signer = CryptoSigner(private_key)
        spki = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.public_key = PublicKey.from_pem(spki)
        """The public half."""

    @property
    def keyid(self) -> str:
        """The public key's ``keyid``."""
        return self.public_key.keyid

    def sign(self, payload_type: str, payload: bytes) -> Signature:
        """Return the signature. Ed25519 gives the same bytes for the same input, ECDSA does not."""
        signature = self._signer.sign(pae(payload_type, payload))
        return Signature(self.keyid, bytes.fromhex(signature.signature))
