"""A signer whose key lives and dies with the process, for tests and dry runs."""

import os
from typing import Optional

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from arc_common.signers.base import KeySigner


class MemorySigner(KeySigner):
    """Signs with a key that is on no disk: random, or made from 32 bytes so that tests repeat."""

    def __init__(self, seed: Optional[bytes] = None) -> None:
        super().__init__(Ed25519PrivateKey.from_private_bytes(os.urandom(32) if seed is None else seed))
