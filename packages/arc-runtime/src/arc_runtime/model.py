"""The values that the parts of arc-runtime exchange. Plain data: no I/O, no SDK, no protobuf.

A request flows ``interceptor -> Call -> pipeline.before -> Decision -> SDK -> Outcome -> pipeline.after -> Sink``.
"""

from typing import Any, Dict, Mapping, NamedTuple, Optional, Protocol, Tuple

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING", "__slots__": ()})()
"""Marks 'no value here', which is not the same as None."""

STATUS_OK = "ok"
STATUS_ERROR = "error"
STATUS_CANCELLED = "cancelled"


class Call(NamedTuple):
    """One logical request, as the application made it (the SDK's own retries are inside it)."""

    call_id: str
    """32 hex digits, random."""
    provider: str
    """``openai`` or ``anthropic``."""
    operation: str
    """The API operation: ``chat.completions``, ``responses``, ``messages``, ``embeddings``, ..."""
    body: Mapping[str, Any]
    """The JSON body that would be sent, ``extra_body`` merged in. Never changed in place."""
    streamed: bool
    """Whether a streamed answer was asked for."""
    sdk_version: str
    """Version of the provider's SDK."""
    started_at_s: float
    """Wall clock, seconds since the epoch, UTC."""
    thread: str = ""
    """Name of the calling thread."""
    task: str = ""
    """Name of the asyncio task, empty outside asyncio."""
    parent_call_id: str = ""
    """The call inside which this one was made, empty at the top."""
    tags: Tuple[Tuple[str, str], ...] = ()
    """What the application says of its calls, by ``arc.tags(...)``: names and values."""
    host: str = ""
    """Where the client sends it; empty where that is not known."""


class Change(NamedTuple):
    """One place of the body, before and after; ``MISSING`` where there was or is nothing."""

    path: str
    before: Any
    after: Any


class AppliedFix(NamedTuple):
    """A pattern that matched, and what its fix did."""

    pattern_id: str
    confidence: float
    changes: Tuple[Change, ...]


class Decision(NamedTuple):
    """What to do with one call."""

    body: Optional[Dict[str, Any]]
    """The body to send instead, or None: send the original, untouched."""
    fixes: Tuple[AppliedFix, ...] = ()
    """What was applied, in order; empty when nothing matched."""
    reason: str = "no_match"
    """``fixed``, ``no_match``, ``low_confidence``, ``not_allowed`` (by the policy), ``no_change``, ``disabled`` or
    ``failed`` (our own error)."""
    mapping: Any = None
    """None, or what has to be given back in the answer: ``restore(answer)`` puts the tools' own names there."""

    @property
    def changed(self) -> bool:
        """Whether another body than the original is to be sent."""
        return self.body is not None


PASS_THROUGH = Decision(None)


class Outcome(NamedTuple):
    """How a call ended."""

    status: str
    """``ok``, ``error`` or ``cancelled``."""
    provider_s: float
    """Seconds between the SDK's entry and its end, without what we added."""
    added_s: float
    """Seconds that we added before the request left."""
    first_chunk_s: Optional[float] = None
    """Seconds from the SDK's entry to the first chunk of a stream."""
    http_status: int = 0
    error_type: str = ""
    error_message: str = ""
    finish_reason: str = ""
    input_tokens: Optional[int] = None
    output_tokens: Optional[int] = None
    response: Any = None
    """The answer as plain JSON values, or None."""
    error_class: str = ""
    """The pattern that explains the refusal, where none matched before the request left."""


class Event(NamedTuple):
    """A finished call, ready for telemetry. Holds no reference to anything the application may still change."""

    event_id: str
    call: Call
    decision: Decision
    outcome: Outcome


class Sink(Protocol):
    """Where events go. Implementations never block and never raise."""

    def emit(self, event: Event) -> None:
        """Take one event or count it as dropped; returns at once."""
