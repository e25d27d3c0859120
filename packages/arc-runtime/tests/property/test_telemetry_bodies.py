"""Whatever a program puts into a request: valid JSON, within the limit, without a secret, and never an exception."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from arc_runtime.snapshot import freeze
from arc_runtime.telemetry.encode import to_json
from arc_runtime.telemetry.redact import Redactor

SECRETS = (
    "sk-abcdefghijklmnopqrstuvwx",
    "sk-ant-api03-AAAABBBBCCCCDDDD",
    "arc_key_9f8e7d6c5b4a",
    "AKIAIOSFODNN7EXAMPLE",
    "4111 1111 1111 1111",
    "jane.doe@example.org",
)


class Odd:
    """Raises wherever it is touched."""

    def __init__(self, kind: int) -> None:
        self.kind = kind

    def __hash__(self) -> int:
        return self.kind

    def __eq__(self, other: object) -> bool:
        return self is other

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __str__(self) -> str:
        raise RuntimeError("str")

    def model_dump(self, **options: Any) -> Any:
        if self.kind == 0:
            raise RecursionError
        return [self] if self.kind == 1 else {self: {self.kind: b"x"}}


class OddList(list):  # type: ignore[type-arg] # hostile on purpose
    def __iter__(self) -> Any:
        raise RuntimeError("iter")

    def __len__(self) -> int:
        raise RuntimeError("len")


odd = st.integers(0, 3).map(Odd)
texts = st.text(st.characters(), max_size=80)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), texts, st.binary(max_size=9), st.decimals(), st.dates(),
    st.uuids(), st.complex_numbers(), odd, st.none().map(lambda _: OddList([1])), st.none().map(lambda _: 10**6000),
    st.sampled_from(SECRETS),
)  # fmt: skip
keys = st.one_of(texts, st.integers(), st.none(), st.booleans(), st.binary(max_size=3), st.tuples(st.integers()), odd)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner, max_size=6),
        st.frozensets(texts, max_size=3),
    ),
    max_leaves=40,
)


@settings(deadline=None)
@given(value=values, max_bytes=st.integers(0, 3_000))
def test_any_value_becomes_valid_json_within_the_limit(value: Any, max_bytes: int) -> None:
    encoded = to_json(value, max_bytes, Redactor())
    assert len(encoded.json) <= max(16, max_bytes)
    json.loads(encoded.json.decode("utf-8"))


@settings(deadline=None)
@given(value=values, circle=st.sampled_from(["list", "dict"]), max_bytes=st.integers(16, 3_000))
def test_circular_values_end(value: Any, circle: str, max_bytes: int) -> None:
    around: Any = [value] if circle == "list" else {"a": value}
    around.append(around) if circle == "list" else around.update(self=around)
    encoded = to_json(around, max_bytes, Redactor())
    assert len(encoded.json) <= max_bytes
    assert encoded.truncated
    json.loads(encoded.json)


plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**11), 10**11),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text('abé 12"\\\n\u2028🦊', max_size=20),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.text('abcdé"\\\n', max_size=6), inner, max_size=5)
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(value=plain)
def test_plain_json_without_secrets_arrives_as_it_is(value: Any) -> None:
    encoded = to_json(value, 1_000_000, Redactor())
    assert not encoded.truncated
    assert json.loads(encoded.json) == value


@settings(deadline=None)
@given(value=values)
def test_a_copy_shares_no_container_with_the_original(value: Any) -> None:
    seen = set()

    def containers(item: Any) -> None:
        if type(item) in (list, dict):
            seen.add(id(item))
            for inner in item if type(item) is list else item.values():
                containers(inner)

    frozen = freeze(value).value
    containers(frozen)
    copied = set(seen)
    seen.clear()
    containers(value)
    assert not copied & seen


around = st.text(st.sampled_from("ab1 -_.@:/=\"'\n,+*é"), max_size=12)


@settings(deadline=None)
@given(parts=st.lists(st.one_of(around, st.sampled_from([*SECRETS, "Bearer ", "sk-", "4111"])), max_size=8))
def test_redaction_twice_is_redaction_once(parts: Any) -> None:
    redactor = Redactor(["our-own-secret"])
    once = redactor.redact("".join(parts))
    assert redactor.redact(once) == once


@settings(deadline=None)
@given(before=around, secret=st.sampled_from(SECRETS), after=around, max_bytes=st.integers(16, 120))
def test_no_limit_lets_a_secret_through(before: str, secret: str, after: str, max_bytes: int) -> None:
    text = f"{before} {secret} {after}"
    assert secret.encode() not in to_json([text, {text: text}], max_bytes, Redactor()).json
