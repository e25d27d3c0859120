"""Bytes that must never change: others have signed and stored them.

``ARC_GOLDEN=write`` rewrites the attestation's files; a person reads the difference.
"""

import json
import os
import struct
from pathlib import Path

import pytest

from arc_common.attest import verify_attestation
from arc_common.canonical import canonical_bytes, strict_loads
from arc_common.clock import ManualClock
from arc_common.errors import WireError
from arc_common.signers.base import PublicKey
from arc_common.testing import example_artifact, example_envelope, example_result, fixed_signer

HERE = Path(__file__).parent


@pytest.mark.parametrize(("bits", "text"), json.loads((HERE / "rfc8785_numbers.json").read_text(encoding="utf-8")))
def test_numbers_of_rfc_8785_appendix_b(bits, text):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_bytes(number).decode("ascii") == text
    assert strict_loads(text.encode("ascii")) == number


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_numbers_that_rfc_8785_refuses(bits):
    with pytest.raises(WireError):
        canonical_bytes(struct.unpack(">d", bytes.fromhex(bits))[0])


def test_the_sample_of_rfc_8785_section_3_2():
    sample = rb"""{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"""
    assert canonical_bytes(strict_loads(sample)).hex() == (
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b33333333333333"
        "33332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac24"
        "5c75303030665c6e4127425c225c5c5c5c5c222f227d"
    )


def test_the_key_order_of_rfc_8785_section_3_2_3():
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical_bytes(dict.fromkeys(keys, 0)))) == ordered


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("simulation.result.json", example_artifact),
        ("simulation.intoto.jsonl", example_envelope),
        ("simulation.payload.hex", lambda: _hex(json.loads(example_envelope())["payload"])),
        ("simulation.pub", lambda: fixed_signer().public_key.pem),
    ],
)
def test_the_attestation_of_the_example_is_byte_for_byte_the_same(name, made):
    path = HERE / name
    if os.environ.get("ARC_GOLDEN") == "write":
        path.write_bytes(made())
    assert made() == path.read_bytes()


def test_the_stored_attestation_verifies():
    key = PublicKey.from_pem((HERE / "simulation.pub").read_bytes())
    artifact = (HERE / "simulation.result.json").read_bytes()
    predicate = verify_attestation(HERE / "simulation.intoto.jsonl", [key], artifact=artifact, clock=ManualClock())
    assert predicate.risk_score == example_result()["risk_score"]


def _hex(payload):
    import base64
    import textwrap

    return "\n".join(textwrap.wrap(base64.b64decode(payload).hex(), 96)).encode("ascii") + b"\n"
