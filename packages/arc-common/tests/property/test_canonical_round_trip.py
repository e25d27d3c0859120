import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from arc_common.canonical import canonical_bytes, strict_loads
from arc_common.errors import WireError

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_reading_gives_back_what_was_written(value):
    assert strict_loads(canonical_bytes(value)) == value


@given(VALUES)
def test_the_canonical_form_is_a_fixed_point(value):
    data = canonical_bytes(value)
    assert canonical_bytes(strict_loads(data)) == data
    assert b"\n" not in data


@given(VALUES)
def test_any_other_spelling_of_the_value_has_the_same_canonical_form(value):
    spelled = json.dumps(value, indent=2, ensure_ascii=True).encode()
    assert canonical_bytes(strict_loads(spelled)) == canonical_bytes(value)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_wire_error(data):
    try:
        value = strict_loads(data)
    except WireError:
        return
    canonical_bytes(value)


@given(VALUES, st.data())
def test_a_damaged_document_gives_a_value_or_a_wire_error(value, data):
    document = bytearray(canonical_bytes(value))
    position = data.draw(st.integers(0, len(document) - 1))
    document[position] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        canonical_bytes(strict_loads(bytes(document)))
