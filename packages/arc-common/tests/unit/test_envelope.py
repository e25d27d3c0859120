import base64
import json

import pytest

from arc_common.attest.envelope import (
    IN_TOTO_PAYLOAD_TYPE,
    MAX_ENVELOPE_BYTES,
    MAX_SIGNATURES,
    Envelope,
    parse_envelope,
    sign_envelope,
)
from arc_common.errors import EnvelopeError
from arc_common.testing import fixed_signer

GOOD = sign_envelope(IN_TOTO_PAYLOAD_TYPE, b'{"a": 1}', [fixed_signer()])


def _dict():
    return json.loads(GOOD.to_json())


def _refused(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    with pytest.raises(EnvelopeError) as caught:
        parse_envelope(data)
    assert len(caught.value.message) < 500
    return caught.value.message


def test_the_exact_bytes_survive():
    assert parse_envelope(GOOD.to_json()) == GOOD
    assert parse_envelope(GOOD.to_json() + b"\n") == GOOD
    assert GOOD.payload == b'{"a": 1}'
    assert GOOD.pae() == b'DSSEv1 28 application/vnd.in-toto+json 8 {"a": 1}'


def test_order_and_spaces_inside_do_not_matter():
    value = _dict()
    data = json.dumps({key: value[key] for key in ("signatures", "payloadType", "payload")}, indent=3).encode()
    assert parse_envelope(data) == GOOD


@pytest.mark.parametrize(
    "around", [(b" ", b""), (b"", b" "), (b"", b"\n\n"), (b"", b"\r\n"), (b"\n", b""), (b"[", b"]"), (b"", b"\x00")]
)
def test_nothing_stands_around_it(around):
    _refused(around[0] + GOOD.to_json() + around[1])


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"[]", b"null", b'"x"', b"{}\n{}", b'{"payload"}'])
def test_other_json_is_refused(data):
    _refused(data)


@pytest.mark.parametrize("name", ["payload", "payloadType", "signatures"])
def test_each_field_is_needed_once(name):
    value = _dict()
    del value[name]
    assert name in _refused(value)
    twice = GOOD.to_json()[:-1] + f',"{name}":{json.dumps(_dict()[name])}}}'.encode()
    assert "duplicate key" in _refused(twice)


@pytest.mark.parametrize("name", ["keyid", "sig"])
def test_each_signature_field_is_needed(name):
    value = _dict()
    del value["signatures"][0][name]
    assert name in _refused(value)


def test_unknown_fields_are_refused():
    assert "'note'" in _refused({**_dict(), "note": 1})
    value = _dict()
    value["signatures"][0]["cert"] = "x"
    assert "'cert'" in _refused(value)


@pytest.mark.parametrize("payload_type", ["", "application/json", IN_TOTO_PAYLOAD_TYPE + " ", None, 7, ["x"]])
def test_another_payload_type_is_refused(payload_type):
    _refused({**_dict(), "payloadType": payload_type})


@pytest.mark.parametrize("signatures", [[], None, {}, "x", [None], [[]], ["x"], [{}], _dict()["signatures"] * 2])
def test_other_signatures_are_refused(signatures):
    _refused({**_dict(), "signatures": signatures})


def test_the_same_signature_under_two_names_is_refused():
    one = _dict()["signatures"][0]
    assert "twice" in _refused({**_dict(), "signatures": [one, {**one, "keyid": "other"}]})
    assert "same key" in _refused({**_dict(), "signatures": [one, {**one, "sig": "AAAA"}]})


def test_too_many_signatures_are_refused():
    many = [{"keyid": f"k{n}", "sig": base64.b64encode(bytes([n])).decode()} for n in range(MAX_SIGNATURES + 1)]
    assert len(parse_envelope(json.dumps({**_dict(), "signatures": many[:-1]}).encode()).signatures) == MAX_SIGNATURES
    _refused({**_dict(), "signatures": many})


@pytest.mark.parametrize("keyid", ["", None, 1, "k" * 257])
def test_other_key_ids_are_refused(keyid):
    value = _dict()
    value["signatures"][0]["keyid"] = keyid
    _refused(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAA",
        "AAAAA",
        "AA=A",
        "AB==",
        "AAB=",
        "AA==\n",
        " AAAA",
        "AA A",
        "A-_A",
        "ÄAAA",
        "AAAA====",
        "====",
        None,
        7,
        [],
    ],
)
@pytest.mark.parametrize("where", ["payload", "sig"])
def test_other_base64_is_refused(text, where):
    value = _dict()
    if where == "payload":
        value["payload"] = text
    else:
        value["signatures"][0]["sig"] = text
    _refused(value)


def test_oversize_is_refused_before_it_is_parsed():
    assert "at most" in _refused(b"{" + b" " * MAX_ENVELOPE_BYTES + b"}")


def test_signing_needs_different_signers():
    with pytest.raises(EnvelopeError):
        sign_envelope("t", b"x", [])
    with pytest.raises(EnvelopeError):
        sign_envelope("t", b"x", [fixed_signer(), fixed_signer()])
    assert len(sign_envelope("t", b"x", [fixed_signer(), fixed_signer(1)]).signatures) == 2


def test_an_envelope_is_frozen():
    with pytest.raises(AttributeError):
        GOOD.payload = b""
    assert isinstance(GOOD, Envelope)
