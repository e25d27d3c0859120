"""Intercepts the SDKs that Stainless generates (OpenAI, Anthropic) at the one method that all their calls go through.

``SyncAPIClient.request`` and ``AsyncAPIClient.request`` see create, parse, stream, raw and beta calls, of clients
made before or after us, once each: docs/decisions/0005-one-choke-point.md. Sync and async share all but the await.
"""

import copy
import sys
from functools import partial
from time import perf_counter, time
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple

import wrapt

from arc_common.undo import Undo
from arc_runtime import guard
from arc_runtime.errors import TargetMissing
from arc_runtime.interceptors.answers import AnswerFacts, plain_answer, read_error, read_facts, read_http_status
from arc_runtime.interceptors.base import Observer
from arc_runtime.interceptors.operations import operation_of
from arc_runtime.interceptors.provenance import (
    CURRENT_CALL,
    SUPPRESSED,
    enter,
    leave,
    new_call_id,
    task_name,
    thread_name,
)
from arc_runtime.interceptors.streams import StreamEnd, watch_stream
from arc_runtime.model import STATUS_CANCELLED, STATUS_ERROR, STATUS_OK, Call, Decision, Outcome
from arc_runtime.snapshot import keep

CLASSES = ("SyncAPIClient", "AsyncAPIClient")


class _Journey(NamedTuple):
    """One call under way."""

    call: Call
    decision: Decision
    args: Tuple[Any, ...]
    kwargs: Dict[str, Any]
    entered_s: float


class StainlessInterceptor:
    """Shared by all Stainless SDKs; the provider's file gives the names."""

    def __init__(self, name: str, package: str) -> None:
        self.name = name
        self.package = package
        self.module = f"{package}._base_client"

    def install(self, observer: Observer) -> Undo:
        """Patch both clients' ``request``. Raises TargetMissing; then nothing changed."""
        module = sys.modules.get(self.module)
        classes = [getattr(module, name, None) for name in CLASSES]
        for name, owner in zip(CLASSES, classes):
            if "request" not in getattr(owner, "__dict__", {}):
                raise TargetMissing(
                    f"{self.module}.{name}.request is not there",
                    hint=f"this release of {self.package} is not known to us",
                )
        version = str(getattr(sys.modules.get(f"{self.package}._version"), "__version__", ""))
        patch = _Patch(self.name, version, observer, self.package)
        undos = [patch.put(classes[0], patch.around_sync), patch.put(classes[1], patch.around_async)]
        return Undo(partial(_undo_all, undos), f"{self.module} patched")

    def covers(self, client: Any) -> bool:
        """Return whether the client is of this SDK, or of a subclass of its clients."""
        return any(owner.__module__ == self.module and owner.__name__ in CLASSES for owner in type(client).__mro__)


def _undo_all(undos: Any) -> None:
    for undo in undos:
        undo()


