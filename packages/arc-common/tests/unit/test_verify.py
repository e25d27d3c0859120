import json
from datetime import datetime, timedelta, timezone

import pytest

from arc_common.attest import (
    Policy,
    TrustedKey,
    sign_envelope,
    sign_result,
    verify_attestation,
    write_attestation,
)
from arc_common.attest.envelope import IN_TOTO_PAYLOAD_TYPE, MAX_ENVELOPE_BYTES
from arc_common.attest.files import MAX_FILE_BYTES
from arc_common.attest.simulation import READABLE_FIELDS, predicate_from_result
from arc_common.attest.statement import Statement, Subject
from arc_common.clock import ManualClock
from arc_common.digest import digest_bytes
from arc_common.errors import ConfigError, EnvelopeError, PolicyError, SignatureError
from arc_common.testing import example_artifact, example_envelope, example_result, fixed_signer

SIGNED_AT = datetime(2026, 1, 1, tzinfo=timezone.utc)
KEY = fixed_signer().public_key
OTHER = fixed_signer(1).public_key


def _verify(source=None, keys=(KEY,), now=SIGNED_AT, **kwargs):
    return verify_attestation(source or example_envelope(), keys, clock=ManualClock(now), **kwargs)


def _signed(statement, *signers):
    payload = statement if isinstance(statement, bytes) else statement.to_bytes()
    return sign_envelope(IN_TOTO_PAYLOAD_TYPE, payload, signers or [fixed_signer()]).to_json()


def _written(tmp_path):
    paths = write_attestation(tmp_path / ".arc" / ".attest", example_result(), example_artifact(), fixed_signer())
    return paths, json.loads(paths.readable.read_text(encoding="utf-8"))


def test_verification_returns_what_was_signed():
    assert _verify() == predicate_from_result(example_result())


def test_the_files_are_those_of_the_plan(tmp_path):
    paths, value = _written(tmp_path)
    folder = tmp_path / ".arc" / ".attest"
    assert sorted(each.name for each in folder.iterdir()) == [
        "sim-0001.intoto.jsonl",
        "sim-0001.json",
        "sim-0001.result.json",
    ]
    assert paths.readable == folder / "sim-0001.json"
    assert paths.bundle is None
    assert set(value) == {*READABLE_FIELDS, "envelope"}
    assert {name: value[name] for name in READABLE_FIELDS} == {n: example_result()[n] for n in READABLE_FIELDS}
    assert paths.envelope.read_bytes() == example_envelope()
    assert paths.artifact.read_bytes() == example_artifact()
    assert value["envelope"] == json.loads(example_envelope())


def test_each_file_verifies_by_path_and_by_bytes(tmp_path):
    paths, _ = _written(tmp_path)
    expected = predicate_from_result(example_result())
    for path in (paths.readable, paths.envelope):
        for source in (path, str(path), path.read_bytes()):
            assert _verify(source, artifact=paths.artifact.read_bytes()) == expected


def test_a_digest_is_enough_and_nothing_else_is_kept(tmp_path):
    digest = digest_bytes(example_artifact())
    paths = write_attestation(tmp_path, example_result(), digest, fixed_signer())
    assert paths.artifact is None
    assert paths.envelope.read_bytes() == example_envelope()
    assert _verify(paths.envelope, artifact=digest)


def test_a_wrong_digest_is_refused():
    for digest in ({}, {"sha256": "x"}, {"sha512": "a" * 64}):
        with pytest.raises(ConfigError):
            sign_result(example_result(), digest, fixed_signer())


@pytest.mark.parametrize("changes", [{"sim_id": "../evil"}, {"sim_id": "a/b"}, {"risk_score": 101}])
def test_a_wrong_result_writes_nothing(tmp_path, changes):
    with pytest.raises(EnvelopeError):
        write_attestation(tmp_path / "x", example_result(**changes), b"", fixed_signer())
    assert list(tmp_path.iterdir()) == []


