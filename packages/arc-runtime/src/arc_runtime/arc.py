"""The facade: builds the parts from the configuration, and owns their start and end.

There is one Arc per process. ``Arc()`` again returns the same object, and what it is given then replaces what it had:
a library that calls ``Arc()`` and an application that calls ``Arc(endpoint=...)`` share one Arc.
"""

import logging
from contextlib import nullcontext
from time import time
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    ContextManager,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Set,
    Type,
    TypeVar,
    Union,
)

from arc_runtime import guard
from arc_runtime.config import Config, load
from arc_runtime.errors import PatternError
from arc_runtime.locks import ForkSafeLock
from arc_runtime.model import Call, Sink

if TYPE_CHECKING:  # imported on use: importing arc_runtime stays cheap
    from arc_runtime.parts import Parts
    from arc_runtime.patterns.explanation import Explanation
    from arc_runtime.patterns.pattern import Pattern

ArcT = TypeVar("ArcT")
ClientT = TypeVar("ClientT")
TransportT = TypeVar("TransportT")

PATTERN_FIELDS = frozenset(
    ("pattern", "fix", "id", "confidence", "priority", "source", "risk", "expires_at_s", "tags", "owner", "version")
)

_logger = logging.getLogger(__name__)
_lock = ForkSafeLock()
_current: List["Arc"] = []
"""The open Arc of this process, if any."""


class _OnePerProcess(type):
    """Makes ``Arc()`` one step, so that threads which call it at once, or while another closes it, agree on one Arc."""

    def __call__(cls: Type[ArcT], *args: Any, **kwargs: Any) -> ArcT:
        with _lock:
            made: ArcT = type.__call__(cls, *args, **kwargs)
            return made


