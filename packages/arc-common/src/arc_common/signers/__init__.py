"""Signers by name; each is imported when it is used."""

import importlib
from typing import Type

from arc_common.errors import ConfigError
from arc_common.signers.base import KeySigner, PublicKey, Signature, Signer, pae

SIGNERS = {
    "ed25519": "arc_common.signers.ed25519:Ed25519Signer",
    "memory": "arc_common.signers.memory:MemorySigner",
    "sigstore": "arc_common.signers.sigstore:SigstoreSigner",
}
"""Name to import path."""

__all__ = ["SIGNERS", "KeySigner", "PublicKey", "Signature", "Signer", "load_signer", "pae"]


def load_signer(name: str) -> Type[Signer]:
    """Return the signer's class; raises ConfigError for a name that is not in ``SIGNERS``."""
    if name not in SIGNERS:
        raise ConfigError(f"no signer {name!r}", code="signer.unknown", hint="one of " + ", ".join(sorted(SIGNERS)))
    module, _, attribute = SIGNERS[name].partition(":")
    signer: Type[Signer] = getattr(importlib.import_module(module), attribute)
    return signer
