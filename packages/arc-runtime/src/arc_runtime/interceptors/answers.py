"""Reads what we report from the SDKs' answers and chunks, by the names of their fields; imports no SDK."""

from typing import Any, NamedTuple, Optional

from arc_runtime.snapshot import keep_model

MAX_ERROR_CHARS = 2_000


class AnswerFacts(NamedTuple):
    """What an answer or a chunk says about itself; empty where it does not."""

    finish_reason: str = ""
    input_tokens: Optional[int] = None
    output_tokens: Optional[int] = None

    def merged(self, later: "AnswerFacts") -> "AnswerFacts":
        """Return these facts, overridden by what ``later`` knows."""
        return AnswerFacts(
            later.finish_reason or self.finish_reason,
            self.input_tokens if later.input_tokens is None else later.input_tokens,
            self.output_tokens if later.output_tokens is None else later.output_tokens,
        )


NO_FACTS = AnswerFacts()


def read_facts(answer: Any) -> AnswerFacts:
    """Return the facts of a whole answer, or of one chunk of a stream."""
    inner = _field(answer, "response") or _field(answer, "message")
    usage = _field(answer, "usage") or _field(inner, "usage")
    return AnswerFacts(
        _finish_reason(answer, inner),
        _tokens(usage, "input_tokens", "prompt_tokens"),
        _tokens(usage, "output_tokens", "completion_tokens"),
    )


def read_http_status(answer: Any) -> int:
    """Return the HTTP status of a raw response, a stream or an exception; 0 where it does not say."""
    for holder in (answer, getattr(answer, "http_response", None), getattr(answer, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int) and not isinstance(status, bool):
            return status
    return 0


def read_error(error: BaseException) -> str:
    """Return the message of an exception, cut."""
    return str(error)[:MAX_ERROR_CHARS]


def plain_answer(answer: Any) -> Any:
    """Return an answer of the SDK as plain JSON values, or None when it is no model (bytes, a raw response, ...)."""
    return keep_model(answer) if hasattr(type(answer), "model_fields") else None


def _finish_reason(answer: Any, inner: Any) -> str:
    choices = _field(answer, "choices")
    if isinstance(choices, list) and choices:
        return _word(choices[0], "finish_reason")
    delta = _field(answer, "delta")
    reason = _word(answer, "stop_reason") or _word(delta, "stop_reason") or _word(inner, "stop_reason")
    if reason or _field(inner or answer, "output") is None:
        return reason
    status = _word(inner or answer, "status")  # of the Responses API
    return "" if status == "in_progress" else status


def _field(holder: Any, name: str) -> Any:
    """Return a field of a model, or of the plain dict that an SDK makes of fields that it does not know."""
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def _word(holder: Any, name: str) -> str:
    value = _field(holder, name)
    return value if isinstance(value, str) else ""


def _tokens(usage: Any, *names: str) -> Optional[int]:
    for name in names:
        value = _field(usage, name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
    return None