class _Patch:
    """Our functions around the SDK's, until they are taken out."""

    def __init__(self, provider: str, version: str, observer: Observer, package: str) -> None:
        self._provider = provider
        self._version = version
        self._observer = observer
        self._stream_types = _types(f"{package}._streaming", "Stream", "AsyncStream")
        self._absent_types = frozenset(_types(f"{package}._types", "Omit", "NotGiven"))
        """Types of values that stand for 'not given'; anthropic 2.x leaves them in the body until it is encoded."""
        self._active = True

    def put(self, owner: Any, around: Callable[..., Any]) -> Undo:
        """Wrap ``owner.request``; the Undo puts the very same function back.

        Where somebody has wrapped ours since, ours stays inside theirs, as a passage that does nothing.
        """
        original = owner.__dict__["request"]
        wrapper = wrapt.FunctionWrapper(original, around)
        owner.request = wrapper

        def take_out() -> None:
            self._active = False
            if owner.__dict__.get("request") is wrapper:
                owner.request = original

        return Undo(take_out, f"{owner.__module__}.{owner.__name__}.request")

    def around_sync(self, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        """Make one synchronous call."""
        if not self._active or SUPPRESSED.get():
            return wrapped(*args, **kwargs)
        journey = guard.run("intercept.before", None, self._begin, args, kwargs, perf_counter(), "")
        if journey is None:
            return wrapped(*args, **kwargs)
        token = enter(journey.call.call_id)
        started_s = perf_counter()
        try:
            result = wrapped(*journey.args, **journey.kwargs)
        except BaseException as error:
            guard.run("intercept.failed", None, self._fail, journey, started_s, error)
            raise
        finally:
            leave(token)
        guard.run("intercept.after", None, self._finish, journey, started_s, result)
        return result

    async def around_async(self, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        """Make one asynchronous call."""
        if not self._active or SUPPRESSED.get():
            return await wrapped(*args, **kwargs)
        task = guard.run("intercept.task", "", task_name) if self._observer.listening else ""
        journey = guard.run("intercept.before", None, self._begin, args, kwargs, perf_counter(), task)
        if journey is None:
            return await wrapped(*args, **kwargs)
        token = enter(journey.call.call_id)
        started_s = perf_counter()
        try:
            result = await wrapped(*journey.args, **journey.kwargs)
        except BaseException as error:
            guard.run("intercept.failed", None, self._fail, journey, started_s, error)
            raise
        finally:
            leave(token)
        guard.run("intercept.after", None, self._finish, journey, started_s, result)
        return result

    def _begin(self, args: Tuple[Any, ...], kwargs: Dict[str, Any], entered_s: float, task: str) -> Optional[_Journey]:
        """Decide the call; None when it is no request with a JSON object in it."""
        options = args[1] if len(args) > 1 else kwargs["options"]
        sent = options.json_data
        if not isinstance(sent, dict):
            return None
        extra = options.extra_json
        listening = self._observer.listening
        body = {**sent, **extra} if extra else sent
        if not self._absent_types.isdisjoint(map(type, body.values())):
            body = {key: value for key, value in body.items() if type(value) not in self._absent_types}
        call = Call(
            new_call_id() if listening else "",
            self._provider,
            operation_of(options.url),
            body,
            bool(kwargs.get("stream")),
            self._version,
            time() if listening else 0.0,
            thread_name() if listening else "",
            task,
            CURRENT_CALL.get() if listening else "",
        )
        decision = self._observer.decide(call)
        if decision.body is not None:
            rewritten = guard.run("intercept.rewrite", None, _with_body, options, call.body, decision.body)
            if rewritten is None:
                decision = decision._replace(body=None, fixes=(), reason="failed")
            else:
                args, kwargs = _with_options(args, kwargs, rewritten)
        if listening:
            call = call._replace(body=keep(call.body))
        return _Journey(call, decision, args, kwargs, entered_s)

    def _fail(self, journey: _Journey, started_s: float, error: BaseException) -> None:
        outcome = Outcome(
            status=STATUS_ERROR if isinstance(error, Exception) else STATUS_CANCELLED,
            provider_s=perf_counter() - started_s,
            added_s=started_s - journey.entered_s,
            http_status=read_http_status(error),
            error_type=type(error).__name__,
            error_message=read_error(error),
        )
        self._observer.finish(journey.call, journey.decision, outcome)

    def _finish(self, journey: _Journey, started_s: float, result: Any) -> None:
        outcome = Outcome(STATUS_OK, perf_counter() - started_s, started_s - journey.entered_s)
        if self._observer.listening:
            if isinstance(result, self._stream_types):
                on_end = partial(self._end_stream, journey, started_s, read_http_status(result))
                if guard.run("stream.watch", False, watch_stream, result, on_end):
                    return
            outcome = guard.run("intercept.answer", outcome, _with_answer, outcome, result)
        self._observer.finish(journey.call, journey.decision, outcome)

    def _end_stream(self, journey: _Journey, started_s: float, http_status: int, end: StreamEnd) -> None:
        outcome = Outcome(
            status=end.status,
            provider_s=end.last_at_s - started_s,
            added_s=started_s - journey.entered_s,
            first_chunk_s=None if end.first_at_s is None else end.first_at_s - started_s,
            http_status=read_http_status(end.error) or http_status,
            error_type=type(end.error).__name__ if end.error else "",
            error_message=read_error(end.error) if end.error else "",
        )
        self._observer.finish(journey.call, journey.decision, _with_facts(outcome, end.facts))


def _types(module: str, *names: str) -> Tuple[type, ...]:
    """Return those of the named types that this release of the SDK has."""
    found = [getattr(sys.modules.get(module), name, None) for name in names]
    return tuple(kind for kind in found if isinstance(kind, type))


def _with_answer(outcome: Outcome, result: Any) -> Outcome:
    answer = outcome._replace(http_status=read_http_status(result), response=plain_answer(result))
    return _with_facts(answer, read_facts(result))


def _with_facts(outcome: Outcome, facts: AnswerFacts) -> Outcome:
    return outcome._replace(
        finish_reason=facts.finish_reason, input_tokens=facts.input_tokens, output_tokens=facts.output_tokens
    )


def _with_options(
    args: Tuple[Any, ...], kwargs: Dict[str, Any], options: Any
) -> Tuple[Tuple[Any, ...], Dict[str, Any]]:
    if len(args) > 1:
        return (args[0], options, *args[2:]), kwargs
    return args, {**kwargs, "options": options}


def _with_body(options: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
    """Return options that send ``after``. A parameter stays where it came from: the body or ``extra_body``."""
    extra = options.extra_json
    json_data = {key: value for key, value in options.json_data.items() if key in after}
    extra_json = {key: value for key, value in extra.items() if key in after} if extra else {}
    for key, value in after.items():
        if key in before and before[key] is value:
            continue
        (extra_json if key in extra_json else json_data)[key] = value
    options = copy.copy(options)
    options.json_data = json_data
    if extra:
        options.extra_json = extra_json
    return options
