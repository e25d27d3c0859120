import pytest

from arc_common.canonical import canonical_bytes, strict_loads
from arc_common.errors import WireError


def test_canonical_bytes_sort_keys_and_drop_spaces():
    assert canonical_bytes({"b": [1.0, 2.5, None], "a": "é\n"}) == '{"a":"é\\n","b":[1,2.5,null]}'.encode()


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), 2**53, -(2**53), "\ud800", {"\udfff": 1}, {1: 2}, {"a": b"x"}, {1, 2}],
)
def test_values_that_json_does_not_have_are_refused(value):
    with pytest.raises(WireError):
        canonical_bytes(value)


def test_endless_nesting_is_refused_and_not_a_crash():
    value = []
    value.append(value)
    with pytest.raises(WireError):
        canonical_bytes(value)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a":1,"a":1}', "wire.json.duplicate"),
        (b'{"x":{"a":1,"b":2,"a":3}}', "wire.json.duplicate"),
        (b'{"a":1,"\\u0061":2}', "wire.json.duplicate"),
        (b"NaN", "wire.json.number"),
        (b"[Infinity]", "wire.json.number"),
        (b"-Infinity", "wire.json.number"),
        (b"1e999", "wire.json.number"),
        (b"9007199254740993", "wire.json.number"),
        (b"-9007199254740993", "wire.json.number"),
        (b"1" * 400, "wire.json.number"),
        (b"1" * 5000, "wire.json.number"),
        (b'"\\ud800"', "wire.json.surrogate"),
        (b'{"\\udc00":1}', "wire.json.surrogate"),
        (b'["\\ud83d\\u0020"]', "wire.json.surrogate"),
        (b"[" * 65 + b"]" * 65, "wire.json.depth"),
        (b"[" * 1_000_000, "wire.json.depth"),
        (b'{"a":' * 1000, "wire.json.depth"),
        (b"1 2", "wire.json"),
        (b"{} x", "wire.json"),
        (b"{}\x00", "wire.json"),
        (b"", "wire.json"),
        (b" ", "wire.json"),
        (b"\xef\xbb\xbf{}", "wire.json"),
        (b'"\xff"', "wire.json"),
        (b'"\xed\xa0\x80"', "wire.json"),
        ("{}".encode("utf-16"), "wire.json"),
        (b'"a\nb"', "wire.json"),
        (b"{'a':1}", "wire.json"),
        (b"[1,]", "wire.json"),
        (b"01", "wire.json"),
        (b"+1", "wire.json"),
        (b".5", "wire.json"),
        (b"nul", "wire.json"),
        (b'"\\ud8', "wire.json"),
        (b'"\\u12"', "wire.json"),
        (b'"open', "wire.json"),
    ],
)
def test_ambiguous_json_is_refused(data, code):
    with pytest.raises(WireError) as caught:
        strict_loads(data)
    assert caught.value.code == code
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300


def test_brackets_in_strings_are_no_nesting():
    assert strict_loads(b'["' + b"[" * 500 + b'\\"[[{"]') == ["[" * 500 + '"[[{']


def test_surrogate_pairs_are_characters():
    assert strict_loads(b'"\\ud83d\\ude00"') == "😀"


def test_the_limits_are_arguments():
    assert strict_loads(b"[[1]]", max_depth=2) == [[1]]
    with pytest.raises(WireError):
        strict_loads(b"[[1]]", max_depth=1)
    with pytest.raises(WireError) as caught:
        strict_loads(b"[[1]]", max_bytes=4)
    assert caught.value.code == "wire.json.size"


def test_whole_doubles_beyond_2_53_survive_as_the_canonical_form_spells_them():
    for number in (1e16, 2.0**70, -1.2345678901234567e20):
        assert strict_loads(canonical_bytes(number)) == number


@pytest.mark.parametrize("end", [b"", b"\\", b'"', b'"}'])
def test_a_long_string_of_quotes_is_read_once(end):
    # from every quote to the end of the text would be 10^12 steps here, so this ends in time or never
    data = b'{"' + b'\\"' * 2_000_000 + end
    with pytest.raises(WireError):
        strict_loads(data)


def test_a_long_number_is_what_a_double_can_hold():
    assert strict_loads(b"0." + b"0" * 1_000_000 + b"1") == 0
    for number in (b"1" * 1_000_000, b"1e" + b"9" * 1_000_000):
        with pytest.raises(WireError):
            strict_loads(number)
