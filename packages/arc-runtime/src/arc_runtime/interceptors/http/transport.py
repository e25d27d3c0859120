"""Around a transport of httpx or httpx2: for programs that talk to a provider without an SDK that we know.

Requests to the paths of known operations are decided and observed; all others pass. So does what an intercepted SDK
sends, because its call has been decided already.
"""

from functools import partial
from time import perf_counter
from typing import Any, Callable, Optional

import wrapt

from arc_runtime import guard
from arc_runtime.interceptors.base import Observer
from arc_runtime.interceptors.http.bodies import BodyWatch, read_answer
from arc_runtime.interceptors.http.messages import Message, is_llm_request, read_message, with_content
from arc_runtime.interceptors.journey import (
    Journey,
    StreamEnd,
    begin,
    depart,
    ended_badly,
    ended_well,
    streamed,
    with_facts,
)
from arc_runtime.interceptors.provenance import CURRENT_CALL, SUPPRESSED, task_name
from arc_runtime.interceptors.streams import watch_body
from arc_runtime.model import STATUS_ERROR

METHODS = ("handle_request", "handle_async_request")


class Watch:
    """What happens in each request of the transports that one Arc protects, until it is closed."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.active = True

    def begin(self, request: Any, is_async: bool) -> Optional[Journey]:
        """Decide a request; None when it is none of ours. The journey's ``args`` is the request to send."""
        if not self.active or SUPPRESSED.get() or CURRENT_CALL.get() is not None or not is_llm_request(request):
            return None
        entered_s = perf_counter()
        message = read_message(request)
        if message is None:
            self._observer.passed("bodies")
            return None
        task = task_name() if is_async and self._observer.listening else ""
        streams = message.body.get("stream") is True
        call = begin(
            self._observer, (message.provider, message.operation, message.body, streams, "", task), request.url.host
        )
        decision = self._observer.decide(call)
        if decision.body is not None:
            changed = self._changed(request, message, decision.body)
            if changed is None:
                decision = decision._replace(body=None, fixes=(), reason="failed")
            else:
                request = changed
        return depart(call, decision, entered_s, request)

    def failed(self, journey: Journey, error: BaseException) -> None:
        """Take an exception of the transport."""
        self._observer.finish(journey.call, journey.decision, ended_badly(journey, error))

    def answered(self, journey: Journey, response: Any) -> None:
        """Take the head of an answer; its body is told of when it has passed, if somebody listens."""
        outcome = ended_well(journey)._replace(http_status=response.status_code)
        if response.status_code >= 400:
            outcome = outcome._replace(status=STATUS_ERROR)
        if journey.is_reported and self._observer.listening:
            on_end = partial(self._end, journey, response.status_code)
            watch = BodyWatch(on_end, response.headers, response.status_code)
            if guard.run("transport.watch", False, watch_body, response, watch):
                return
            facts, answer = read_answer(response)
            outcome = with_facts(outcome._replace(response=answer), facts)
        self._observer.finish(journey.call, journey.decision, outcome)

    def _end(self, journey: Journey, http_status: int, end: StreamEnd) -> None:
        self._observer.finish(journey.call, journey.decision, streamed(journey, http_status, end))

    def _changed(self, request: Any, message: Message, body: Any) -> Any:
        return guard.run("transport.rewrite", None, with_content, request, message.body, body)


class ProtectedTransport(wrapt.ObjectProxy):  # type: ignore[type-arg]  # generic for type checkers only, and not in every version
    """The transport itself in all that can be asked of it; only its requests go through us."""

    def __init__(self, transport: Any, watch: Watch) -> None:
        super().__init__(transport)
        self._self_watch = watch

    def handle_request(self, request: Any) -> Any:
        """Send one request."""
        watch = self._self_watch
        journey = guard.run("transport.before", None, watch.begin, request, False)
        if journey is None:
            return self.__wrapped__.handle_request(request)
        token = CURRENT_CALL.set(journey.call)
        try:
            response = self.__wrapped__.handle_request(journey.args)
        except BaseException as error:
            guard.run("transport.failed", None, watch.failed, journey, error)
            raise
        finally:
            try:  # noqa: SIM105 - a context manager costs half a microsecond
                CURRENT_CALL.reset(token)
            except ValueError:  # a coroutine may end in another context than it began in: nothing to go back to
                pass
        guard.run("transport.after", None, watch.answered, journey, response)
        return response

    async def handle_async_request(self, request: Any) -> Any:
        """Send one request."""
        watch = self._self_watch
        journey = guard.run("transport.before", None, watch.begin, request, True)
        if journey is None:
            return await self.__wrapped__.handle_async_request(request)
        token = CURRENT_CALL.set(journey.call)
        try:
            response = await self.__wrapped__.handle_async_request(journey.args)
        except BaseException as error:
            guard.run("transport.failed", None, watch.failed, journey, error)
            raise
        finally:
            try:  # noqa: SIM105 - a context manager costs half a microsecond
                CURRENT_CALL.reset(token)
            except ValueError:  # a coroutine may end in another context than it began in: nothing to go back to
                pass
        guard.run("transport.after", None, watch.answered, journey, response)
        return response

    def __enter__(self) -> Any:
        self.__wrapped__.__enter__()
        return self

    async def __aenter__(self) -> Any:
        await self.__wrapped__.__aenter__()
        return self

    async def __aexit__(self, *raised: Any) -> Any:
        return await self.__wrapped__.__aexit__(*raised)


def is_transport(candidate: Any) -> bool:
    """Return whether it can send requests as a transport of httpx does."""
    return any(callable(getattr(type(candidate), name, None)) for name in METHODS)


def protected(transport: Any, make_watch: Callable[[], Watch]) -> Any:
    """Return the transport with us around it, once."""
    if isinstance(transport, ProtectedTransport) and transport._self_watch.active:
        return transport
    return ProtectedTransport(transport, make_watch())
