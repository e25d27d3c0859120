"""The collector's file."""

import sqlite3
import stat
from pathlib import Path
from typing import Any, Iterator

import pytest

from arc_common.wire.v1 import telemetry_pb2 as wire
from arc_runtime.collector.server import examine
from arc_runtime.collector.store import EventStore, Received
from arc_runtime.errors import ConfigError, TelemetryError

HELLO = wire.Hello(process_id="a" * 32, service="shop")


def event(number: int, provider: str = "openai", fixed: bool = False) -> wire.Event:
    message = wire.Event(
        event_id=f"{number:032x}",
        provider=provider,
        operation="chat.completions",
        model="gpt-4",
        outcome=wire.Outcome(status=wire.Outcome.STATUS_OK, http_status=200, output_tokens=(1 << 64) - 1),
        fixes=[wire.AppliedFix(pattern_id="p/1"), wire.AppliedFix(pattern_id="p/2")] if fixed else [],
    )
    message.started_at.FromMilliseconds(1_700_000_000_000 + number)
    message.latency.provider.FromMilliseconds(1_500)
    return message


def received(sequence: int, *events: wire.Event, **dropped: int) -> Received:
    return Received(HELLO, wire.Batch(sequence=sequence, events=events, dropped=dropped))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EventStore]:
    opened = EventStore(tmp_path / "events.db")
    yield opened
    opened.close()


def test_stored_event_comes_back_whole(store: EventStore) -> None:
    message = event(1, fixed=True)
    assert store.add([received(1, message)]) == 1
    (found,) = store.events()
    assert found["message"] == message
    assert (found["service"], found["status"], found["fixes"], found["pattern_ids"]) == ("shop", "ok", 2, "p/1 p/2")
    assert found["provider_ms"] == 1500.0
    assert found["started_at_s"] == pytest.approx(1_700_000_000.001)
    assert found["input_tokens"] is None
    assert found["output_tokens"] == (1 << 63) - 1


def test_same_event_twice_is_stored_once(store: EventStore) -> None:
    assert store.add([received(1, event(1), event(2), event(1))]) == 2
    assert store.add([received(1, event(1), event(2)), received(2, event(2), event(3))]) == 1
    assert store.count() == 3


def test_losses_of_a_batch_that_came_twice_count_once(store: EventStore) -> None:
    for _ in range(2):
        store.add([received(1, event(1), queue_full=5)])
    store.add([received(2, queue_full=2, closed=1)])
    assert store.drops() == {"closed": 1, "queue_full": 7}


def test_all_or_nothing(store: EventStore) -> None:
    class Bad:
        process_id = "b" * 32
        service = object()  # no value for SQLite

    with pytest.raises(sqlite3.Error):
        store.add([received(1, event(1)), Received(Bad(), wire.Batch(sequence=1, events=[event(2)]))])  # type: ignore[arg-type] # the point
    assert store.count() == 0
    assert store.add([received(1, event(1))]) == 1


def test_choosing(store: EventStore) -> None:
    store.add([received(1, *(event(n, "openai" if n % 2 else "anthropic", fixed=n < 4) for n in range(10)))])
    assert store.count({"provider": "openai"}) == 5
    assert [found["event_id"] for found in store.events(limit=2)] == [f"{9:032x}", f"{8:032x}"]
    assert {found["provider"] for found in store.events({"provider": "anthropic"})} == {"anthropic"}
    assert store.count({"provider": "openai"}, fixed=True) == 2
    assert store.count({"http_status": "200"}) == 10
    assert store.count({"provider": "x' OR '1'='1"}) == 0


@pytest.mark.parametrize("column", ["nonsense", "provider = 'x' OR 1", "message", ""])
def test_unknown_columns_are_refused(store: EventStore, column: str) -> None:
    with pytest.raises(ConfigError, match="cannot choose"):
        store.count({column: "x"})


def test_reader_sees_what_a_writer_committed(store: EventStore) -> None:
    reader = EventStore(store.path, read_only=True)
    assert reader.count() == 0
    store.add([received(1, event(1))])
    assert reader.count() == 1
    with pytest.raises(sqlite3.OperationalError):
        reader.add([received(2, event(2))])
    reader.close()


def test_file_is_for_its_owner_only(store: EventStore) -> None:
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_files_that_are_no_store_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("not a database, but longer than a header of one hundred bytes" * 5)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE other (x)")
    connection.close()
    for path in (text, foreign, tmp_path, tmp_path / "none" / "x.db"):
        before = path.read_bytes() if path.is_file() else b""
        with pytest.raises(TelemetryError):
            EventStore(path)
        assert (path.read_bytes() if path.is_file() else b"") == before


def test_missing_file_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(TelemetryError, match="no such file"):
        EventStore(tmp_path / "none.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_newer_store_is_refused(store: EventStore) -> None:
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(TelemetryError, match="version 99"):
        EventStore(store.path)


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        (wire.Batch(sequence=0), "malformed"),
        (wire.Batch(sequence=1 << 63), "malformed"),
        (wire.Batch(sequence=1, events=[wire.Event(event_id="0" * 31)]), "malformed"),
        (wire.Batch(sequence=1, events=[wire.Event(event_id="0" * 32 + "\n")]), "malformed"),
        (wire.Batch(sequence=1, events=[wire.Event(event_id="0" * 32, outcome={"status": 77})]), "malformed"),  # type: ignore[arg-type] # an unknown number
        (wire.Batch(sequence=1, events=[wire.Event(event_id="0" * 32)] * 1001), "too_large"),
    ],
)
def test_batches_that_are_refused(batch: wire.Batch, code: str) -> None:
    refused: Any = examine(batch)
    assert refused.code == code


def test_batches_that_are_taken() -> None:
    assert examine(wire.Batch(sequence=1)) is None
    assert examine(wire.Batch(sequence=(1 << 63) - 1, events=[event(1)] * 1000)) is None
