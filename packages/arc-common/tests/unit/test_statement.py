import json

import pytest

from arc_common.attest.statement import MAX_SUBJECTS, Statement, Subject, parse_statement
from arc_common.errors import EnvelopeError, WireError

SHA = "a" * 64
GOOD = Statement((Subject("x", SHA),), "urn:x-test:p", {"k": [1, None]})


def _dict():
    return json.loads(GOOD.to_bytes())


def _refused(value):
    with pytest.raises(EnvelopeError):
        parse_statement(value if isinstance(value, bytes) else json.dumps(value).encode())


def test_it_round_trips_through_canonical_bytes():
    assert parse_statement(GOOD.to_bytes()) == GOOD
    assert GOOD.to_bytes() == (
        b'{"_type":"https://in-toto.io/Statement/v1","predicate":{"k":[1,null]},"predicateType":"urn:x-test:p",'
        b'"subject":[{"digest":{"sha256":"' + SHA.encode() + b'"},"name":"x"}]}'
    )
    assert parse_statement(json.dumps(_dict(), indent=1).encode()) == GOOD


@pytest.mark.parametrize("name", ["_type", "subject", "predicateType", "predicate"])
def test_fields_are_exact(name):
    value = _dict()
    del value[name]
    _refused(value)
    _refused({**_dict(), name + "x": 1})
    _refused(GOOD.to_bytes()[:-1] + f',"{name}":1}}'.encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"_type": None},
        {"subject": []},
        {"subject": {}},
        {"subject": [None]},
        {"subject": [{"name": "x"}]},
        {"subject": [{"digest": {"sha256": SHA}}]},
        {"subject": [{"name": "", "digest": {"sha256": SHA}}]},
        {"subject": [{"name": 1, "digest": {"sha256": SHA}}]},
        {"subject": [{"name": "x", "digest": {}}]},
        {"subject": [{"name": "x", "digest": {"sha256": SHA.upper()}}]},
        {"subject": [{"name": "x", "digest": {"sha256": SHA[:-1]}}]},
        {"subject": [{"name": "x", "digest": {"sha256": SHA, "sha1": "b"}}]},
        {"subject": [{"name": "x", "digest": {"sha256": SHA}, "uri": "u"}]},
        {"subject": [{"name": "x", "digest": {"sha256": SHA}}] * (MAX_SUBJECTS + 1)},
        {"predicateType": ""},
        {"predicateType": "no uri"},
        {"predicateType": "relative/path"},
        {"predicateType": "urn:with space"},
        {"predicateType": None},
        {"predicate": {}},
        {"predicate": []},
        {"predicate": None},
    ],
)
def test_wrong_values_are_refused(changes):
    _refused({**_dict(), **changes})


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"\xff", b"{", GOOD.to_bytes() + b"x"])
def test_other_payloads_are_refused(payload):
    _refused(payload)


def test_what_json_cannot_hold_is_not_signed():
    with pytest.raises(WireError):
        Statement((Subject("x", SHA),), "urn:x-test:p", {"k": float("nan")}).to_bytes()
