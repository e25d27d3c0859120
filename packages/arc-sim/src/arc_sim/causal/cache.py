"""What was read before, kept by content: one SQLite file of plain bytes for each version of the reading code.

A key is a digest of everything that the value depends on, a value is msgpack that is decoded into typed data and never
executed. Each value carries its own digest: what a crash, a full disk or a stranger left behind counts as not there.
A store that cannot be opened or written is a store that remembers nothing.
"""

import contextlib
import hashlib
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

MAX_BYTES = 1024**3
"""Size of the file above which the least recently used third is dropped. A decision: ten large repositories."""

DAY_S = 86_400
KEPT_DAYS = 14
"""Days for which the store of another version of arc-sim is kept after its last use."""

CHECK_BYTES = 8
PLAIN_BYTES = 600
"""Values up to this size are not compressed."""
MAX_VALUE_BYTES = 256 * 1024**2
"""No value of ours is larger."""
ROWS = 400
"""Rows in one statement; SQLite allows at least 999 parameters."""


class Store:
    """Bytes by key, in a file that several processes may use at the same time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        with contextlib.suppress(sqlite3.Error, OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = self._opened()

    def load(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the values that are there and undamaged."""
        wanted = list(dict.fromkeys(keys))
        found: dict[bytes, bytes] = {}
        with self._tolerant():
            for start in range(0, len(wanted), ROWS):
                found.update(self._rows(wanted[start : start + ROWS]))
        return found

    def save(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Store values; an equal key already there is replaced."""
        today = int(time.time() // DAY_S)
        rows = [(key, _check(value) + value, today) for key, value in items]
        with self._tolerant():
            if self._connection is not None:
                with self._connection:
                    self._connection.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", rows)

    def trim(self, max_bytes: int = MAX_BYTES) -> None:
        """Drop the least recently used third when the file is larger than ``max_bytes``."""
        with self._tolerant():
            if self._connection is None or self._size() <= max_bytes:
                return
            count = self._connection.execute("SELECT count(*) FROM entry").fetchone()[0]
            with self._connection:
                self._connection.execute(
                    "DELETE FROM entry WHERE rowid IN (SELECT rowid FROM entry ORDER BY used, rowid LIMIT ?)",
                    (count // 3 + 1,),
                )
            self._connection.execute("VACUUM")

    def close(self) -> None:
        """Release the file. May be called twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=10.0, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL)"
            )
        except sqlite3.DatabaseError as error:
            connection.close()
            if isinstance(error, sqlite3.OperationalError):
                raise
            self.path.unlink(missing_ok=True)  # not a database (any more)
            raise
        return connection

    def _rows(self, keys: list[bytes]) -> dict[bytes, bytes]:
        if self._connection is None:
            return {}
        marks = ",".join("?" * len(keys))
        rows = self._connection.execute(f"SELECT key, value, used FROM entry WHERE key IN ({marks})", keys).fetchall()
        today = int(time.time() // DAY_S)
        old = [key for key, _, used in rows if used != today]
        if old:
            marks = ",".join("?" * len(old))
            with self._connection:
                self._connection.execute(f"UPDATE entry SET used = {today} WHERE key IN ({marks})", old)
        found = {}
        for key, stored, _ in rows:
            if isinstance(stored, bytes) and stored[:CHECK_BYTES] == _check(stored[CHECK_BYTES:]):
                found[key] = stored[CHECK_BYTES:]
        return found

    def _size(self) -> int:
        assert self._connection is not None
        pages, size = (self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * size)

    @contextlib.contextmanager
    def _tolerant(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error:
            self.close()


class Shelf(Generic[T]):
    """The values of one kind in a store."""

    def __init__(self, store: Store, name: str, kind: type[T]) -> None:
        self._store, self._name = store, name
        self._decoder = msgspec.msgpack.Decoder(kind)

    def key(self, *parts: object) -> bytes:
        """Return the key of a value that depends on these parts (plain data) and on nothing else."""
        return digest(self._name, *parts)

    def load(self, keys: Iterable[bytes]) -> dict[bytes, T]:
        """Return the values that are there and of the right shape."""
        found: dict[bytes, T] = {}
        for key, value in self._store.load(keys).items():
            with contextlib.suppress(ValueError):  # msgspec's errors are such too
                found[key] = self._decoder.decode(unpack(value))
        return found

    def save(self, items: Iterable[tuple[bytes, T]]) -> None:
        """Store values."""
        self._store.save((key, pack(value)) for key, value in items)


def open_store(directory: Path) -> Store:
    """Return the store of this version of the code in a directory; those of versions long gone are removed."""
    own = directory / f"graph-{code_version()}.sqlite"
    limit = time.time() - KEPT_DAYS * DAY_S
    with contextlib.suppress(OSError):
        for path in directory.glob("graph-*.sqlite*"):
            if not path.name.startswith(own.name) and path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)
    return Store(own)


def encode(value: object) -> bytes:
    """Return plain data as msgpack; equal values that were made in the same order give equal bytes."""
    return msgspec.msgpack.encode(value, enc_hook=_plain)


def pack(value: object) -> bytes:
    """Return plain data as a store keeps it: msgpack, compressed where that pays."""
    content = encode(value)
    return b"z" + zlib.compress(content, 1) if len(content) > PLAIN_BYTES else b"-" + content


def unpack(stored: bytes) -> bytes:
    """Return the msgpack in what a store keeps; raises ValueError when it is damaged or grows without bound."""
    if stored[:1] != b"z":
        return stored[1:]
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(stored[1:], MAX_VALUE_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not inflater.eof:
        raise ValueError("cut or too large")
    return content


def digest(*parts: object) -> bytes:
    """Return 20 bytes that stand for plain data."""
    return hashlib.blake2b(encode(parts), digest_size=20).digest()


@cache
def code_version() -> str:
    """Return a digest of the code that reads repositories and of the grammars it uses: another one, another store."""
    found = hashlib.blake2b(digest_size=8)
    here = Path(__file__).parent
    for path in sorted([*here.rglob("*.py"), *here.parent.glob("model.py"), *here.parent.glob("config/*.py")]):
        found.update(path.relative_to(here.parent).as_posix().encode() + path.read_bytes())
    for name in _grammars():
        found.update(f"{name} {_version(name)}".encode())
    return found.hexdigest()


def _grammars() -> list[str]:
    from importlib.metadata import requires

    try:
        named = requires("arc-sim") or []
    except PackageNotFoundError:
        named = []
    return sorted({line.split(">")[0].split("=")[0].split("[")[0].strip() for line in named})


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _plain(value: object) -> str:
    if isinstance(value, str):
        return str(value)  # text that knows its line
    raise TypeError(f"{type(value).__name__} is no plain data")


def _check(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=CHECK_BYTES).digest()