class Arc(metaclass=_OnePerProcess):
    """Intercepts LLM calls from now on, fixes those that match a known failure, and reports what happened.

    Everything is optional and has an ``ARC_*`` variable. A wrong argument raises ConfigError (or PatternError for a
    pack); a wrong variable is a warning. After `close`, ``Arc()`` begins anew.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> "Arc":
        """Return the open Arc of this process, or a new one."""
        return _current[0] if _current else super().__new__(cls)

    def __init__(
        self,
        endpoint: Optional[str] = None,
        api_key: Optional[str] = None,
        cache_dir: Optional[str] = None,
        log_level: Optional[str] = None,
        *,
        packs: Optional[Union[str, Sequence[str]]] = None,
        sink: Optional[Sink] = None,
        **settings: Any,
    ) -> None:
        """Start, or add to what runs.

        packs: names or paths of pattern packs; ``()`` for none.   sink: receives events instead of an endpoint.
        settings: any other variable in lower case, without ``ARC_``: ``metrics_port=0``, ``intercept=False``, ...
        """
        given = dict(
            settings, endpoint=endpoint, api_key=api_key, cache_dir=cache_dir, log_level=log_level, packs=packs
        )
        given = {name: value for name, value in given.items() if value is not None}
        known: Dict[str, Any] = self.__dict__.get("_given", {})
        config = load({**known, **given})
        self._start(config, sink)
        self._given = {**known, **given}
        if not _current:
            _current.append(self)

    def _start(self, config: Config, sink: Optional[Sink]) -> None:
        """Build or change the parts; whatever raises leaves no patch behind, and what was in force stays in force."""
        parts: Any = self.__dict__.get("_parts")
        logger = logging.getLogger("arc_runtime")
        level_before = logger.level
        for problem in config.problems if "_config" not in self.__dict__ else ():
            _logger.warning("%s", problem)
        if config.log_level is not None:
            logger.setLevel(config.log_level)
        if not config.disable:
            from arc_runtime.parts import Parts as Built

            fresh = parts is None
            parts = parts or Built()
            try:
                parts.apply(config, sink)
            except BaseException:
                logger.setLevel(level_before)
                if fresh:
                    parts.close()
                raise
        elif parts is not None:
            self._warn_once("disable has no effect on an Arc that runs: call close()")
        self._parts: Optional[Parts] = parts
        self._config = config

    def register_pattern(
        self,
        pattern: Mapping[str, Any],
        fix: Mapping[str, Any],
        id: Optional[str] = None,
        confidence: float = 1.0,
        priority: int = 0,
    ) -> str:
        """Fix requests that match from now on, and return the pattern's id.

        An id that is taken replaces its pattern; without one, the id is derived from the content.
        confidence: in [0, 1].   priority: higher goes first.   Raises PatternError that says where and why.
        """
        entry = {"pattern": pattern, "fix": fix, "id": id, "confidence": confidence, "priority": priority}
        ids = self._register([entry], numbered=False)
        return ids[0] if ids else ""

    def register_patterns(self, patterns: Iterable[Mapping[str, Any]]) -> Sequence[str]:
        """Register many at once, all or none: ``[{"pattern": ..., "fix": ..., "id": ...}, ...]``; return their ids.

        Any iterable will do, and is read once: a million patterns from a generator never are in memory together.
        """
        return self._register(patterns, numbered=True)

    def remove_pattern(self, id: str) -> bool:
        """Stop fixing by a pattern; return whether there was one of this id."""
        return self._parts is not None and self._parts.remove(id)

    def _register(self, entries: Iterable[Mapping[str, Any]], numbered: bool) -> Sequence[str]:
        if self._parts is None:
            return []
        if self not in _current:
            self._warn_once("this Arc is closed: patterns registered now fix no request; make a new Arc()")

        numbers = enumerate(entries)
        return self._parts.register(
            _compiled(entry, f"patterns[{number}]" if numbered else "register_pattern") for number, entry in numbers
        )

    def wrap(self, client: ClientT) -> ClientT:
        """Return the same client, its calls intercepted: for programs that run with ``intercept=False``.

        Only this client, and what ``with_options`` makes of it, unless its whole SDK is intercepted already; never
        twice. It may be of OpenAI, Anthropic, a compatible SDK that is made in the same way, a subclass, or a proxy.
        """
        if self._parts is None or (self in _current and self._parts.wrap(client)):
            return client
        kind = type(client).__name__
        if self not in _current:
            _logger.warning("wrap: this Arc is closed, so calls of %s stay as they are: make a new Arc()", kind)
        elif not self._parts.knows(client):  # of a client that we know and cannot intercept, the installer has told why
            _logger.warning("wrap: %s is no client that we know; its calls stay as they are", kind)
        return client

    def protect(self, transport: TransportT) -> TransportT:
        """Return a transport of httpx or httpx2, sync or async, whose LLM requests are intercepted.

        For programs without an SDK that we know: ``httpx.Client(transport=arc.protect(httpx.HTTPTransport()))``.
        What an intercepted SDK sends through it passes, for its call has been decided already.
        """
        if self._parts is None or (self in _current and self._parts.can_protect(transport)):
            return transport if self._parts is None else self._parts.protect(transport)
        why = "it has no handle_request" if self in _current else "this Arc is closed: make a new Arc()"
        _logger.warning("protect: requests of %s stay as they are: %s", type(transport).__name__, why)
        return transport

    def tags(self, **tags: Any) -> ContextManager[None]:
        """Tag the calls made inside the block, and what is started there: ``with arc.tags(request_id=..., user=...):``.

        Blocks add up; None takes a tag away. Tags are context variables, so concurrent requests never mix; they are
        reported with each call (at most 16, values cut at 256 characters) and never sent to the provider.
        """
        if self._parts is None:
            return nullcontext()
        from arc_runtime.interceptors.provenance import tags as tagged

        return tagged(tags)

    def current_call(self) -> Optional[Call]:
        """Return the call that is under way in this context (id, parent, thread, tags, ...), or None outside of one.

        For hooks of the HTTP client, callbacks and logging filters that run inside a call.
        """
        if self._parts is None:
            return None
        from arc_runtime.interceptors.provenance import current_call

        return current_call()

    def explain(self, request: Mapping[str, Any], provider: str = "openai", operation: str = "") -> "Explanation":
        """Return what would become of a request body and why, without sending it or counting it.

        operation: ``chat.completions``, ``responses``, ``messages``, ...; the provider's usual one when empty.
        """
        from arc_runtime.patterns.explanation import Explanation, explain

        if self._parts is None:
            return Explanation(None, (), "disabled")
        usual = "messages" if provider == "anthropic" else "chat.completions"
        call = Call("", provider, operation or usual, dict(request), False, "", time())
        pipeline = self._parts.pipeline
        index = pipeline.index
        return explain(call, pipeline.before, index.match, index.near(call), pipeline.policy, index.stages_us)

    def flush(self, timeout_s: float = 2.0) -> bool:
        """Wait until every event so far is delivered; False when that took longer, or when some were lost."""
        return self._parts is None or self._parts.flush(timeout_s)

    def health(self) -> Dict[str, Any]:
        """Return the state of every part as plain values, for ``doctor`` and for people."""
        if self._parts is None:
            return {"disabled": True, "open": self in _current, "problems": list(self._config.problems)}
        state = {"disabled": False, "open": self in _current, "problems": list(self._config.problems)}
        return {**state, **self._parts.health(), "internal_failures": guard.failures()}

    def _warn_once(self, text: str) -> None:
        """Say something that a program may repeat thousands of times once per Arc."""
        warned: Set[str] = self.__dict__.setdefault("_warned", set())
        if text not in warned:
            warned.add(text)
            _logger.warning("%s", text)

    @property
    def config(self) -> Config:
        """The settings in force, each with its origin."""
        return self._config

    @property
    def metrics_port(self) -> Optional[int]:
        """The port on which ``/metrics`` is served, None where it is not."""
        return None if self._parts is None else self._parts.metrics_port

    def close(self) -> None:
        """Take out every patch, deliver what waits (at most ``ARC_FLUSH_TIMEOUT_S``), and stop. Idempotent."""
        with _lock:
            if self in _current:
                _current.remove(self)
        if self._parts is not None:
            self._parts.close()

    def __enter__(self) -> "Arc":
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "disabled" if self._parts is None else "open" if self in _current else "closed"
        return f"<Arc {state}>"


def _compiled(entry: Any, where: str) -> "Pattern":
    from arc_runtime.patterns.pattern import PatternSpec, compile_pattern

    if not isinstance(entry, Mapping) or not {"pattern", "fix"} <= set(entry) <= PATTERN_FIELDS:
        raise PatternError(f"{where}: expected pattern, fix, and perhaps id, confidence, priority")
    labels = {name: value for name, value in entry.items() if name not in ("pattern", "fix", "id")}
    spec = PatternSpec(entry["pattern"], entry["fix"], entry.get("id"), **labels)
    try:
        return compile_pattern(spec)
    except PatternError as error:
        raise PatternError(f"{where}: {error.message}", error.code, error.hint) from None
