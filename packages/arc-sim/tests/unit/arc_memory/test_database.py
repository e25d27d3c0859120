"""Arc Memory's databases: both schemas, and everything that can be wrong with one."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from arc_sim.arc_memory.database import open_database
from arc_sim.arc_memory.evidence import Evidence, strengthen, weigh
from arc_sim.arc_memory.history import read_history
from arc_sim.errors import ConfigError
from arc_sim.model import Edge, Graph, Service

BUILT = (
    "CREATE TABLE nodes(id TEXT PRIMARY KEY, type TEXT NOT NULL, title TEXT, body TEXT, timestamp TEXT, extra TEXT);"
    "CREATE TABLE edges(src TEXT NOT NULL, dst TEXT NOT NULL, rel TEXT NOT NULL, properties TEXT, PRIMARY KEY (src, dst, rel));"  # noqa: E501 - one statement
    "CREATE VIRTUAL TABLE fts_nodes USING fts5(body, content='nodes', content_rowid='id');"
)  # fmt: skip
"""As ``arc build`` makes it."""
ADAPTER = (
    "CREATE TABLE repositories(id TEXT PRIMARY KEY, name TEXT NOT NULL, url TEXT, local_path TEXT NOT NULL, metadata TEXT);"  # noqa: E501 - one statement
    "CREATE TABLE nodes(embedding BLOB, id TEXT PRIMARY KEY, type TEXT NOT NULL, title TEXT, body TEXT, timestamp TEXT,"
    " repo_id TEXT, extra TEXT, created_at TEXT, metadata TEXT, url TEXT);"
    "CREATE TABLE edges(src TEXT NOT NULL, dst TEXT NOT NULL, rel TEXT NOT NULL, properties TEXT, PRIMARY KEY(src,dst,rel));"  # noqa: E501 - one statement
    "CREATE TABLE metadata(key TEXT PRIMARY KEY, value TEXT);"
)  # fmt: skip
"""As its SDK makes it on an empty file, columns in another order."""
FILES = ("web/main.py", "orders/main.py", "schema/orders.sql", "README.md")
GRAPH = Graph(
    (Service("orders", paths=("orders",)), Service("web", paths=("web",))), (Edge("web", "orders", confidence=0.5),)
)


def make(path: Path, schema: str, commits: "dict[str, list[str]]", repo_id: "str | None" = None) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema)
        add(connection, commits, repo_id)
        connection.commit()
    return path


def add(connection: sqlite3.Connection, commits: "dict[str, list[str]]", repo_id: "str | None" = None) -> None:
    for sha, files in commits.items():
        node = {"id": f"commit:{sha}", "type": "commit"} | ({"repo_id": repo_id} if repo_id else {})
        marks = ", ".join("?" * len(node))
        connection.execute(f"INSERT INTO nodes({', '.join(node)}) VALUES ({marks})", tuple(node.values()))
        for file in files:
            values = (f"commit:{sha}", f"file:{file}", "MODIFIES", '{"insertions": 1}')
            connection.execute("INSERT INTO edges VALUES (?, ?, ?, ?)", values)


def evidence(path: Path, root: Path, commits: "frozenset[str] | None" = None) -> Evidence:
    with open_database(path) as database:
        return weigh(GRAPH, read_history(database, root, FILES, commits))


TOGETHER = {f"{n:040x}": ["web/main.py", "orders/main.py"] for n in range(4)}
SCHEMA_CHANGES = {f"{n:040x}": ["schema/orders.sql", "orders/main.py"] for n in range(10, 14)}


@pytest.mark.parametrize("schema", [BUILT, ADAPTER], ids=["arc build", "SDK"])
@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_both_schemas_say_the_same(tmp_path: Path, schema: str, journal: str) -> None:
    path = make(tmp_path / "graph.db", schema, {**TOGETHER, **SCHEMA_CHANGES})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
    found = evidence(path, tmp_path)
    assert [(item.services, item.commits, item.share) for item in found.co_changes] == [(("orders", "web"), 4, 1.0)]
    assert found.owners == (("schema/orders.sql", "orders", 4, 4),)
    assert read_only_files(tmp_path) <= {"graph.db", "graph.db-wal", "graph.db-shm"}


def read_only_files(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_what_is_only_in_the_log_of_an_open_writer_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "graph.db", BUILT, {})
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        add(writer, TOGETHER)
        writer.commit()
        assert evidence(path, tmp_path).co_changes[0].commits == 4


def test_reading_changes_nothing(tmp_path: Path) -> None:
    path = make(tmp_path / "graph.db", BUILT, TOGETHER)
    before = path.read_bytes()
    evidence(path, tmp_path)
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into any directory")
def test_a_directory_that_cannot_be_written_to(tmp_path: Path) -> None:
    path = make(tmp_path / "graph.db", BUILT, TOGETHER)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    tmp_path.chmod(0o500)
    try:
        assert evidence(path, tmp_path).co_changes
    finally:
        tmp_path.chmod(0o700)


def test_repositories_in_one_database_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    make(path, ADAPTER, TOGETHER, "repository:1")
    with closing(sqlite3.connect(path)) as connection:
        add(connection, SCHEMA_CHANGES, "repository:2")
        rows = [("repository:1", "x", None, str(tmp_path), None), ("repository:2", "y", None, "/elsewhere", None)]
        connection.executemany("INSERT INTO repositories VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()
    found = evidence(path, tmp_path)
    assert found.co_changes
    assert found.owners == ()
    assert evidence(path, tmp_path, frozenset(SCHEMA_CHANGES)) == Evidence()


def test_large_commits_and_files_of_others_say_nothing(tmp_path: Path) -> None:
    files = ["web/main.py", "orders/main.py", *(f"gone/{n}.py" for n in range(10))]
    commits = {f"{n:040x}": files for n in range(4)}
    with open_database(make(tmp_path / "graph.db", BUILT, commits)) as database:
        history = read_history(database, tmp_path, FILES, None)
    assert all(group <= set(FILES) for group in history.commits)


def test_patterns_count_once_however_often_they_were_built(tmp_path: Path) -> None:
    path = make(tmp_path / "graph.db", BUILT, {})
    with closing(sqlite3.connect(path)) as connection:
        for build in range(3):
            for file in ("web/main.py", "orders/main.py"):
                values = (f"pattern:co_change:{build}", f"file:{file}", "CORRELATES_WITH", '{"frequency": 3}')
                connection.execute("INSERT INTO edges VALUES (?, ?, ?, ?)", values)
        connection.commit()
    assert [item.commits for item in evidence(path, tmp_path).co_changes] == [3]


def test_history_raises_confidence_and_makes_no_edges(tmp_path: Path) -> None:
    path = make(tmp_path / "graph.db", BUILT, TOGETHER)
    with open_database(path) as database:
        history = read_history(database, tmp_path, FILES, None)
    stronger = strengthen(GRAPH, history, weigh(GRAPH, history))
    assert stronger.edges == (Edge("web", "orders", confidence=0.55),)
    assert strengthen(Graph(GRAPH.services, ()), history, weigh(GRAPH, history)).edges == ()


def test_dependencies_that_the_database_holds_are_edges(tmp_path: Path) -> None:
    path = make(tmp_path / "graph.db", BUILT, {})
    rows = [(f"service:{name}", "service", name, json.dumps({"name": name})) for name in ("web", "orders", "docs")]
    links = [
        ("service:web", "service:orders", "DEPENDS_ON", '{"protocol": "http"}'),
        ("service:orders", "service:nobody", "DEPENDS_ON", "{}"),
        ("service:web", "service:web", "CALLS", "not json"),
    ]
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany("INSERT INTO nodes(id, type, title, extra) VALUES (?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO edges VALUES (?, ?, ?, ?)", links)
        connection.commit()
    with open_database(path) as database:
        history = read_history(database, tmp_path, FILES, None)
    assert strengthen(GRAPH, history, Evidence()).edges == (Edge("web", "orders", confidence=0.75),)
    alone = strengthen(Graph((), ()), history, Evidence())
    assert [service.name for service in alone.services] == ["orders", "web"]
    assert alone.edges == (Edge("web", "orders", "http", confidence=0.5),)


def test_what_our_plug_in_wrote_is_no_second_opinion(tmp_path: Path) -> None:
    path = make(tmp_path / "graph.db", BUILT, {})
    with closing(sqlite3.connect(path)) as connection:
        rows = [(f"service:{name}", "service") for name in ("web", "orders")]
        connection.executemany("INSERT INTO nodes(id, type) VALUES (?, ?)", rows)
        values = ("service:web", "service:orders", "DEPENDS_ON", json.dumps({"source": "arc-sim"}))
        connection.execute("INSERT INTO edges VALUES (?, ?, ?, ?)", values)
        connection.commit()
    with open_database(path) as database:
        history = read_history(database, tmp_path, FILES, None)
    assert strengthen(GRAPH, history, Evidence()).edges == GRAPH.edges


def test_values_of_any_type_are_read(tmp_path: Path) -> None:
    path = make(tmp_path / "graph.db", BUILT, TOGETHER)
    with closing(sqlite3.connect(path)) as connection:
        rows = [(b"\xff\xfe", "service", b"\xff", "[" * 5000), ("service:x", "service", 5, '{"name": ["y"]}')]
        connection.executemany("INSERT INTO nodes(id, type, title, extra) VALUES (?, ?, ?, ?)", rows)
        connection.execute("INSERT INTO edges VALUES (?, ?, 'MODIFIES', ?)", (b"\xff", "file:web/main.py", b"\x00"))
        connection.commit()
    assert evidence(path, tmp_path).co_changes


def broken(tmp_path: Path) -> "dict[str, Path]":
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE users(id)")
    short = tmp_path / "cut.db"
    short.write_bytes(make(tmp_path / "whole.db", BUILT, TOGETHER).read_bytes()[:5000])
    noise = tmp_path / "noise.db"
    noise.write_bytes(b"\x01\x02" * 5000)
    compressed = tmp_path / "graph.db.zst"
    compressed.write_bytes(b"x")
    return {
        "no such file": tmp_path / "none.db",
        "another": other,
        "cannot be read": short,
        "not a database": noise,
        "compressed": compressed,
        "no such file ": tmp_path,
    }


@pytest.mark.parametrize(
    "case", ["no such file", "another", "cannot be read", "not a database", "compressed", "no such file "]
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, case: str) -> None:
    path = broken(tmp_path)[case]
    with pytest.raises(ConfigError, match=case.strip()) as caught:
        evidence(path, tmp_path)
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_a_locked_database_is_not_waited_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arc_sim.arc_memory.database.BUSY_TIMEOUT_S", 0.0)
    path = make(tmp_path / "graph.db", BUILT, TOGETHER)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ConfigError, match="locked"):
            evidence(path, tmp_path)
