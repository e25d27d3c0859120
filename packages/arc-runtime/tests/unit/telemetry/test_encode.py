"""Bodies of any kind become valid JSON within the limit."""

import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import uuid
from typing import Any

import pytest

from arc_runtime.snapshot import CUT, ITEM_BYTES, MAX_NODES, MAX_SCALARS, freeze, keep
from arc_runtime.telemetry.encode import encode, to_json
from arc_runtime.telemetry.redact import Redactor

R = Redactor()


def parsed(value: Any, max_bytes: int = 100_000) -> Any:
    return json.loads(to_json(value, max_bytes, R).json)


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: Any


class Sdk:
    """Like a message object of an SDK."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self, exclude_unset: bool = False) -> Any:
        return dict(self.fields)


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no")

    def model_dump(self, exclude_unset: bool = False) -> Any:
        raise ValueError("sk-abcdefghijklmnopqrstuvwx")


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no")


class Key:
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        ("é\n\u2028\ud800", "é\n\u2028\ud800"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (b"\x00\xff", "[2 bytes]"),
        ((1, 2), [1, 2]),
        (Colour.RED, "red"),
        (Point(1, Point(2, None)), {"x": 1, "y": {"x": 2, "y": None}}),
        (Point, "[type]"),
        (Sdk(role="user", content=[Sdk(text="hi")]), {"role": "user", "content": [{"text": "hi"}]}),
        (Hostile(), "[Hostile]"),
        (Text("fine"), "fine"),
        (object(), "[object]"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (decimal.Decimal("0.10"), "0.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        ({1: "a", None: "b", (1, 2): "c", b"k": "d"}, {"1": "a", "None": "b", "[tuple]": "c", "[1 bytes]": "d"}),
        ({Key(): 1}, {"[Key]": 1}),
        ({"a": {3}}, {"a": [3]}),
        ((number for number in range(3)), "[generator]"),
    ],
)
def test_every_kind_of_value(value: Any, expected: Any) -> None:
    assert parsed(value) == expected


def test_numbers_that_python_refuses_to_write() -> None:
    assert parsed([10**5000, {10**5000: -(10**5000)}]) == ["[cut]", {"[int]": "[cut]"}]


def test_real_pydantic_object() -> None:
    pydantic = pytest.importorskip("pydantic")
    message = pydantic.create_model("Message", role=(str, ...), content=(str, "unset"))(role="user")
    assert parsed({"messages": [message]}) == {"messages": [{"role": "user"}]}


def test_circular_references_end() -> None:
    loop: Any = {"a": [1]}
    loop["a"].append(loop)
    encoded = to_json(loop, 100_000, R)
    assert encoded.truncated
    assert json.loads(encoded.json)["a"][0] == 1


def test_too_many_nodes_are_cut_and_told() -> None:
    frozen = freeze([{"n": number} for number in range(MAX_NODES + 100)])
    assert not frozen.complete
    assert len(frozen.value) < MAX_NODES + 100
    assert frozen.value[-1] == CUT


def test_long_list_of_numbers_is_cut_and_told() -> None:
    frozen = freeze(list(range(MAX_SCALARS + 1)))
    assert not frozen.complete
    assert len(frozen.value) == MAX_SCALARS + 1
    assert freeze(list(range(MAX_SCALARS))).complete


def test_many_lists_of_numbers_share_one_bound() -> None:
    frozen = freeze({"data": [{"embedding": [0.5] * 3_000} for _ in range(1_000)]})
    assert not frozen.complete
    assert len(str(frozen.value)) < 10 * MAX_SCALARS


def test_many_keys_are_cut_and_told() -> None:
    frozen = freeze({str(number): number for number in range(MAX_SCALARS + 1)})
    assert not frozen.complete
    assert len(frozen.value) == MAX_SCALARS


def test_what_is_kept_is_copied_once_and_stays_marked_where_it_was_cut() -> None:
    kept = keep({"input": list(range(MAX_SCALARS + 1))})
    assert freeze(kept).value is kept
    assert not freeze(kept).complete
    assert freeze(keep({"input": [1]})) == ({"input": [1]}, True, 2 * ITEM_BYTES)


def test_the_size_is_that_of_the_texts_and_the_items() -> None:
    for value in ({"a": "x" * 1_000}, ["x" * 1_000], {"a": ["x" * 500, {"b": "x" * 500}]}):
        assert 1_000 < freeze(value).size_bytes <= 1_000 + 4 * ITEM_BYTES


def test_later_changes_do_not_reach_the_copy() -> None:
    inner = ["old"]
    body = {"messages": [{"content": inner}], "stop": inner}
    frozen = freeze(body)
    inner.append("new")
    body["messages"].append("more")  # type: ignore[attr-defined]
    assert frozen.value == {"messages": [{"content": ["old"]}], "stop": ["old"]}


@pytest.mark.parametrize("max_bytes", [16, 20, 33, 64, 100, 1000])
@pytest.mark.parametrize(
    "value",
    [
        "x" * 5000,
        "é" * 5000,
        '"\\\n' * 900,
        ["ab"] * 3000,
        {f"k{n}": n for n in range(900)},
        {"k" * 500: 1},
        [[[["x"] * 99]]],
    ],
)
def test_the_limit_holds_and_the_json_is_whole(value: Any, max_bytes: int) -> None:
    encoded = to_json(value, max_bytes, R)
    assert len(encoded.json) <= max_bytes
    whole = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    assert encoded.truncated == (whole > max_bytes)
    json.loads(encoded.json)


def test_a_value_that_just_fits_is_not_cut() -> None:
    text = json.dumps("x" * 98).encode()
    assert to_json("x" * 98, 100, R) == (text, False)
    assert to_json("x" * 99, 100, R).truncated


def test_secrets_are_gone_from_values_keys_and_by_name() -> None:
    body = {
        "api_key": "plainword",
        "nested": {"Authorization": ["anything"], "password": None},
        "jane@example.org": "mail",
        "card": 4111111111111111,
        "text": "use sk-abcdefghijklmnopqrstuvwx please",
    }
    assert parsed(body) == {
        "api_key": "[redacted]",
        "nested": {"Authorization": "[redacted]", "password": None},
        "[redacted:email]": "mail",
        "card": "[redacted:card]",
        "text": "use [redacted:api-key] please",
    }


def test_secret_across_the_cut_leaves_no_half() -> None:
    text = "y" * 60 + " 4111 1111 1111 1111 " + "z" * 500
    for max_bytes in range(66, 100):
        head = json.loads(to_json(text, max_bytes, R).json)
        assert "4111" not in head
        assert "1111" not in head


def test_only_frozen_values_are_encoded_twice_the_same() -> None:
    frozen = freeze({"a": [1, "x", None]}).value
    assert encode(frozen, 100, R) == encode(json.loads(encode(frozen, 100, R).json), 100, R)
