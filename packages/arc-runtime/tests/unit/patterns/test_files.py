from pathlib import Path
from typing import Any

import pytest

from arc_runtime.errors import PatternError
from arc_runtime.packs import PACKS
from arc_runtime.patterns.files import load_pack, parse_pack

GOOD = """
version: 1
name: mine
patterns:
  - {id: a, pattern: {model: m}, fix: {x: 1}, source: seen in a log}
"""


@pytest.mark.parametrize("name", sorted(PACKS))
def test_every_pack_that_we_ship_loads_and_says_where_its_patterns_come_from(name: str) -> None:
    pack = load_pack(name)
    assert pack.name == name
    assert all(pattern.source for pattern in pack.patterns)
    assert len(pack.golden) >= 3


def test_a_file_loads(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    assert [pattern.pattern_id for pattern in load_pack(str(tmp_path / "mine.yaml")).patterns] == ["a"]


def edited(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected an object, got NoneType"),
        ("[]", "expected an object, got list"),
        ("a: [", "here: line 1, column 5"),
        ("a: !!python/object/apply:os.system [ls]", "here: line 1, column 4"),
        ("&a [*a, *a]", "expected an object"),
        ("version: 1\nname: x", "patterns is missing"),
        (edited("version: 1", "version: 2"), "version 2 is not known"),
        (edited("version: 1", "version: true"), "version True"),
        (edited("name: mine", "name: ''"), "name: expected a text"),
        (edited("name: mine", "name: mine\nauthor: x"), "author is not known"),
        (edited("id: a, ", ""), r"patterns\[0\]: id is missing"),
        (edited(", source: seen in a log", ""), r"patterns\[0\]: source is missing"),
        (edited("id: a", "id: 7"), r"patterns\[0\]\.id"),
        (edited("{model: m}", "{t: {'=>': 1}}"), r"patterns\[0\]\.pattern\.t: unknown operator"),
        (edited("{x: 1}", "{stream: true}"), r"patterns\[0\]\.fix\.stream"),
        (edited("{x: 1}", "{x: 2026-01-01}"), r"patterns\[0\]\.fix\.x: a date has no JSON form"),
        (edited("id: a", "id: a, confidence: 7"), r"patterns\[0\]\.confidence"),
        (edited("id: a", "id: a, golden: {}"), r"golden: expected a list"),
        (edited("id: a", "id: a, golden: [{name: x}]"), r"golden\[0\]: expected is missing"),
        (GOOD + GOOD.split("patterns:")[1], "'a' is there twice"),
    ],
)
def test_a_wrong_pack_is_refused_with_place_and_reason(text: str, message: str) -> None:
    with pytest.raises(PatternError, match=message):
        parse_pack(text, "here")


def test_deep_nesting_is_an_error_like_any_other() -> None:
    with pytest.raises(PatternError):
        parse_pack("[" * 5000 + "]" * 5000, "here")


@pytest.mark.parametrize("name", ["nobody", "", ".", "/dev/null/x", "a\x00b"])
def test_a_pack_that_is_not_there(name: str) -> None:
    with pytest.raises(PatternError, match="hello_world"):
        load_pack(name)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PatternError, match="cannot be read"):
        load_pack(str(tmp_path / "x.yaml"))


def test_nothing_of_the_document_is_shared_with_the_caller() -> None:
    first: Any = parse_pack(GOOD, "here")
    assert first.patterns[0].fixes[0].apply({}, "messages")[0] == {"x": 1}
