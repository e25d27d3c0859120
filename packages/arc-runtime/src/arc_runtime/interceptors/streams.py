"""Watches a stream and changes nothing: the application keeps the SDK's own object, with its own type and methods.

Only the iterator inside the stream is exchanged for one that passes every chunk on and remembers when it came.
A stream that is dropped or closed before its end counts as cancelled, and its time ends with its last chunk:
what happened between that and the moment the object went away is not the provider's time.
"""

import sys
from time import perf_counter
from typing import Any, AsyncIterator, Callable, Iterator, NamedTuple, Optional

from arc_runtime import guard
from arc_runtime.interceptors.answers import NO_FACTS, AnswerFacts, read_facts
from arc_runtime.model import STATUS_CANCELLED, STATUS_ERROR, STATUS_OK


class StreamEnd(NamedTuple):
    """How a stream ended."""

    status: str
    last_at_s: float
    """`perf_counter` at the end, or at the last chunk when the application gave up."""
    first_at_s: Optional[float]
    """`perf_counter` at the first chunk; None: there was none."""
    facts: AnswerFacts
    error: Optional[BaseException] = None


class StreamWatch:
    """What is known about one stream; tells the end once."""

    __slots__ = ("_facts", "_first_at_s", "_last_at_s", "_on_end")

    def __init__(self, on_end: Callable[[StreamEnd], None]) -> None:
        self._on_end: Optional[Callable[[StreamEnd], None]] = on_end
        self._first_at_s: Optional[float] = None
        self._last_at_s = perf_counter()
        self._facts = NO_FACTS

    def chunk(self, chunk: Any) -> None:
        """Note a chunk that is on its way to the application."""
        self._last_at_s = perf_counter()
        if self._first_at_s is None:
            self._first_at_s = self._last_at_s
        self._facts = self._facts.merged(guard.run("stream.chunk", NO_FACTS, read_facts, chunk))

    def end(self, status: str, error: Optional[BaseException] = None) -> None:
        """Tell the end, unless it was told."""
        on_end, self._on_end = self._on_end, None
        if on_end is None:
            return
        if status != STATUS_CANCELLED:
            self._last_at_s = perf_counter()
        end = StreamEnd(status, self._last_at_s, self._first_at_s, self._facts, error)
        guard.run("stream.end", None, on_end, end)

    def failed(self, error: BaseException) -> None:
        """Tell that reading raised: an error of the provider, or an interrupt of the application."""
        self.end(STATUS_ERROR if isinstance(error, Exception) else STATUS_CANCELLED, error)


class WatchedIterator:
    """An iterator that passes everything on, exceptions included. All other attributes are those of the inner one."""

    def __init__(self, inner: Iterator[Any], watch: StreamWatch) -> None:
        self._inner = inner
        self._watch = watch

    def __iter__(self) -> "WatchedIterator":
        return self

    def __next__(self) -> Any:
        try:
            chunk = next(self._inner)
        except StopIteration:
            self._watch.end(STATUS_OK)
            raise
        except BaseException as error:
            self._watch.failed(error)
            raise
        self._watch.chunk(chunk)
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self._watch.end(STATUS_CANCELLED)


class WatchedAsyncIterator:
    """The same for an asynchronous iterator."""

    def __init__(self, inner: AsyncIterator[Any], watch: StreamWatch) -> None:
        self._inner = inner
        self._watch = watch

    def __aiter__(self) -> "WatchedAsyncIterator":
        return self

    async def __anext__(self) -> Any:
        try:
            chunk = await self._inner.__anext__()
        except StopAsyncIteration:
            self._watch.end(STATUS_OK)
            raise
        except BaseException as error:
            self._watch.failed(error)
            raise
        self._watch.chunk(chunk)
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self._watch.end(STATUS_CANCELLED)


def watch_stream(stream: Any, on_end: Callable[[StreamEnd], None]) -> bool:
    """Watch a stream of the SDK from now on and return True. Raises AttributeError when it has no inner iterator."""
    inner = stream._iterator
    watched = WatchedAsyncIterator if hasattr(inner, "__anext__") else WatchedIterator
    stream._iterator = watched(inner, StreamWatch(on_end))
    return True
