"""SHA-256 of bytes, files and trees, as in-toto digest sets (``{"sha256": hex}``) and as ``sha256:hex`` text."""

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import Dict, Iterator, Mapping, Tuple

from arc_common.errors import WireError

_HEX = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES = 1024 * 1024


def digest_bytes(data: bytes) -> Dict[str, str]:
    """Return ``{"sha256": hex}`` of the bytes."""
    return {"sha256": hashlib.sha256(data).hexdigest()}


def digest_file(path: Path) -> Dict[str, str]:
    """Return ``{"sha256": hex}`` of the file's content; raises OSError when it cannot be read."""
    return {"sha256": _hash_file(path).hex()}


def digest_tree(root: Path) -> Dict[str, str]:
    """Return ``{"sha256": hex}`` of every file below a folder: names, contents and executable bits.

    Times, owners and empty folders do not count; links count by their target and are not followed. Raises
    WireError for sockets, pipes and devices, NotADirectoryError when ``root`` is no folder.
    The hashed bytes: per entry, sorted by name, the kind (``f``, ``x`` or ``l``), the length of the name in 8
    bytes, the name with ``/``, and the 32 bytes of the SHA-256 of the content or of the link's target.
    """
    whole = hashlib.sha256()
    for name, path in sorted(_walk(Path(root), b"")):
        kind, content = _entry(path)
        whole.update(kind + len(name).to_bytes(8, "big") + name + content)
    return {"sha256": whole.hexdigest()}


def to_text(digest: Mapping[str, str]) -> str:
    """Return ``sha256:hex`` for ``{"sha256": hex}``; raises WireError for anything else."""
    if set(digest) != {"sha256"} or not is_hex(digest["sha256"]):
        raise WireError("a digest is {'sha256': 64 lower-case hex digits}", code="wire.digest")
    return "sha256:" + digest["sha256"]


def from_text(text: str) -> Dict[str, str]:
    """Return ``{"sha256": hex}`` for ``sha256:hex``; raises WireError for anything else."""
    if not isinstance(text, str) or not text.startswith("sha256:") or not is_hex(text[7:]):
        raise WireError("a digest is 'sha256:' and 64 lower-case hex digits", code="wire.digest")
    return {"sha256": text[7:]}


def is_hex(value: object) -> bool:
    """Return whether the value is a SHA-256 in 64 lower-case hex digits."""
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _walk(folder: Path, prefix: bytes) -> Iterator[Tuple[bytes, Path]]:
    for path in folder.iterdir():
        name = prefix + os.fsencode(path.name)
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path, name + b"/")
        else:
            yield name, path


def _entry(path: Path) -> Tuple[bytes, bytes]:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return b"l", hashlib.sha256(os.fsencode(os.readlink(str(path)))).digest()
    if not stat.S_ISREG(mode):
        raise WireError(f"{path} is neither file, folder nor link", code="wire.digest.kind")
    return (b"x" if mode & stat.S_IXUSR else b"f"), _hash_file(path)


def _hash_file(path: Path) -> bytes:
    whole = hashlib.sha256()
    with Path(path).open("rb") as file:
        for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""):
            whole.update(chunk)
    return whole.digest()
