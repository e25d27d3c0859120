"""A signer whose key is a file: made on first use, readable by its owner only.

``PATH`` holds the private key (PKCS#8, PEM, not encrypted, mode 0600), ``PATH`` with the suffix ``.pub`` the public
one (SubjectPublicKeyInfo, PEM), which cosign, openssl and securesystemslib read as it is.
"""

import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from arc_common.errors import ConfigError
from arc_common.signers.base import KeySigner, PublicKey

_MAX_KEY_BYTES = 16 * 1024


class Ed25519Signer(KeySigner):
    """Signs with the private key of one file."""

    def __init__(self, private_key: Ed25519PrivateKey, path: Path) -> None:
        super().__init__(private_key)
        self.path = path
        """The private key's file."""

    @property
    def public_path(self) -> Path:
        """The public key's file, to hand to those who verify."""
        return public_path(self.path)

    @classmethod
    def load(cls, path: Path) -> "Ed25519Signer":
        """Return the signer of an existing key file, and put its public key beside it when that is missing.

        Raises ConfigError when the file is missing, readable by others, or holds no Ed25519 private key, and
        when the public key beside it belongs to another one.
        """
        path = Path(path)
        _check_name(path)
        signer = cls(_parse(_read_private(path), path), path)
        signer._publish()
        return signer

    @classmethod
    def load_or_create(cls, path: Path) -> "Ed25519Signer":
        """Return the signer of the key file, which is made on first use.

        Missing folders are made with mode 0700. When two processes do this at once, one key wins and both use it.
        """
        path = Path(path)
        _check_name(path)
        try:
            if not path.exists():
                _make_folders(path.parent)
                _create(path)
        except OSError as error:
            raise ConfigError(
                f"cannot make a signing key at {path}: {error.strerror}", code="key.create", hint="give another path"
            ) from error
        return cls.load(path)

    def _publish(self) -> None:
        goal = self.public_path
        try:
            if not goal.exists():
                draft = _draft(goal, self.public_key.pem, 0o644)
                draft.replace(goal)
            found = PublicKey.from_pem(goal.read_bytes()[:_MAX_KEY_BYTES])
        except OSError as error:
            raise ConfigError(f"cannot keep {goal}: {error.strerror}", code="key.public") from error
        if found != self.public_key:
            raise ConfigError(
                f"{goal} is not the public key of {self.path}",
                code="key.mismatch",
                hint=f"remove {goal}: it is written again",
            )


def public_path(path: Path) -> Path:
    """Return where the public key of a private key file lies."""
    return path.with_suffix(".pub")


def _check_name(path: Path) -> None:
    if path.suffix == ".pub":
        raise ConfigError(f"{path} is the name of a public key", code="key.name", hint="name the private key's file")


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            _check_private(path, status)
            return file.read(_MAX_KEY_BYTES)
    except OSError as error:
        raise ConfigError(f"cannot read the signing key {path}: {error.strerror}", code="key.private") from error


def _check_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"the signing key {path} is not a file", code="key.private")
    if os.name == "posix" and status.st_mode & 0o077:
        raise ConfigError(
            f"the signing key {path} is open to others (mode {stat.S_IMODE(status.st_mode):04o})",
            code="key.mode",
            hint=f"chmod 600 {path}, or make a new key if others may have read it",
        )


def _parse(pem: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path} is not an unencrypted private key in PEM", code="key.private") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path} is not an Ed25519 key", code="key.private")
    return key


def _make_folders(folder: Path) -> None:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def _create(path: Path) -> None:
    """Make the key complete under another name, then link it into place: the first link wins, none is overwritten."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = _draft(path, pem, 0o600)
    try:
        os.link(str(draft), str(path))
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _draft(goal: Path, content: bytes, mode: int) -> Path:
    draft = goal.with_name(f".{goal.name}.{secrets.token_hex(8)}")
    descriptor = os.open(str(draft), os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink()
        raise
    return draft
