"""The fake of the contract: an SDK that keeps what it was asked to send in a list, and its interceptor."""

from functools import partial
from time import perf_counter, time
from typing import Any, Callable, Dict, List, Optional

from arc_common.undo import Undo
from arc_runtime import guard
from arc_runtime.interceptors.base import Observer
from arc_runtime.interceptors.provenance import (
    CURRENT_CALL,
    SUPPRESSED,
    TAGS,
    leave,
    new_call_id,
    parent_id,
    thread_name,
)
from arc_runtime.model import PASS_THROUGH, STATUS_CANCELLED, STATUS_ERROR, STATUS_OK, Call, Outcome
from arc_runtime.snapshot import keep


class MemoryClient:
    """Answers every request with ``{"ok": true}``, or raises ``error`` when there is one."""

    def __init__(self, error: Optional[BaseException] = None) -> None:
        self.sent: List[Dict[str, Any]] = []
        self.error = error

    def request(self, body: Dict[str, Any], operation: str = "chat.completions") -> Dict[str, Any]:
        """Send a body."""
        self.sent.append(body)
        if self.error is not None:
            raise self.error
        return {"ok": True}


class MemoryInterceptor:
    """Intercepts `MemoryClient.request`."""

    name = "memory"
    module = __name__
    is_optional = False

    def __init__(self) -> None:
        self._covers_all = False

    def install(self, observer: Observer) -> Undo:
        """Patch `MemoryClient`."""
        original = MemoryClient.__dict__["request"]
        request = _around(original, observer, lambda client: False)

        def take_out() -> None:
            self._covers_all = False
            if MemoryClient.__dict__["request"] is request:
                MemoryClient.request = original  # type: ignore[method-assign]  # what a patch is

        MemoryClient.request = request  # type: ignore[method-assign]  # what a patch is
        self._covers_all = True
        return Undo(take_out, "MemoryClient.request")

    def install_on(self, client: Any, observer: Observer) -> Undo:
        """Patch one `MemoryClient`."""
        request = _around(lambda *given: type(client).request(*given), observer, lambda client: self._covers_all)
        bound = partial(request, client)

        def take_out() -> None:
            if client.__dict__.get("request") is bound:
                del client.request

        client.request = bound
        return Undo(take_out, "request of one MemoryClient")

    def covers(self, client: Any) -> bool:
        """Return whether it is a `MemoryClient`."""
        return isinstance(client, MemoryClient)


def _around(original: Any, observer: Observer, passes: Callable[[Any], bool]) -> Any:
    def request(client: MemoryClient, body: Dict[str, Any], operation: str = "chat.completions") -> Any:
        if SUPPRESSED.get() or passes(client):
            return original(client, body, operation)
        entered_s = perf_counter()
        call = Call(new_call_id(), "memory", operation, body, False, "", time(), thread_name(), "", parent_id())
        call = call._replace(tags=TAGS.get())
        decision = guard.run("memory.before", PASS_THROUGH, observer.decide, call)
        call = call._replace(body=keep(body))
        token = CURRENT_CALL.set(call)
        started_s = perf_counter()
        outcome = Outcome(STATUS_OK, 0.0, started_s - entered_s)
        try:
            return original(client, body if decision.body is None else decision.body, operation)
        except BaseException as error:
            status = STATUS_ERROR if isinstance(error, Exception) else STATUS_CANCELLED
            outcome = outcome._replace(status=status, error_type=type(error).__name__, error_message=str(error))
            raise
        finally:
            leave(token)
            outcome = outcome._replace(provider_s=perf_counter() - started_s)
            guard.run("memory.after", None, observer.finish, call, decision, outcome)

    return request
