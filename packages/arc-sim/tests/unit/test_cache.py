import os
import sqlite3
import time
import zlib
from dataclasses import dataclass

import msgspec
import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.cache import MAX_VALUE_BYTES, Shelf, Store, code_version, digest, open_store, pack, unpack
from arc_sim.causal.code.library import Library, use_library
from arc_sim.causal.tree import MemoryTree
from arc_sim.config.env import cache_directory

COMPOSE = """
services:
  web:
    build: web
    environment: {ORDERS_URL: "http://orders:80"}
  orders:
    build: orders
"""
FILES = {
    "compose.yaml": COMPOSE,
    "web/Dockerfile": "FROM scratch\n",
    "web/app.py": 'import os, requests\n\nrequests.get(os.environ["ORDERS_URL"], timeout=2)\n',
    "web/other.py": "X = 1\n",
    "orders/Dockerfile": "FROM scratch\n",
    "orders/app.py": "Y = 2\n",
}


@dataclass(frozen=True)
class Thing:
    name: str
    sizes: tuple[int, ...] = ()


class CountingTree(MemoryTree):
    """Notes which code is read."""

    def __init__(self, files):
        super().__init__(files)
        self.read_code = []

    def read(self, path):
        if path.endswith(".py"):
            self.read_code.append(path)
        return super().read(path)


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "x.sqlite")
    yield found
    found.close()


def test_what_is_saved_is_loaded(store):
    shelf = Shelf(store, "thing", Thing)
    things = {shelf.key(i): Thing("n" * i, tuple(range(i))) for i in range(0, 1200, 7)}
    shelf.save(things.items())
    assert shelf.load([*things, b"other"]) == things


def test_a_second_process_sees_it_and_the_last_one_wins(store):
    other = Store(store.path)
    Shelf(store, "thing", Thing).save([(b"k", Thing("a"))])
    Shelf(other, "thing", Thing).save([(b"k", Thing("b"))])
    assert Shelf(store, "thing", Thing).load([b"k"]) == {b"k": Thing("b")}
    other.close()


def test_damaged_values_are_not_there(store):
    shelf = Shelf(store, "thing", Thing)
    shelf.save([(b"%d" % i, Thing("x" * 2000, (i,))) for i in range(4)])
    with sqlite3.connect(store.path) as connection:
        value = connection.execute("SELECT value FROM entry WHERE key = ?", (b"1",)).fetchone()[0]
        connection.execute("UPDATE entry SET value = ? WHERE key = ?", (value[:-3], b"1"))
        connection.execute("UPDATE entry SET value = ? WHERE key = ?", (b"", b"2"))
        connection.execute("UPDATE entry SET value = 7 WHERE key = ?", (b"3",))
    connection.close()
    assert list(shelf.load([b"0", b"1", b"2", b"3"])) == [b"0"]


def test_values_of_another_shape_are_not_there(store):
    store.save([(b"a", pack(["no", "thing"])), (b"b", b"zjunk"), (b"c", b"-\xc1"), (b"d", b"")])
    assert Shelf(store, "thing", Thing).load([b"a", b"b", b"c", b"d"]) == {}


def test_a_value_cannot_grow_without_bound():
    bomb = zlib.compressobj(1)
    content = b"".join(bomb.compress(b"\0" * 2**20) for _ in range(MAX_VALUE_BYTES // 2**20 + 1)) + bomb.flush()
    with pytest.raises(ValueError, match="too large"):
        unpack(b"z" + content)


@pytest.mark.parametrize(
    "content", [b"", b"no database at all, not even nearly" * 100, b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_file_that_is_no_database_does_no_harm(tmp_path, content):
    path = tmp_path / "x.sqlite"
    path.write_bytes(content)
    for _ in range(2):
        store = Store(path)
        store.save([(b"k", pack(1))])
        found = store.load([b"k"])
        store.close()
    assert found == {b"k": pack(1)}, "the second run has a good one"


def test_a_folder_that_cannot_be_made_remembers_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    store = open_store(tmp_path / "file" / "below")
    store.save([(b"k", b"v")])
    store.trim(0)
    assert store.load([b"k"]) == {}


def test_the_least_recently_used_go_first(store):
    keys = {b"%d" % i for i in range(90)}
    store.save((key, os.urandom(4000)) for key in sorted(keys))
    store.trim(100_000_000)
    assert set(store.load(keys)) == keys, "there is room"
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE entry SET used = used - 9 WHERE CAST(key AS TEXT) >= '6'")
    connection.close()
    store.trim(50_000)
    left = set(store.load(keys))
    assert len(left) == 59
    assert left >= {key for key in keys if key < b"6"}


def test_stores_of_other_versions_go_when_nobody_used_them_for_long(tmp_path):
    for name, age_days in (("graph-0123.sqlite", 30), ("graph-4567.sqlite", 1), ("mine.sqlite", 99)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (time.time() - age_days * 86400,) * 2)
    open_store(tmp_path).close()
    assert {path.name for path in tmp_path.glob("*.sqlite")} == {
        f"graph-{code_version()}.sqlite", "graph-4567.sqlite", "mine.sqlite"
    }  # fmt: skip


def test_the_store_is_nobody_elses(tmp_path):
    open_store(tmp_path / "new").close()
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_digests_tell_values_apart():
    assert digest("a", ["b"]) == digest("a", ["b"])
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest(["a", "bc"]), digest(Thing("a"))}) == 5
    with pytest.raises((TypeError, msgspec.MsgspecError)):
        digest(object())


def test_a_second_reading_reads_no_code_and_gives_the_same(store):
    first, second = CountingTree(FILES), CountingTree(FILES)
    plain = derive_tree(MemoryTree(FILES))
    use_library(first, Library(first, store))
    use_library(second, Library(second, store))
    assert derive_tree(first) == plain
    assert [edge.key for edge in plain.edges] == [("web", "orders")]
    assert derive_tree(second) == plain
    assert second.read_code == []


def test_after_a_change_only_what_changed_is_read(store):
    first = CountingTree(FILES)
    use_library(first, Library(first, store))
    derive_tree(first)
    changed = {**FILES, "web/app.py": FILES["web/app.py"].replace("timeout=2", "timeout=3")}
    second = CountingTree(changed)
    use_library(second, Library(second, store))
    graph = derive_tree(second)
    assert set(second.read_code) == {"web/app.py"}
    assert graph == derive_tree(MemoryTree(changed))
    assert graph.edges[0].timeout_ms.value == 3000


def test_another_address_of_the_same_code_is_another_graph(store):
    first = CountingTree(FILES)
    use_library(first, Library(first, store))
    derive_tree(first)
    moved = {**FILES, "compose.yaml": COMPOSE.replace("http://orders:80", "http://elsewhere:80")}
    second = CountingTree(moved)
    use_library(second, Library(second, store))
    assert derive_tree(second).edges == ()


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_directory({}) == tmp_path / ".cache" / "arc"
    assert cache_directory({"XDG_CACHE_HOME": "/x"}).as_posix() == "/x/arc"
    assert cache_directory({"XDG_CACHE_HOME": "/x", "ARC_HOME": "/h"}).as_posix() == "/h/cache"
    assert cache_directory({"ARC_HOME": "/h", "ARC_CACHE_DIR": "/c"}).as_posix() == "/c"
    assert cache_directory({"ARC_CACHE_DIR": ""}) is None
