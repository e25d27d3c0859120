"""From the event of a call to the wire message."""

import json
from typing import Any

import pytest

from arc_common.wire.v1 import telemetry_pb2 as wire
from arc_runtime.model import MISSING, AppliedFix, Call, Change, Decision, Event, Outcome
from arc_runtime.telemetry.events import EventWriter, Packer, SizeLimits
from arc_runtime.telemetry.pending import take
from arc_runtime.telemetry.redact import Redactor

CALL = Call(
    call_id="c" * 32,
    provider="openai",
    operation="chat.completions",
    body={"model": "gpt-4", "temperature": 0.95, "messages": [{"role": "user", "content": "hi"}]},
    streamed=True,
    sdk_version="3.52.0",
    started_at_s=1_700_000_000.25,
    thread="MainThread",
    task="Task-1",
    parent_call_id="p" * 32,
)
OUTCOME = Outcome("ok", 1.5, 0.002, 0.4, 200, "", "", "stop", 12, 0, {"id": "r"}, "pack/two")
FIXED = Decision(
    {"model": "gpt-4", "temperature": 0.7},
    (
        AppliedFix(
            "pack/one", 0.9, (Change("temperature", 0.95, 0.7), Change("stop", MISSING, ["x"]), Change("n", 1, MISSING))
        ),
    ),
    "fixed",
)


def write(event: Event, **limits: Any) -> wire.Event:
    return EventWriter(Redactor(["known-secret"]), "f" * 32, SizeLimits(**limits)).write(take(event))


def test_every_field_arrives() -> None:
    message = write(Event("e" * 32, CALL, FIXED, OUTCOME))
    assert message.event_id == "e" * 32
    assert message.started_at.ToJsonString() == "2023-11-14T22:13:20.250Z"
    assert (message.provider, message.operation, message.model) == ("openai", "chat.completions", "gpt-4")
    assert json.loads(message.request_json) == CALL.body
    assert (message.request_truncated, message.streamed, message.sample_rate) == (False, True, 1.0)
    outcome = message.outcome
    assert outcome.status == wire.Outcome.STATUS_OK
    assert (outcome.http_status, outcome.finish_reason, outcome.error_class) == (200, "stop", "pack/two")
    assert (outcome.input_tokens, outcome.output_tokens) == (12, 0)
    assert outcome.HasField("output_tokens")
    assert json.loads(outcome.response_json) == {"id": "r"}
    assert message.latency.provider.ToMilliseconds() == 1500
    assert message.latency.added.ToMilliseconds() == 2
    assert message.latency.first_chunk.ToMilliseconds() == 400
    assert message.provenance == wire.Provenance(
        call_id="c" * 32,
        parent_call_id="p" * 32,
        thread="MainThread",
        task="Task-1",
        sdk_version="3.52.0",
        process_id="f" * 32,
    )


def test_changes_tell_nothing_from_none() -> None:
    (fix,) = write(Event("e" * 32, CALL, FIXED, OUTCOME)).fixes
    assert (fix.pattern_id, fix.confidence) == ("pack/one", 0.9)
    temperature, stop, number = fix.changes
    assert (temperature.path, temperature.before_json, temperature.after_json) == ("temperature", "0.95", "0.7")
    assert not stop.HasField("before_json")
    assert stop.after_json == '["x"]'
    assert number.before_json == "1"
    assert not number.HasField("after_json")


@pytest.mark.parametrize("status", ["ok", "error", "cancelled"])
def test_status(status: str) -> None:
    message = write(Event("e" * 32, CALL, Decision(None), Outcome(status, 0.1, 0.0)))
    assert wire.Outcome.Status.Name(message.outcome.status) == f"STATUS_{status.upper()}"
    assert not message.latency.HasField("first_chunk")
    assert not message.outcome.HasField("input_tokens")
    assert message.outcome.response_json == b""


def test_tags_are_told_up_to_a_limit() -> None:
    tags = tuple((f"name-{number}", "v") for number in range(40))
    sent = write(Event("e" * 32, CALL._replace(tags=(("user", "x"), *tags)), Decision(None), OUTCOME))
    assert sent.provenance.tags["user"] == "x"
    assert len(sent.provenance.tags) == 16


