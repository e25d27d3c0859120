"""Our functions around the SDK's: what happens in each call. Sync and async share all but the await."""

import sys
from functools import partial
from time import perf_counter
from typing import Any, Dict, Mapping, Optional, Tuple

from arc_runtime import guard
from arc_runtime.interceptors.answers import plain_answer, read_facts, read_http_status
from arc_runtime.interceptors.base import Observer
from arc_runtime.interceptors.http.bodies import BodyWatch, read_answer
from arc_runtime.interceptors.journey import (
    Journey,
    Refusal,
    StreamEnd,
    begin,
    depart,
    ended_badly,
    ended_well,
    streamed,
    with_answer,
)
from arc_runtime.interceptors.operations import operation_of
from arc_runtime.interceptors.provenance import CURRENT_CALL, HTTP_STATUS, SUPPRESSED, task_name
from arc_runtime.interceptors.stainless.hosts import host_of
from arc_runtime.interceptors.stainless.sending import with_body, with_options
from arc_runtime.interceptors.streams import OnEnd, StreamWatch, restore_stream, watch_body, watch_stream
from arc_runtime.model import Outcome


class Patch:
    """Our functions around the SDK's, until they are taken out."""

    def __init__(self, provider: str, version: str, observer: Observer, package: str) -> None:
        self._provider = provider
        self._version = version
        self._observer = observer
        self._stream_types = _types(f"{package}._streaming", "Stream", "AsyncStream")
        self._absent_types = frozenset(_types(f"{package}._types", "Omit", "NotGiven"))
        """Types of values that stand for 'not given'; anthropic 2.x leaves them in the body until it is encoded."""
        self.active = True

    def let_go(self) -> None:
        """Become a passage that does nothing."""
        self.active = False

    def around_sync(self, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        """Make one synchronous call."""
        if not self.active or SUPPRESSED.get():
            return wrapped(*args, **kwargs)
        journey = guard.run("intercept.before", None, self._begin, instance, args, kwargs, "")
        if journey is None:
            return wrapped(*args, **kwargs)
        while True:
            token = CURRENT_CALL.set(journey.call)
            try:
                result = wrapped(*journey.args, **journey.kwargs)
            except BaseException as error:
                again = guard.run("intercept.failed", None, self._fail, journey, error)
                if again is None:
                    raise
                journey = again
                continue
            finally:
                try:  # noqa: SIM105 - a context manager costs half a microsecond
                    CURRENT_CALL.reset(token)
                except ValueError:  # a coroutine may end in another context than it began in: nothing to go back to
                    pass
            if journey.decision.mapping is not None:
                guard.run("intercept.restore", None, self._restore, journey.decision.mapping, result)
            guard.run("intercept.after", None, self._finish, journey, result)
            return result

    async def around_async(self, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        """Make one asynchronous call."""
        if not self.active or SUPPRESSED.get():
            return await wrapped(*args, **kwargs)
        journey = guard.run("intercept.before", None, self._begin_task, instance, args, kwargs)
        if journey is None:
            return await wrapped(*args, **kwargs)
        while True:
            token = CURRENT_CALL.set(journey.call)
            try:
                result = await wrapped(*journey.args, **journey.kwargs)
            except BaseException as error:
                again = guard.run("intercept.failed", None, self._fail, journey, error)
                if again is None:
                    raise
                journey = again
                continue
            finally:
                try:  # noqa: SIM105 - a context manager costs half a microsecond
                    CURRENT_CALL.reset(token)
                except ValueError:  # a coroutine may end in another context than it began in: nothing to go back to
                    pass
            if journey.decision.mapping is not None:
                guard.run("intercept.restore", None, self._restore, journey.decision.mapping, result)
            guard.run("intercept.after", None, self._finish, journey, result)
            return result

    def around_response(self, wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        """Note the HTTP status of an answer on its way through the SDK."""
        if self.active and CURRENT_CALL.get() is not None:
            guard.run("intercept.status", None, _note_status, kwargs)
        return wrapped(*args, **kwargs)

    def _begin_task(self, client: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Optional[Journey]:
        return self._begin(client, args, kwargs, task_name() if self._observer.listening else "")

    def _begin(self, client: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any], task: str) -> Optional[Journey]:
        """Decide the call; None when it is no request with a JSON object in it."""
        entered_s = perf_counter()
        options = args[1] if len(args) > 1 else kwargs["options"]
        body = self._body_of(options)
        if body is None:
            return None
        streams = bool(kwargs.get("stream"))
        observer = self._observer
        call = begin(
            observer, (self._provider, operation_of(options.url), body, streams, self._version, task), host_of(client)
        )
        decision = observer.decide(call)
        if decision.body is not None:
            rewritten = guard.run("intercept.rewrite", None, with_body, options, body, decision.body)
            if rewritten is None:
                decision = decision._replace(body=None, fixes=(), reason="failed")
            else:
                args, kwargs = with_options(args, kwargs, rewritten)
        return depart(call, decision, entered_s, args, kwargs)

    def _body_of(self, options: Any) -> Optional[Mapping[str, Any]]:
        """Return the JSON object that would be sent, without marks of absence; None when it is no object."""
        body, extra = options.json_data, options.extra_json
        if extra:
            if body is None:
                body = extra
            elif isinstance(body, dict):
                body = {**body, **extra}
        if not isinstance(body, dict):
            return None
        if not self._absent_types.isdisjoint(map(type, body.values())):
            return {key: value for key, value in body.items() if type(value) not in self._absent_types}
        return body

    def _fail(self, journey: Journey, error: BaseException) -> Optional[Journey]:
        """Tell that the call raised; return the journey of a second try instead, where the observer knows a repair."""
        outcome = ended_badly(journey, error)
        again = None
        if outcome.http_status and not journey.is_second:
            again = guard.run("intercept.retry", None, self._second, journey, outcome)
        if again is None:
            self._observer.finish(journey.call, journey.decision, outcome)
        return again

    def _second(self, journey: Journey, outcome: Outcome) -> Optional[Journey]:
        args, kwargs = journey.args, journey.kwargs
        options = args[1] if len(args) > 1 else kwargs["options"]
        body = self._body_of(options)  # what was sent: the journey's own is a copy for the event, perhaps cut
        if body is None:
            return None
        refusal = Refusal(outcome.http_status, outcome.error_message)
        decision = self._observer.retry(journey.call._replace(body=body), journey.decision, refusal)
        if decision is None or decision.body is None:
            return None
        repaired = with_body(options, body, decision.body)
        if repaired is None:
            return None
        args, kwargs = with_options(args, kwargs, repaired)
        return journey._replace(decision=decision, args=args, kwargs=kwargs, is_second=True)

    def _finish(self, journey: Journey, result: Any) -> None:
        outcome = ended_well(journey)
        if journey.call.call_id and self._observer.listening:
            if guard.run("stream.watch", False, self._watch, journey, result):
                return
            outcome = guard.run("intercept.answer", outcome, _with_answer, outcome, result)
        self._observer.finish(journey.call, journey.decision, outcome)

    def _restore(self, mapping: Any, result: Any) -> None:
        """Give the application its own names back, in an answer that nobody has seen yet or in each chunk of it."""
        if isinstance(result, self._stream_types):
            restore_stream(result, mapping.restore)
        else:
            mapping.restore(result)

    def _watch(self, journey: Journey, result: Any) -> bool:
        """Watch an answer that is not read yet; return whether its end will be told."""
        http_status = read_http_status(result) or HTTP_STATUS.get()
        on_end = partial(self._end_stream, journey, http_status)
        if isinstance(result, self._stream_types):
            body = getattr(result, "response", None)
            return watch_stream(result, StreamWatch(on_end), partial(_bytes_watch, body, http_status))
        response = getattr(result, "http_response", None)  # of a raw response
        if response is None or response.is_closed:
            return False
        watch = _bytes_watch(response, http_status, on_end)
        return watch is not None and watch_body(response, watch)

    def _end_stream(self, journey: Journey, http_status: int, end: StreamEnd) -> None:
        self._observer.finish(journey.call, journey.decision, streamed(journey, http_status, end))


def _bytes_watch(response: Any, http_status: int, on_end: Optional[OnEnd]) -> Optional[StreamWatch]:
    return None if on_end is None else BodyWatch(on_end, response.headers, http_status)


def _note_status(kwargs: Mapping[str, Any]) -> None:
    HTTP_STATUS.set(read_http_status(kwargs.get("response")))


def _types(module: str, *names: str) -> Tuple[type, ...]:
    """Return those of the named types that this release of the SDK has."""
    found = [getattr(sys.modules.get(module), name, None) for name in names]
    return tuple(kind for kind in found if isinstance(kind, type))


def _with_answer(outcome: Outcome, result: Any) -> Outcome:
    status = read_http_status(result) or HTTP_STATUS.get()
    response = getattr(result, "http_response", None)
    if response is not None:
        facts, answer = read_answer(response)
    else:
        facts, answer = read_facts(result), plain_answer(result)
    return with_answer(outcome, status, facts, answer)
