"""The root of every error that Arc raises on purpose.

ArcError
  ConfigError            a setting or an argument is wrong
  WireError              a message cannot be converted
  AttestationError       > EnvelopeError, SignatureError, PolicyError

arc-runtime and arc-sim add their branches in their own ``errors.py``.
"""


class ArcError(Exception):
    """An error with a stable code for machines and one thing a person can do about it.

    message: one line, no trailing full stop needed.   code: dotted, stable across releases, e.g. ``wal.full``.
    hint: how to mend it, one line, possibly empty.
    """

    code = "arc.error"

    def __init__(self, message: str, code: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(ArcError):
    """A setting or an argument is wrong."""

    code = "config.invalid"


class WireError(ArcError):
    """A value does not fit the wire message, or the message does not fit the value."""

    code = "wire.invalid"


class AttestationError(ArcError):
    """An attestation cannot be trusted."""

    code = "attest.invalid"


class EnvelopeError(AttestationError):
    """The envelope or its payload has the wrong shape."""

    code = "attest.envelope"


class SignatureError(AttestationError):
    """No signature by a trusted, unexpired key covers the payload."""

    code = "attest.signature"


class PolicyError(AttestationError):
    """The signature is good, but the statement is not the one that was asked for."""

    code = "attest.policy"
