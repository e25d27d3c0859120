"""Events in a SQLite file: one writer, any number of readers."""

import sqlite3
import time
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from arc_common.wire.v1 import telemetry_pb2 as wire
from arc_runtime.collector import schema
from arc_runtime.errors import ConfigError, TelemetryError

# fmt: off
COLUMNS = (
    "event_id", "process_id", "service", "received_at_s", "started_at_s", "provider", "operation", "model",
    "status", "http_status", "error_type", "fixes", "pattern_ids", "added_ms", "provider_ms", "input_tokens",
    "output_tokens", "message",
)
# fmt: on
FILTERS = ("provider", "operation", "model", "status", "service", "process_id", "error_type", "http_status", "event_id")
"""Columns by which `EventStore.events` can choose."""
_BUSY_TIMEOUT_S = 5.0


class Received(NamedTuple):
    """A batch and who sent it."""

    hello: wire.Hello
    batch: wire.Batch


class EventStore:
    """One file. Not for several threads at once.

    Raises TelemetryError when the file cannot be opened, is no store, or is newer than this program.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        try:
            self._connection = _open(path, read_only)
        except (sqlite3.Error, OSError) as error:
            raise TelemetryError(f"cannot open the store {path}: {error}", "store.open") from error
        try:
            known = schema.check(self._connection)
            if read_only and not known:
                raise TelemetryError(f"{path} is empty: no store", "store.open", "name another file")
            if not read_only:
                _configure(self._connection)
            if not known:
                schema.create(self._connection)
        except sqlite3.Error as error:
            self._connection.close()
            raise TelemetryError(f"{path} is not a store: {error}", "store.open", "name another file") from error
        except TelemetryError:
            self._connection.close()
            raise

    def add(self, received: Iterable[Received]) -> int:
        """Store batches in one transaction, and return how many events were new.

        When it returns, they survive a crash of this process and of the machine. Raises sqlite3.Error: nothing stored.
        """
        now_s = time.time()
        new = 0
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for hello, batch in received:
                rows = [_row(hello, event, now_s) for event in batch.events]
                new += self._connection.executemany(_INSERT, rows).rowcount if rows else 0
                self._note(hello.process_id, batch, now_s)
        return new

    def _note(self, process_id: str, batch: wire.Batch, now_s: float) -> None:
        key = (process_id, batch.sequence)
        self._connection.execute("INSERT OR IGNORE INTO batches VALUES (?, ?, ?, ?)", (*key, now_s, len(batch.events)))
        drops = [(*key, reason, min(events, (1 << 63) - 1)) for reason, events in batch.dropped.items()]
        self._connection.executemany("INSERT OR IGNORE INTO drops VALUES (?, ?, ?, ?)", drops)

    def events(
        self, where: Optional[Mapping[str, str]] = None, fixed: bool = False, limit: Optional[int] = None
    ) -> Iterator[Dict[str, Any]]:
        """Yield events, newest first, as ``{column: value}`` with the parsed ``message``.

        where: equal to, by a column of ``FILTERS``; others raise ConfigError.   fixed: only those that were changed.
        """
        clause, values = _clause(where or {}, fixed)
        query = f"SELECT {', '.join(COLUMNS)} FROM events{clause} ORDER BY started_at_s DESC, event_id LIMIT ?"
        for row in self._connection.execute(query, [*values, -1 if limit is None else limit]):
            found = dict(zip(COLUMNS, row))
            found["message"] = wire.Event.FromString(found["message"])
            yield found

    def count(self, where: Optional[Mapping[str, str]] = None, fixed: bool = False) -> int:
        """Return how many events there are."""
        clause, values = _clause(where or {}, fixed)
        return int(self._connection.execute(f"SELECT count(*) FROM events{clause}", values).fetchone()[0])

    def drops(self) -> Dict[str, int]:
        """Return the events that runtimes say they lost, by reason."""
        return dict(self._connection.execute("SELECT reason, sum(events) FROM drops GROUP BY reason ORDER BY reason"))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _open(path: Path, read_only: bool) -> sqlite3.Connection:
    if read_only and not path.is_file():
        raise FileNotFoundError("no such file")
    if not path.exists():
        path.touch(mode=0o600)  # prompts and answers are in it
    uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    # made by one thread, used by the collector's writing thread; isolation_level None: transactions are ours
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)


def _configure(connection: sqlite3.Connection) -> None:
    # FULL: the log is synced at each commit, so an acknowledged batch survives a power cut
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _clause(where: Mapping[str, str], fixed: bool) -> Tuple[str, List[str]]:
    unknown = sorted(set(where) - set(FILTERS))
    if unknown:
        raise ConfigError(f"cannot choose by {unknown[0]}", "store.filter", f"use one of {', '.join(FILTERS)}")
    parts = [f"{column} = ?" for column in where] + (["fixes > 0"] if fixed else [])
    return (" WHERE " + " AND ".join(parts) if parts else ""), list(where.values())


_INSERT = f"INSERT OR IGNORE INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"


def _row(hello: wire.Hello, event: wire.Event, now_s: float) -> Sequence[Any]:
    outcome = event.outcome
    return (
        event.event_id,
        event.provenance.process_id or hello.process_id,
        hello.service,
        now_s,
        event.started_at.seconds + event.started_at.nanos / 1e9,
        event.provider,
        event.operation,
        event.model,
        wire.Outcome.Status.Name(outcome.status)[len("STATUS_") :].lower(),
        outcome.http_status,
        outcome.error_type,
        len(event.fixes),
        " ".join(fix.pattern_id for fix in event.fixes),
        event.latency.added.seconds * 1e3 + event.latency.added.nanos / 1e6,
        event.latency.provider.seconds * 1e3 + event.latency.provider.nanos / 1e6,
        _token_count(outcome, "input_tokens"),
        _token_count(outcome, "output_tokens"),
        event.SerializeToString(),
    )


def _token_count(outcome: wire.Outcome, field: str) -> Optional[int]:
    # SQLite's integers end at 2**63 - 1
    return min(int(getattr(outcome, field)), (1 << 63) - 1) if outcome.HasField(field) else None  # type: ignore[arg-type] # two literals
