"""What a verifier demands: which keys, how many, how fresh, and about what."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Dict, Iterable, Optional, Union

from arc_common.attest.envelope import Envelope
from arc_common.attest.simulation import SimulationPredicate
from arc_common.errors import ConfigError, PolicyError, SignatureError
from arc_common.signers.base import PublicKey

MAX_CLOCK_SKEW_S = 300.0
"""How far in the future a timestamp may lie: five minutes, as Kerberos and most token verifiers allow."""


@dataclass(frozen=True)
class TrustedKey:
    """A public key that is trusted until ``expires_at``; None: as long as it is listed."""

    key: PublicKey
    expires_at: Optional[datetime] = None

    def __post_init__(self) -> None:
        if self.expires_at is not None and self.expires_at.tzinfo is None:
            raise ConfigError("expires_at needs a time zone", code="policy.expiry")


@dataclass(frozen=True)
class Policy:
    """Demands on one attestation; what is None is not demanded."""

    sim_id: Optional[str] = None
    commit_target: Optional[str] = None
    diff_hash: Optional[str] = None
    max_age_s: Optional[float] = None
    """Oldest run that is accepted, by the signed timestamp."""
    threshold: int = 1
    """How many different trusted keys must have signed."""

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise ConfigError("the threshold is at least 1", code="policy.threshold")
        if self.max_age_s is not None and not self.max_age_s >= 0:
            raise ConfigError("max_age_s must not be negative", code="policy.age")


def check_signatures(
    envelope: Envelope, keys: Iterable[Union[PublicKey, TrustedKey]], threshold: int, now: datetime
) -> None:
    """Return when every signature is good and by a trusted, unexpired key, and there are enough of them.

    Raises SignatureError otherwise. Stricter than DSSE, which ignores signatures by unknown keys: an envelope that
    holds one was not made by those whom the verifier named.
    """
    trusted = _by_keyid(keys)
    for signature in envelope.signatures:
        entry = trusted.get(signature.keyid)
        if entry is None:
            raise SignatureError(
                f"signed by a key that is not trusted: {signature.keyid[:64]}",
                code="attest.signature.unknown_key",
                hint="give its public key, if you trust it",
            )
        if entry.expires_at is not None and now >= entry.expires_at:
            raise SignatureError(
                f"key {signature.keyid[:12]} expired at {entry.expires_at.isoformat()}",
                code="attest.signature.expired_key",
            )
        entry.key.verify(envelope.payload_type, envelope.payload, signature.sig)
    if len(envelope.signatures) < threshold:
        raise SignatureError(
            f"{len(envelope.signatures)} trusted signatures, {threshold} are demanded",
            code="attest.signature.threshold",
        )


def check_policy(predicate: SimulationPredicate, policy: Policy, now: datetime) -> None:
    """Return when the verified predicate is the one that the policy asks for; else raise PolicyError."""
    for name in ("sim_id", "commit_target", "diff_hash"):
        expected, found = getattr(policy, name), getattr(predicate, name)
        if expected is not None and expected != found:
            raise PolicyError(f"{name} is {found}, expected {expected}", code=f"attest.policy.{name}")
    signed_at = predicate.timestamp_at
    if signed_at - now > timedelta(seconds=MAX_CLOCK_SKEW_S):
        raise PolicyError(f"the run ended in the future: {predicate.timestamp}", code="attest.policy.future")
    if policy.max_age_s is not None and now - signed_at > timedelta(seconds=policy.max_age_s):
        raise PolicyError(
            f"the run ended at {predicate.timestamp}, more than {policy.max_age_s:g} s ago", code="attest.policy.age"
        )


def _by_keyid(keys: Iterable[Union[PublicKey, TrustedKey]]) -> Dict[str, TrustedKey]:
    trusted: Dict[str, TrustedKey] = {}
    for each in keys:
        entry = each if isinstance(each, TrustedKey) else TrustedKey(each)
        if entry.key.keyid in trusted:
            raise ConfigError(f"key {entry.key.keyid[:12]} is listed twice", code="policy.keys")
        trusted[entry.key.keyid] = entry
    if not trusted:
        raise ConfigError("no trusted key was given", code="policy.keys", hint="give the signer's .pub file")
    return trusted