def test_writing_again_replaces_and_leaves_no_draft(tmp_path):
    _written(tmp_path)
    paths, _ = _written(tmp_path)
    assert len(list(paths.readable.parent.iterdir())) == 3


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError) as caught:
        write_attestation(tmp_path / "file" / "x", example_result(), b"", fixed_signer())
    assert caught.value.code == "attest.write"


def test_a_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(ConfigError) as caught:
        _verify(tmp_path / "none.json")
    assert caught.value.code == "attest.read"


# --- keys -----------------------------------------------------------------------------------------------------------


def test_a_wrong_key_is_refused():
    with pytest.raises(SignatureError) as caught:
        _verify(keys=[OTHER])
    assert caught.value.code == "attest.signature.unknown_key"


def test_a_wrong_key_under_the_right_name_is_refused():
    value = json.loads(example_envelope(1))
    value["signatures"][0]["keyid"] = KEY.keyid
    with pytest.raises(SignatureError) as caught:
        _verify(json.dumps(value).encode())
    assert caught.value.code == "attest.signature.bad"


def test_an_expired_key_is_refused_from_the_moment_on():
    trusted = TrustedKey(KEY, SIGNED_AT + timedelta(days=1))
    assert _verify(keys=[trusted])
    with pytest.raises(SignatureError) as caught:
        _verify(keys=[trusted], now=SIGNED_AT + timedelta(days=1))
    assert caught.value.code == "attest.signature.expired_key"
    with pytest.raises(ConfigError):
        TrustedKey(KEY, datetime(2026, 1, 1))


def test_without_keys_nothing_is_verified():
    for keys in ([], [KEY, KEY], [KEY, TrustedKey(KEY)]):
        with pytest.raises(ConfigError):
            _verify(keys=keys)


def test_the_threshold_counts_different_keys():
    statement = Statement(
        (Subject("x", "a" * 64),),
        "urn:x-arc:attestation:simulation:v1",
        predicate_from_result(example_result()).to_dict(),
    )
    both = _signed(statement, fixed_signer(), fixed_signer(1))
    assert _verify(both, keys=[KEY, OTHER], policy=Policy(threshold=2))
    with pytest.raises(SignatureError) as caught:
        _verify(keys=[KEY, OTHER], policy=Policy(threshold=2))
    assert caught.value.code == "attest.signature.threshold"
    with pytest.raises(SignatureError) as caught:
        _verify(both, keys=[KEY])
    assert caught.value.code == "attest.signature.unknown_key"
    for threshold in (0, -1):
        with pytest.raises(ConfigError):
            Policy(threshold=threshold)


def test_one_bad_signature_among_good_ones_is_refused():
    value = json.loads(_signed(json.dumps({}).encode(), fixed_signer(), fixed_signer(1)))
    value["payload"] = json.loads(example_envelope())["payload"]
    value["signatures"][0] = json.loads(example_envelope())["signatures"][0]
    with pytest.raises(SignatureError) as caught:
        _verify(json.dumps(value).encode(), keys=[KEY, OTHER])
    assert caught.value.code == "attest.signature.bad"


# --- what was signed ------------------------------------------------------------------------------------------------


def test_a_signature_for_another_payload_type_is_refused():
    payload = Statement((Subject("x", "a" * 64),), "urn:x:y", {"a": 1}).to_bytes()
    value = json.loads(sign_envelope("application/json", payload, [fixed_signer()]).to_json())
    with pytest.raises(EnvelopeError):
        _verify(json.dumps(value).encode())
    value["payloadType"] = IN_TOTO_PAYLOAD_TYPE
    with pytest.raises(SignatureError):
        _verify(json.dumps(value).encode())


def test_another_predicate_type_is_refused_though_signed():
    predicate = predicate_from_result(example_result()).to_dict()
    with pytest.raises(EnvelopeError):
        _verify(_signed(Statement((Subject("x", "a" * 64),), "https://slsa.dev/provenance/v1", predicate)))


