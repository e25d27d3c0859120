"""Watches a stream and changes nothing: the application keeps the SDK's own object, with its own type and methods.

Only the iterator inside the stream is exchanged for one that passes every chunk on and remembers when it came, and the
body inside its HTTP response for one that tells when it is closed. A stream that is closed or dropped before its end
counts as cancelled, and its time ends with its last chunk: what happened after that is not the provider's time.
"""

import sys
from time import perf_counter
from typing import Any, AsyncIterator, Callable, Iterator, Optional

from arc_runtime import guard
from arc_runtime.interceptors.answers import NO_FACTS, read_facts
from arc_runtime.interceptors.journey import StreamEnd
from arc_runtime.model import STATUS_CANCELLED, STATUS_ERROR, STATUS_OK


class StreamWatch:
    """What is known about one stream; tells the end once."""

    __slots__ = ("_facts", "_first_at_s", "_last_at_s", "_on_end", "is_reading")

    def __init__(self, on_end: Callable[[StreamEnd], None]) -> None:
        self._on_end: Optional[Callable[[StreamEnd], None]] = on_end
        self._first_at_s: Optional[float] = None
        self._last_at_s = perf_counter()
        self._facts = NO_FACTS
        self.is_reading = False
        """Whether the next chunk is being waited for: what closes the stream then is not the application."""

    def chunk(self, chunk: Any) -> None:
        """Note a chunk that is on its way to the application."""
        self._last_at_s = perf_counter()
        if self._first_at_s is None:
            self._first_at_s = self._last_at_s
        guard.run("stream.chunk", None, self._read, chunk)

    def end(self, status: str, error: Optional[BaseException] = None) -> None:
        """Tell the end, unless it was told."""
        on_end, self._on_end = self._on_end, None
        if on_end is None:
            return
        if status != STATUS_CANCELLED:
            self._last_at_s = perf_counter()
        guard.run("stream.end", None, self._tell, on_end, status, error)

    def failed(self, error: BaseException) -> None:
        """Tell that reading raised: an error of the provider, or an interrupt of the application."""
        self.end(STATUS_ERROR if isinstance(error, Exception) else STATUS_CANCELLED, error)

    def closed(self) -> None:
        """Tell that the stream was closed; before its end, if nobody was reading."""
        if not self.is_reading:
            self.end(STATUS_CANCELLED)

    def _read(self, chunk: Any) -> None:
        self._facts = self._facts.merged(read_facts(chunk))

    def _tell(self, on_end: Callable[[StreamEnd], None], status: str, error: Optional[BaseException]) -> None:
        on_end(StreamEnd(status, self._last_at_s, self._first_at_s, self._facts, error))


class WatchedIterator:
    """An iterator that passes everything on, exceptions included. All other attributes are those of the inner one."""

    def __init__(self, inner: Iterator[Any], watch: StreamWatch) -> None:
        self._inner = inner
        self._watch = watch

    def __iter__(self) -> "WatchedIterator":
        return self

    def __next__(self) -> Any:
        watch = self._watch
        watch.is_reading = True
        try:
            chunk = next(self._inner)
        except StopIteration:
            watch.end(STATUS_OK)
            raise
        except BaseException as error:
            watch.failed(error)
            raise
        finally:
            watch.is_reading = False
        watch.chunk(chunk)
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
        watch = self._watch
        watch.is_reading = True
        try:
            chunk = await self._inner.__anext__()
        except StopAsyncIteration:
            watch.end(STATUS_OK)
            raise
        except BaseException as error:
            watch.failed(error)
            raise
        finally:
            watch.is_reading = False
        watch.chunk(chunk)
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self._watch.end(STATUS_CANCELLED)


class WatchedBody:
    """The body of an HTTP response, for its reader: the very same, whose pieces and end are noticed.

    It says that it is of the class of the body inside it, because the HTTP library asks.
    """

    def __init__(self, inner: Any, watch: StreamWatch, pieces: bool) -> None:
        self._inner = inner
        self._watch = watch
        self._pieces = pieces
        """Whether the watch reads the pieces; if not, only the closing is noticed."""

    @property  # type: ignore[misc]  # what isinstance asks
    def __class__(self) -> Any:
        return type(self._inner)

    def __iter__(self) -> Iterator[Any]:
        pieces = iter(self._inner)
        return WatchedIterator(pieces, self._watch) if self._pieces else pieces

    def __aiter__(self) -> Any:
        pieces = self._inner.__aiter__()
        return WatchedAsyncIterator(pieces, self._watch) if self._pieces else pieces

    def close(self) -> None:
        """Close the body."""
        try:
            self._inner.close()
        finally:
            self._watch.closed()

    async def aclose(self) -> None:
        """Close the body."""
        try:
            await self._inner.aclose()
        finally:
            self._watch.closed()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def watch_stream(stream: Any, on_end: Callable[[StreamEnd], None]) -> bool:
    """Watch a stream of the SDK from now on and return True. Raises AttributeError when it has no inner iterator."""
    inner = stream._iterator
    watched = WatchedAsyncIterator if hasattr(inner, "__anext__") else WatchedIterator
    watch = StreamWatch(on_end)
    stream._iterator = watched(inner, watch)
    guard.run("stream.close", None, watch_body, getattr(stream, "response", None), watch, False)
    return True


def watch_body(response: Any, watch: StreamWatch, pieces: bool = True) -> bool:
    """Watch the body of an HTTP response that is not read yet; return whether there is one."""
    body = getattr(response, "stream", None)
    if body is None or getattr(response, "is_closed", True):
        return False
    response.stream = WatchedBody(body, watch, pieces)
    return True
