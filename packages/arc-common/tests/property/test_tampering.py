"""No single byte of an attestation can be changed, added or taken away without being noticed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arc_common.attest import verify_attestation, write_attestation
from arc_common.canonical import strict_loads
from arc_common.clock import ManualClock
from arc_common.errors import AttestationError
from arc_common.testing import example_artifact, example_envelope, example_result, fixed_signer

KEYS = [fixed_signer().public_key]
CLOCK = ManualClock()
ENVELOPE = example_envelope()
REPLACEMENTS = b' \n\t\x00"A0=}{\xff'


def _accepted(data):
    try:
        return verify_attestation(data, KEYS, clock=CLOCK)
    except AttestationError:
        return None


def _neighbours(byte):
    return {*REPLACEMENTS, *(byte ^ 1 << bit for bit in range(8))} - {byte}


@pytest.fixture(scope="module")
def readable(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attest")
    return write_attestation(folder, example_result(), example_artifact(), fixed_signer()).readable.read_bytes()


def test_every_changed_byte_of_an_envelope_is_refused():
    assert _accepted(ENVELOPE)
    tried = 0
    for position, byte in enumerate(ENVELOPE):
        for other in _neighbours(byte):
            tried += 1
            assert not _accepted(ENVELOPE[:position] + bytes([other]) + ENVELOPE[position + 1 :]), (position, other)
    assert tried > 10 * len(ENVELOPE)


def test_every_missing_or_doubled_byte_of_an_envelope_is_refused():
    # taking the line end away leaves the same envelope: one line, with or without its end
    for position in range(len(ENVELOPE) - 1):
        assert not _accepted(ENVELOPE[:position] + ENVELOPE[position + 1 :]), position
    # a space that is put between two tokens would be no change of the value: only bytes of the text are doubled
    for position in range(len(ENVELOPE)):
        doubled = ENVELOPE[: position + 1] + ENVELOPE[position:]
        assert not _accepted(doubled), position


def test_every_truncation_is_refused():
    assert _accepted(ENVELOPE[:-1])
    for length in range(1, len(ENVELOPE) - 1):
        assert not _accepted(ENVELOPE[:length]), length


def test_a_changed_byte_of_the_readable_form_is_refused_or_leaves_the_same_value(readable):
    # it is indented for people: one blank for another between two tokens is the same JSON value
    value = strict_loads(readable)
    blanks = 0
    for position, byte in enumerate(readable):
        for other in (byte ^ 1, byte ^ 4, ord(" "), ord("\n"), ord("0"), ord('"')):
            changed = readable[:position] + bytes([other]) + readable[position + 1 :]
            if other != byte and _accepted(changed):
                blanks += 1
                assert bytes([byte]).isspace(), (position, byte, other)
                assert strict_loads(changed) == value
    assert blanks > 0


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_an_attestation_error(data):
    assert _accepted(data) is None


@settings(max_examples=200)
@given(st.data())
def test_a_changed_value_anywhere_in_the_json_is_refused(data):
    value = json.loads(ENVELOPE)
    other = data.draw(st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({}))
    path = data.draw(st.sampled_from([("payload",), ("payloadType",), ("signatures",), ("keyid",), ("sig",), ("new",)]))
    target = value["signatures"][0] if path[0] in ("keyid", "sig") else value
    target[path[0]] = other
    assert _accepted(json.dumps(value).encode()) is None
