"""One call under way, from its beginning to its end: what every interceptor shares, whatever it intercepts.

The steps are plain functions of an observer; sync and async interceptors hold only the call between them.
"""

from time import perf_counter, time
from typing import Any, Mapping, NamedTuple, Optional

from arc_runtime.interceptors.answers import AnswerFacts, read_error, read_http_status
from arc_runtime.interceptors.base import Observer
from arc_runtime.interceptors.provenance import HTTP_STATUS, TAGS, new_call_id, parent_id, thread_name
from arc_runtime.model import STATUS_CANCELLED, STATUS_ERROR, STATUS_OK, Call, Decision, Outcome
from arc_runtime.snapshot import keep

_new = tuple.__new__  # a NamedTuple's own constructor costs twice as much, on every call


class Request(NamedTuple):
    """What an interceptor knows of a call when it begins."""

    provider: str
    operation: str
    body: Mapping[str, Any]
    streamed: bool
    sdk_version: str
    task: str = ""


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

    @property
    def is_reported(self) -> bool:
        """Whether the end is told in full, and not only counted."""
        return bool(self.call.call_id)


def begin(observer: Observer, request: Request) -> "tuple[Call, Decision]":
    """Decide a call. The body is the application's own until `depart` has copied it."""
    listening = observer.listening
    call: Call = _new(
        Call,
        (
            new_call_id() if listening else "",
            request.provider,
            request.operation,
            request.body,
            request.streamed,
            request.sdk_version,
            time(),
            thread_name() if listening else "",
            request.task,
            parent_id() if listening else "",
            TAGS.get(),
        ),
    )
    return call, observer.decide(call)


def depart(call: Call, decision: Decision, entered_s: float, args: Any = (), kwargs: Any = None) -> Journey:
    """Return the journey that starts now; of what is reported, the body is copied first."""
    if call.call_id:
        call = call._replace(body=keep(call.body))
        HTTP_STATUS.set(0)
    journey: Journey = _new(Journey, (call, decision, entered_s, perf_counter(), args, kwargs))
    return journey


def ended_well(journey: Journey) -> Outcome:
    """Return the outcome of a call that has just been answered."""
    now_s = perf_counter()
    started_s = journey.started_s
    outcome: Outcome = _new(
        Outcome,
        (STATUS_OK, now_s - started_s, started_s - journey.entered_s, None, 0, "", "", "", None, None, None),
    )
    return outcome


def ended_badly(journey: Journey, error: BaseException) -> Outcome:
    """Return the outcome of a call that raised just now: an error, or an interrupt of the application."""
    return ended_well(journey)._replace(
        status=STATUS_ERROR if isinstance(error, Exception) else STATUS_CANCELLED,
        http_status=read_http_status(error),
        error_type=type(error).__name__,
        error_message=read_error(error),
    )


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
    return outcome._replace(
        finish_reason=facts.finish_reason, input_tokens=facts.input_tokens, output_tokens=facts.output_tokens
    )
