"""Events on their way out: the snapshot taken in the caller's thread, and the wire message made of it in the worker."""

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from arc_common.wire.v1 import telemetry_pb2 as wire
from arc_runtime import guard
from arc_runtime.model import STATUS_CANCELLED, STATUS_ERROR, STATUS_OK
from arc_runtime.snapshot import Frozen
from arc_runtime.telemetry.encode import encode
from arc_runtime.telemetry.pending import FrozenFix, Pending
from arc_runtime.telemetry.redact import Redactor

_STATUS = {
    STATUS_OK: wire.Outcome.STATUS_OK,
    STATUS_ERROR: wire.Outcome.STATUS_ERROR,
    STATUS_CANCELLED: wire.Outcome.STATUS_CANCELLED,
}
_MAX_NAME_CHARS = 256
_MAX_MESSAGE_CHARS = 4_096
_MAX_TAGS = 16


class SizeLimits(NamedTuple):
    """How long one event may get; a batch of at most ``batch_bytes`` fits gRPC's default message limit of 4 MiB."""

    body_bytes: int = 128 * 1024
    """Request and answer, each."""
    change_bytes: int = 8 * 1024
    """A value before or after a fix."""
    max_changes: int = 64
    """Changes reported for one event, over all its fixes."""
    batch_bytes: int = 2 * 1024 * 1024


DEFAULT_LIMITS = SizeLimits()


class EventWriter:
    """Turns snapshots into wire messages: redacted, within the limits."""

    def __init__(self, redactor: Redactor, process_id: str, limits: SizeLimits = DEFAULT_LIMITS) -> None:
        self._redactor = redactor
        self._process_id = process_id
        self._limits = limits

    def write(self, pending: Pending) -> wire.Event:
        """Return the message. Raises what protobuf raises when a field of ours is out of its range."""
        call = pending.call
        body = encode(pending.body.value, self._limits.body_bytes, self._redactor)
        event = wire.Event(
            event_id=pending.event_id,
            provider=self._text(call.provider),
            operation=self._text(call.operation),
            model=self._text(_model_of(pending.body)),
            request_json=body.json,
            request_truncated=body.truncated or not pending.body.complete,
            fixes=self._fixes(pending.fixes),
            outcome=self._outcome(pending),
            streamed=call.streamed,
            provenance=wire.Provenance(
                call_id=call.call_id,
                parent_call_id=call.parent_call_id,
                thread=self._text(call.thread),
                task=self._text(call.task),
                sdk_version=self._text(call.sdk_version),
                process_id=self._process_id,
                tags=self._tags(call.tags),
            ),
            sample_rate=1.0,
        )
        # a float of the time holds microseconds and no more
        event.started_at.FromMicroseconds(round(call.started_at_s * 1e6))
        event.latency.added.FromNanoseconds(int(pending.outcome.added_s * 1e9))
        event.latency.provider.FromNanoseconds(int(pending.outcome.provider_s * 1e9))
        if pending.outcome.first_chunk_s is not None:
            event.latency.first_chunk.FromNanoseconds(int(pending.outcome.first_chunk_s * 1e9))
        return event

    def _outcome(self, pending: Pending) -> wire.Outcome:
        outcome = pending.outcome
        response = pending.response
        return wire.Outcome(
            status=_STATUS.get(outcome.status, wire.Outcome.STATUS_UNSPECIFIED),
            http_status=outcome.http_status,
            error_type=self._text(outcome.error_type),
            error_message=self._text(outcome.error_message, _MAX_MESSAGE_CHARS),
            finish_reason=self._text(outcome.finish_reason),
            error_class=self._text(outcome.error_class),
            input_tokens=_count(outcome.input_tokens),
            output_tokens=_count(outcome.output_tokens),
            response_json=b""
            if response is None
            else encode(response.value, self._limits.body_bytes, self._redactor).json,
        )

    def _tags(self, tags: Iterable[Tuple[str, str]]) -> Dict[str, str]:
        secret = self._redactor.is_secret_name
        return {
            self._text(name): self._redactor.MARK if secret(name) else self._text(value)
            for name, value in list(tags)[:_MAX_TAGS]
        }

    def _fixes(self, fixes: Iterable[FrozenFix]) -> List[wire.AppliedFix]:
        written, room = [], self._limits.max_changes
        for fix in fixes:
            changes = [
                wire.Change(path=self._text(path), before_json=self._value(before), after_json=self._value(after))
                for path, before, after in fix.changes[:room]
            ]
            room -= len(changes)
            written.append(
                wire.AppliedFix(pattern_id=self._text(fix.pattern_id), confidence=fix.confidence, changes=changes)
            )
        return written

    def _value(self, value: Optional[Frozen]) -> Optional[str]:
        if value is None:
            return None
        return encode(value.value, self._limits.change_bytes, self._redactor).json.decode("utf-8")

    def _text(self, value: Any, max_chars: int = _MAX_NAME_CHARS) -> str:
        head = self._redactor.redact(self._redactor.cut(str(value), max_chars))
        return head.encode("utf-8", "replace").decode("utf-8")  # protobuf refuses lone surrogates


class Packer:
    """Groups messages into batches with rising sequence numbers."""

    def __init__(self, writer: EventWriter, limits: SizeLimits = DEFAULT_LIMITS) -> None:
        self._writer = writer
        self._limits = limits
        self._sequence = 0

    def pack(self, pendings: Iterable[Pending]) -> Tuple[List[wire.Batch], int]:
        """Return the batches, none of them empty, and how many events could not be converted."""
        batches: List[wire.Batch] = []
        room, lost = 0, 0
        for pending in pendings:
            try:
                event = self._writer.write(pending)
            except Exception as error:  # noqa: BLE001 - one bad event must not take the others with it
                lost += 1
                guard.contain("telemetry.write", error)
                continue
            size = event.ByteSize()
            if not batches or size > room:
                self._sequence += 1
                batches.append(wire.Batch(sequence=self._sequence))
                room = self._limits.batch_bytes
            batches[-1].events.append(event)
            room -= size
        return batches, lost


def _model_of(body: Frozen) -> str:
    model = body.value.get("model") if isinstance(body.value, dict) else ""
    return model if isinstance(model, str) else ""


def _count(tokens: Optional[int]) -> Optional[int]:
    return tokens if isinstance(tokens, int) and 0 <= tokens < 1 << 63 else None
