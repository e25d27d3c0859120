"""One call under way, from its beginning to its end: what every interceptor shares, whatever it intercepts.

The steps are plain functions of an observer; sync and async interceptors hold only the call between them.
"""

from time import perf_counter, time
from typing import Any, Mapping, NamedTuple, Optional, Tuple

from arc_runtime.interceptors.answers import AnswerFacts, read_error, read_http_status
from arc_runtime.interceptors.base import Observer
from arc_runtime.interceptors.provenance import HTTP_STATUS, TAGS, new_call_id, parent_id, thread_name
from arc_runtime.model import STATUS_CANCELLED, STATUS_ERROR, STATUS_OK, Call, Decision, Outcome
from arc_runtime.snapshot import keep

_new = tuple.__new__  # a NamedTuple's own constructor costs twice as much, on every call
_OUTCOME_REST = tuple(Outcome._field_defaults[name] for name in Outcome._fields[3:])
_CALL_REST = tuple(Call._field_defaults[name] for name in Call._fields[Call._fields.index("host") + 1 :])
_FACTS_AT = Outcome._fields.index("finish_reason")
_RESPONSE_AT = Outcome._fields.index("response")


class Journey(NamedTuple):
    """One call under way. Its ``call`` has a name exactly when somebody listened as it began."""

    call: Call
    decision: Decision
    entered_s: float
    started_s: float
    """`perf_counter` when the request was handed on."""
    args: Any = ()
    kwargs: Any = None
    """With what the SDK is called; empty where there is no SDK."""
    is_second: bool = False
    """Whether the provider refused the request once, and it is sent again, repaired."""

    @property
    def is_reported(self) -> bool:
        """Whether the end is told in full, and not only counted."""
        return bool(self.call.call_id)


def begin(observer: Observer, request: Tuple[str, str, Mapping[str, Any], bool, str, str], host: str = "") -> Call:
    """Return the call that has begun. Its body is the application's own until `depart` has copied it.

    request: provider, operation, body, whether a stream was asked for, version of the SDK, name of the task.
    host: where the client sends it.
    """
    provider, operation, body, streamed, version, task = request
    call: Call
    if observer.listening:
        call = _new(
            Call,
            (
                new_call_id(),
                provider,
                operation,
                body,
                streamed,
                version,
                time(),
                thread_name(),
                task,
                parent_id(),
                TAGS.get(),
                host,
                *_CALL_REST,
            ),
        )
    else:  # whoever asks by `current_call` all the same gives it its name
        call = _new(
            Call,
            ("", provider, operation, body, streamed, version, time(), "", task, "", TAGS.get(), host, *_CALL_REST),
        )
    return call


def depart(call: Call, decision: Decision, entered_s: float, args: Any = (), kwargs: Any = None) -> Journey:
    """Return the journey that starts now; of what is reported, the body is copied first."""
    if call.call_id:
        call = _new(Call, (*call[:3], keep(call.body), *call[4:]))
        HTTP_STATUS.set(0)
    journey: Journey = _new(Journey, (call, decision, entered_s, perf_counter(), args, kwargs, False))
    return journey


def ended_well(journey: Journey) -> Outcome:
    """Return the outcome of a call that has just been answered."""
    now_s = perf_counter()
    started_s = journey.started_s
    outcome: Outcome = _new(Outcome, (STATUS_OK, now_s - started_s, started_s - journey.entered_s, *_OUTCOME_REST))
    return outcome


def ended_badly(journey: Journey, error: BaseException) -> Outcome:
    """Return the outcome of a call that raised just now: an error, or an interrupt of the application."""
    return ended_well(journey)._replace(
        status=STATUS_ERROR if isinstance(error, Exception) else STATUS_CANCELLED,
        http_status=read_http_status(error),
        error_type=type(error).__name__,
        error_message=read_error(error),
    )


class Refusal(NamedTuple):
    """What an observer is told of an error, to say whether the request is worth a second try."""

    http_status: int
    message: str


class StreamEnd(NamedTuple):
    """How a stream ended."""

    status: str
    last_at_s: float
    """`perf_counter` at the end, or at the last chunk when the application gave up."""
    first_at_s: Optional[float]
    """`perf_counter` at the first chunk; None: there was none."""
    facts: AnswerFacts
    error: Optional[BaseException] = None
    response: Any = None
    """The whole answer as plain JSON values, where it is known."""
    problem: str = ""
    """What the provider said was wrong, inside an answer that arrived."""


def streamed(journey: Journey, http_status: int, end: StreamEnd) -> Outcome:
    """Return the outcome of a call whose answer came in pieces."""
    started_s = journey.started_s
    outcome = Outcome(
        status=end.status,
        provider_s=end.last_at_s - started_s,
        added_s=started_s - journey.entered_s,
        first_chunk_s=None if end.first_at_s is None else end.first_at_s - started_s,
        http_status=read_http_status(end.error) or http_status,
        error_type=type(end.error).__name__ if end.error else "",
        error_message=read_error(end.error) if end.error else end.problem,
        response=end.response,
    )
    return with_facts(outcome, end.facts)


def with_facts(outcome: Outcome, facts: AnswerFacts) -> Outcome:
    """Return the outcome with what the answer says of itself."""
    merged: Outcome = _new(Outcome, (*outcome[:_FACTS_AT], *facts, *outcome[_RESPONSE_AT:]))
    return merged


def with_answer(outcome: Outcome, http_status: int, facts: AnswerFacts, response: Any) -> Outcome:
    """Return the outcome with the whole answer, and what it says of itself."""
    merged: Outcome = _new(Outcome, (*outcome[:4], http_status, "", "", *facts, response, *outcome[_RESPONSE_AT + 1 :]))
    return merged