def test_secrets_leave_nowhere() -> None:
    secret = "sk-proj-abcdefghijklmnopqrstuvwxyz"
    call = CALL._replace(
        body={"model": secret, "messages": [secret, "known-secret"], secret: 1},
        thread=secret,
        task=secret,
        operation=secret,
        tags=(("note", secret), (secret, "x"), ("api_key", "hunter2 and more")),
    )
    outcome = OUTCOME._replace(error_message=f"Incorrect API key provided: {secret}.", response={"echo": secret})
    fix = AppliedFix("p", 1.0, (Change("messages[0]", secret, f"{secret}!"),))
    sent = write(Event("e" * 32, call, Decision({}, (fix,), "fixed"), outcome)).SerializeToString()
    assert secret.encode() not in sent
    assert b"known-secret" not in sent
    assert b"hunter2" not in sent


def test_what_the_application_changes_after_the_call_is_not_sent() -> None:
    messages = [{"role": "user", "content": "first"}]
    body = {"model": "gpt-4", "messages": messages}
    response = {"choices": ["first"]}
    pending = take(Event("e" * 32, CALL._replace(body=body), Decision(None), OUTCOME._replace(response=response)))
    messages[0]["content"] = "later"
    messages.append({"role": "user", "content": "later"})
    response["choices"].append("later")
    message = EventWriter(Redactor(), "f" * 32).write(pending)
    assert b"later" not in message.SerializeToString()
    assert b"first" in message.request_json


def test_large_bodies_are_cut_valid_and_marked() -> None:
    call = CALL._replace(body={"model": "gpt-4", "messages": ["x" * 10_000] * 10})
    message = write(Event("e" * 32, call, Decision(None), OUTCOME), body_bytes=2_000)
    assert message.request_truncated
    assert len(message.request_json) <= 2_000
    assert json.loads(message.request_json)["model"] == "gpt-4"


def test_hostile_texts_and_numbers_are_sent_all_the_same() -> None:
    call = CALL._replace(thread="\ud800", body={"model": ["no", "text"]})
    outcome = OUTCOME._replace(error_message="\udcff" * 9_000, input_tokens=-1, output_tokens=1 << 70)
    message = write(Event("e" * 32, call, Decision(None), outcome))
    wire.Event.FromString(message.SerializeToString())
    assert message.model == ""
    assert len(message.outcome.error_message) == 4_096
    assert not message.outcome.HasField("input_tokens")
    assert not message.outcome.HasField("output_tokens")


def test_number_of_reported_changes_is_bounded() -> None:
    fixes = tuple(AppliedFix(f"p{n}", 1.0, (Change("a", 1, 2),) * 50) for n in range(3))
    message = write(Event("e" * 32, CALL, Decision({}, fixes, "fixed"), OUTCOME))
    assert [len(fix.changes) for fix in message.fixes] == [50, 14, 0]


def test_batches_are_split_by_size_and_numbered() -> None:
    events = [
        take(Event(f"{n:032x}", CALL._replace(body={"x": "y" * 1_000}), Decision(None), OUTCOME)) for n in range(10)
    ]
    packer = Packer(EventWriter(Redactor(), "f" * 32), SizeLimits(batch_bytes=4_000))
    batches, lost = packer.pack(events)
    assert lost == 0
    assert [event.event_id for batch in batches for event in batch.events] == [f"{n:032x}" for n in range(10)]
    assert len(batches) > 2
    assert all(batch.ByteSize() < 4_500 for batch in batches)
    more, _ = packer.pack(events[:1])
    assert [batch.sequence for batch in [*batches, *more]] == list(range(1, len(batches) + 2))


@pytest.mark.usefixtures("production")
def test_event_that_does_not_fit_the_message_is_counted_and_the_others_are_packed() -> None:
    bad = take(Event("e" * 32, CALL._replace(started_at_s=float("nan")), Decision(None), OUTCOME))
    good = take(Event("d" * 32, CALL, Decision(None), OUTCOME))
    batches, lost = Packer(EventWriter(Redactor(), "f" * 32)).pack([bad, good, bad])
    assert lost == 2
    assert [event.event_id for event in batches[0].events] == ["d" * 32]
    assert Packer(EventWriter(Redactor(), "f" * 32)).pack([bad]) == ([], 1)