def test_missing_extra_and_duplicate_fields_are_refused_though_signed():
    good = json.loads(sign_result(example_result(), b"", fixed_signer()).payload)
    text = json.dumps(good)
    assert _verify(_signed(text.encode()))
    for broken in (
        json.dumps({**good, "predicate": {**good["predicate"], "note": 1}}),
        json.dumps({**good, "predicate": {k: v for k, v in good["predicate"].items() if k != "seed"}}),
        json.dumps({**good, "extra": 1}),
        text.replace('"seed": 42', '"seed": 42, "seed": 42'),
        text.replace('"seed": 42', '"seed": NaN'),
        text.replace('"seed": 42', '"seed": 42, "\\u0073eed": 43'),
        text + "{}",
        "[]",
        "",
    ):
        assert broken != text
        with pytest.raises(EnvelopeError):
            _verify(_signed(broken.encode()) if broken else _signed(b" "))


# --- the readable copies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READABLE_FIELDS)
def test_a_readable_copy_that_differs_is_refused(tmp_path, name):
    _, value = _written(tmp_path)
    changed = {"latency_ms": 1, "error_rate": 0.25} if name == "metrics" else value[name].replace("1", "7") + "2"
    with pytest.raises(EnvelopeError) as caught:
        _verify(json.dumps({**value, name: changed}).encode())
    assert caught.value.code == "attest.envelope.copy"
    del value[name]
    with pytest.raises(EnvelopeError):
        _verify(json.dumps(value).encode())


def test_readable_files_have_no_other_fields(tmp_path):
    _, value = _written(tmp_path)
    with pytest.raises(EnvelopeError):
        _verify(json.dumps({**value, "verdict": "pass"}).encode())
    with pytest.raises(EnvelopeError):
        _verify(json.dumps({**value, "envelope": None}).encode())
    twice = json.dumps(value)[:-1] + ', "sim_id": "sim-0001"}'
    with pytest.raises(EnvelopeError):
        _verify(twice.encode())


# --- policy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sim_id", "commit_target", "diff_hash"])
def test_expectations_are_checked(name):
    assert _verify(policy=Policy(**{name: example_result()[name]}))
    with pytest.raises(PolicyError) as caught:
        _verify(policy=Policy(**{name: "other"}))
    assert caught.value.code == f"attest.policy.{name}"
    with pytest.raises(PolicyError):
        _verify(policy=Policy(**{name: ""}))


def test_age_is_checked_to_the_second():
    policy = Policy(max_age_s=60)
    assert _verify(policy=policy, now=SIGNED_AT + timedelta(seconds=60))
    with pytest.raises(PolicyError) as caught:
        _verify(policy=policy, now=SIGNED_AT + timedelta(seconds=61))
    assert caught.value.code == "attest.policy.age"
    for max_age_s in (-1, float("nan")):
        with pytest.raises(ConfigError):
            Policy(max_age_s=max_age_s)


def test_a_run_from_the_future_is_refused():
    assert _verify(now=SIGNED_AT - timedelta(seconds=300))
    with pytest.raises(PolicyError) as caught:
        _verify(now=SIGNED_AT - timedelta(seconds=301))
    assert caught.value.code == "attest.policy.future"


def test_another_artifact_is_refused():
    assert _verify(artifact=example_artifact())
    for artifact in (b"", example_artifact() + b"\n", digest_bytes(b"x")):
        with pytest.raises(PolicyError) as caught:
            _verify(artifact=artifact)
        assert caught.value.code == "attest.policy.artifact"


# --- hostile sources ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"envelope":{}}',
        b"\xff" * 100,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{" + b" " * MAX_ENVELOPE_BYTES + b"}",
        b" " * (MAX_FILE_BYTES + 1),
    ],
)
def test_hostile_bytes_are_envelope_errors(data):
    with pytest.raises(EnvelopeError):
        _verify(data or b" ")


def test_a_huge_file_is_not_read_whole(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(EnvelopeError):
        _verify(path)
