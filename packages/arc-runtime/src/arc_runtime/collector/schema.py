"""Tables of a store, and their version."""

import sqlite3

from arc_runtime.errors import TelemetryError

VERSION = 1
"""Kept in SQLite's ``user_version``; a newer store is refused, an older one is brought up step by step."""
APPLICATION_ID = 0x41524331
"""``ARC1``, in SQLite's ``application_id``: another program's database is not touched."""

_TABLES = """
CREATE TABLE events (
    event_id        TEXT PRIMARY KEY,
    process_id      TEXT NOT NULL,
    service         TEXT NOT NULL,
    received_at_s   REAL NOT NULL,
    started_at_s    REAL NOT NULL,
    provider        TEXT NOT NULL,
    operation       TEXT NOT NULL,
    model           TEXT NOT NULL,
    status          TEXT NOT NULL,
    http_status     INTEGER NOT NULL,
    error_type      TEXT NOT NULL,
    fixes           INTEGER NOT NULL,
    pattern_ids     TEXT NOT NULL,
    added_ms        REAL NOT NULL,
    provider_ms     REAL NOT NULL,
    input_tokens    INTEGER,
    output_tokens   INTEGER,
    message         BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX events_by_time ON events (started_at_s);
CREATE TABLE batches (
    process_id      TEXT NOT NULL,
    sequence        INTEGER NOT NULL,
    received_at_s   REAL NOT NULL,
    events          INTEGER NOT NULL,
    PRIMARY KEY (process_id, sequence)
) WITHOUT ROWID;
CREATE TABLE drops (
    process_id      TEXT NOT NULL,
    sequence        INTEGER NOT NULL,
    reason          TEXT NOT NULL,
    events          INTEGER NOT NULL,
    PRIMARY KEY (process_id, sequence, reason)
) WITHOUT ROWID;
"""


def check(connection: sqlite3.Connection) -> bool:
    """Return whether the file has our tables; False for an empty one. Changes nothing.

    Raises TelemetryError (``store.foreign``, ``store.version``), and sqlite3.DatabaseError when it is no database.
    """
    application_id, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application_id != APPLICATION_ID:
        raise TelemetryError("the file is a database of another program", "store.foreign", "name another file")
    if version > VERSION:
        raise TelemetryError(
            f"the store has version {version}, newer than {VERSION}", "store.version", "use a newer arc-runtime"
        )
    return bool(tables)


def create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file."""
    connection.executescript(
        f"BEGIN; {_TABLES} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
    )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
