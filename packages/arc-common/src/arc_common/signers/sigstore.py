"""Keyless signing: a short-lived certificate for an OpenID Connect identity, and an entry in a public log.

Needs the extra ``sigstore``, the network, and an identity token: given, or the ambient one of a CI service. What comes
out is verified by its bundle (``sigstore verify identity``, ``cosign verify-blob-attestation --bundle``), not by
``verify_attestation``, which trusts keys and knows no certificates.
"""

import hashlib
import importlib
from typing import Any, Optional

from arc_common.errors import ConfigError, SignatureError
from arc_common.signers.base import Signature, Signer


class SigstoreSigner(Signer):
    """Signs in-toto statements with a certificate from Fulcio and logs them in Rekor.

    identity_token: a raw OpenID Connect token; None asks the CI service for one.   staging: use Sigstore's test
    instance. Everything that is missing raises ConfigError here, before anything is signed.
    """

    def __init__(self, identity_token: Optional[str] = None, staging: bool = False) -> None:
        self._oidc = _import("sigstore.oidc")
        self._token = self._identity(identity_token)
        self._staging = staging

    @property
    def keyid(self) -> str:
        """Empty: each signature has a certificate of its own, whose digest is the signature's ``keyid``."""
        return ""

    def sign(self, payload_type: str, payload: bytes) -> Signature:
        """Return the signature with its bundle; ``payload_type`` must be that of in-toto statements."""
        dsse, models, sign = _import("sigstore.dsse"), _import("sigstore.models"), _import("sigstore.sign")
        errors = (_import("sigstore.errors").Error, self._oidc.ExpiredIdentity, OSError)
        if payload_type != dsse.Envelope._TYPE:
            raise SignatureError(f"Sigstore signs in-toto statements, not {payload_type}", code="attest.sigstore.type")
        try:
            trust = models.ClientTrustConfig.staging() if self._staging else models.ClientTrustConfig.production()
            context = sign.SigningContext.from_trust_config(trust)
            with context.signer(self._token) as signer:
                bundle = signer.sign_dsse(dsse.Statement(payload))
        except errors as error:
            raise SignatureError(
                f"Sigstore did not sign: {type(error).__name__}: {error}",
                code="attest.sigstore",
                hint="check the network and the identity, or sign with a key",
            ) from error
        return _signature(bundle)

    def _identity(self, raw: Optional[str]) -> Any:
        try:
            raw = raw or self._oidc.detect_credential()
            if raw is None:
                raise ConfigError(
                    "keyless signing needs an identity, and no CI service offers one here",
                    code="signer.sigstore.identity",
                    hint="pass an identity token, or sign with a key",
                )
            return self._oidc.IdentityToken(raw)
        except self._oidc.IdentityError as error:
            raise ConfigError(f"the identity token is refused: {error}", code="signer.sigstore.identity") from error


def _signature(bundle: Any) -> Signature:
    from cryptography.hazmat.primitives.serialization import Encoding

    certificate = bundle.signing_certificate.public_bytes(Encoding.DER)
    text = bundle.to_json()
    return Signature(hashlib.sha256(certificate).hexdigest(), bundle._dsse_envelope.signature, text.encode("utf-8"))


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConfigError(
            f"keyless signing needs the package sigstore: {error}",
            code="signer.sigstore.missing",
            hint="install arc-common with its extra sigstore (Python 3.9 or newer)",
        ) from error
