"""Reads the SQLite databases of Arc Memory: both schemas, read-only, whatever state they are in."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from arc_sim.errors import ConfigError

BUSY_TIMEOUT_S = 2.0
"""How long a writer is waited for."""
MAX_ROWS = 5_000_000
"""Rows read of one table; a history of a million commits stays below."""
MAX_TEXT = 65_536
"""Characters read of one value."""
HINT = "give the graph.db that arc build writes, by default ~/.arc/graph.db"


@dataclass(frozen=True)
class Node:
    """One node, as far as it is used here."""

    node_id: str
    kind: str
    title: str
    extra: str
    """JSON of unknown shape."""
    repo_id: str | None


@dataclass(frozen=True)
class Link:
    """One edge."""

    source: str
    target: str
    relation: str
    properties: str


class Database:
    """An open database."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self._columns = {table: self._columns_of(table) for table in ("nodes", "edges", "repositories")}
        for table, needed in (("nodes", {"id", "type"}), ("edges", {"src", "dst", "rel"})):
            if not needed <= self._columns[table]:
                raise ConfigError(
                    f"{path} is no Arc Memory database: its table {table} is missing or another", hint=HINT
                )

    def nodes(self, *kinds: str) -> Iterator[Node]:
        """Yield the nodes of some types; columns that a schema does not have are empty."""
        optional = [self._column("nodes", name) for name in ("title", "extra", "repo_id")]
        marks = ",".join("?" * len(kinds))
        query = f"SELECT id, type, {', '.join(optional)} FROM nodes WHERE lower(type) IN ({marks})"
        for row in self._rows(query, kinds):
            if row[0]:
                yield Node(_text(row[0]), _text(row[1]).lower(), _text(row[2]), _text(row[3]), _text(row[4]) or None)

    def links(self, *relations: str) -> Iterator[Link]:
        """Yield the edges of some relations, also those whose ends are not stored."""
        properties = self._column("edges", "properties")
        marks = ",".join("?" * len(relations))
        query = f"SELECT src, dst, rel, {properties} FROM edges WHERE upper(rel) IN ({marks})"
        for row in self._rows(query, relations):
            if row[0] and row[1]:
                yield Link(_text(row[0]), _text(row[1]), _text(row[2]).upper(), _text(row[3]))

    def repositories(self) -> dict[str, str]:
        """Return ``{repository id: local path}``; empty for a schema that knows only one."""
        if not {"id", "local_path"} <= self._columns["repositories"]:
            return {}
        return {_text(row[0]): _text(row[1]) for row in self._rows("SELECT id, local_path FROM repositories", ())}

    def _rows(self, query: str, values: tuple[str, ...]) -> Iterator[tuple[object, ...]]:
        try:
            yield from self._connection.execute(f"{query} LIMIT {MAX_ROWS}", values)
        except sqlite3.Error as error:
            raise _unreadable(self._path, error) from error

    def _columns_of(self, table: str) -> set[str]:
        try:
            return {str(row[1]) for row in self._connection.execute(f"PRAGMA table_info({table})")}
        except sqlite3.Error as error:
            raise _unreadable(self._path, error) from error

    def _column(self, table: str, name: str) -> str:
        return f"substr({name}, 1, {MAX_TEXT})" if name in self._columns[table] else "NULL"


@contextmanager
def open_database(path: Path) -> Iterator[Database]:
    """Open a database for reading and close it again.

    Raises ConfigError, one line, when there is none, or it is damaged, locked or of another program.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file", hint=HINT)
    if path.suffix == ".zst":
        raise ConfigError(f"{path} is compressed, and may be older than the database", hint=HINT)
    with closing(_connect(path)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        yield Database(connection, path)


def _connect(path: Path) -> sqlite3.Connection:
    """Connect without writing; where the directory cannot hold SQLite's own files, without looking for them."""
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    last: sqlite3.Error | None = None
    log = path.with_name(path.name + "-wal")
    has_log = log.exists() and log.stat().st_size > 0
    for options in ("",) if has_log else ("", "&immutable=1"):
        try:
            connection = sqlite3.connect(address + options, uri=True, timeout=BUSY_TIMEOUT_S)
        except sqlite3.Error as error:
            last = error
            continue
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            connection.close()
            last = error
            if "locked" in str(error) or "busy" in str(error):
                break
            continue
        return connection
    raise _unreadable(path, last)


def _unreadable(path: Path, error: sqlite3.Error | None) -> ConfigError:
    return ConfigError(f"{path} cannot be read: {error}", hint=HINT)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
