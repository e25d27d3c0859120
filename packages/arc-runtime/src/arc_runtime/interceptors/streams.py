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

OnEnd = Callable[[StreamEnd], None]
MakeWatch = Callable[[Optional[OnEnd]], Optional["StreamWatch"]]


class StreamWatch:
    """What is known about one stream; tells the end once."""

    __slots__ = ("_facts", "_first_at_s", "_last_at_s", "_on_end", "has_body", "is_reading", "was_read")

    def __init__(self, on_end: OnEnd) -> None:
        self._on_end: Optional[OnEnd] = on_end
        self._first_at_s: Optional[float] = None
        self._last_at_s = perf_counter()
        self._facts = NO_FACTS
        self.is_reading = False
        """Whether the next chunk is being waited for: what closes the stream then is not the application."""
        self.was_read = False
        self.has_body = False
        """Whether the HTTP body is watched too: then it tells what becomes of a stream that nobody reads as such."""

    def chunk(self, chunk: Any) -> None:
        """Note a chunk that is on its way to the application."""
        self._last_at_s = perf_counter()
        if self._first_at_s is None:
            self._first_at_s = self._last_at_s
        self._read(chunk)

    def end(self, status: str, error: Optional[BaseException] = None) -> None:
        """Tell the end, unless it was told."""
        on_end, self._on_end = self._on_end, None
        if on_end is None:
            return
        if status != STATUS_CANCELLED:
            self._last_at_s = perf_counter()
        self._tell(on_end, status, error)

    def failed(self, error: BaseException) -> None:
        """Tell that reading raised: an error of the provider, or an interrupt of the application."""
        self.end(STATUS_ERROR if isinstance(error, Exception) else STATUS_CANCELLED, error)

    def closed(self) -> None:
        """Tell that the stream was closed; by the application, if nobody was reading."""
        if not self.is_reading:
            self.given_up()

    def dropped(self) -> None:
        """Tell that the stream's iterator is gone; unread, its body may still be read by others (anthropic 0.30)."""
        if self.was_read or not self.has_body:
            self.given_up()

    def given_up(self) -> None:
        """Tell that nobody reads on; who has seen why the model stopped has the whole answer (LiteLLM reads so)."""
        if self._on_end is not None:
            self.end(STATUS_OK if self._facts.finish_reason else STATUS_CANCELLED)

    def take_over(self) -> Optional[OnEnd]:
        """Return whom to tell the end, for another watch to do it instead; None: it was told."""
        on_end, self._on_end = self._on_end, None
        return on_end

    def _read(self, chunk: Any) -> None:
        self._facts = self._facts.merged(read_facts(chunk))

    def _tell(self, on_end: OnEnd, status: str, error: Optional[BaseException]) -> None:
        on_end(StreamEnd(status, self._last_at_s, self._first_at_s, self._facts, error))


class ChunkChange(StreamWatch):
    """Changes each chunk before the application sees it; tells nothing."""

    __slots__ = ("_change",)

    def __init__(self, change: Callable[[Any], None]) -> None:
        super().__init__(lambda end: None)
        self._change = change

    def chunk(self, chunk: Any) -> None:
        """Change a chunk in place."""
        self._change(chunk)


class WatchedIterator:
    """An iterator that passes everything on, exceptions included. All other attributes are those of the inner one."""

    _inner: Any = None
    _watch: Any = None

    def __init__(self, inner: Iterator[Any], watch: StreamWatch) -> None:
        self._inner = inner
        self._watch = watch

    def __iter__(self) -> "WatchedIterator":
        return self

    def __next__(self) -> Any:
        watch = self._watch
        watch.is_reading = watch.was_read = True
        try:
            chunk = next(self._inner)
        except StopIteration:
            guard.run("stream.end", None, watch.end, STATUS_OK)
            raise
        except BaseException as error:
            guard.run("stream.failed", None, watch.failed, error)
            raise
        finally:
            watch.is_reading = False
        guard.run("stream.chunk", None, watch.chunk, chunk)
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __del__(self) -> None:
        if self._watch is not None and not sys.is_finalizing():  # None: half made, by a failure of ours
            guard.run("stream.dropped", None, self._watch.dropped)


class WatchedAsyncIterator:
    """The same for an asynchronous iterator."""

    _inner: Any = None
    _watch: Any = None

    def __init__(self, inner: AsyncIterator[Any], watch: StreamWatch) -> None:
        self._inner = inner
        self._watch = watch

    def __aiter__(self) -> "WatchedAsyncIterator":
        return self

    async def __anext__(self) -> Any:
        watch = self._watch
        watch.is_reading = watch.was_read = True
        try:
            chunk = await self._inner.__anext__()
        except StopAsyncIteration:
            guard.run("stream.end", None, watch.end, STATUS_OK)
            raise
        except BaseException as error:
            guard.run("stream.failed", None, watch.failed, error)
            raise
        finally:
            watch.is_reading = False
        guard.run("stream.chunk", None, watch.chunk, chunk)
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __del__(self) -> None:
        if self._watch is not None and not sys.is_finalizing():  # None: half made, by a failure of ours
            guard.run("stream.dropped", None, self._watch.dropped)


class WatchedBody:
    """The body of an HTTP response, for its reader: the very same, whose pieces and end are noticed.

    It says that it is of the class of the body inside it, because the HTTP library asks.
    """

    _inner: Any = None
    _watch: Any = None

    def __init__(self, inner: Any, watch: StreamWatch, read_pieces: Optional[MakeWatch] = None) -> None:
        self._inner = inner
        self._watch = watch
        self._read_pieces = read_pieces
        """Makes the watch for a reader that goes past the stream above us; None: our own watch reads the pieces."""

    @property  # type: ignore[misc]  # what isinstance asks
    def __class__(self) -> Any:
        return type(self._inner)

    def __iter__(self) -> Iterator[Any]:
        pieces = iter(self._inner)
        watched = guard.run("stream.body", False, self._reads_pieces)
        return WatchedIterator(pieces, self._watch) if watched else pieces

    def __aiter__(self) -> Any:
        pieces = self._inner.__aiter__()
        watched = guard.run("stream.body", False, self._reads_pieces)
        return WatchedAsyncIterator(pieces, self._watch) if watched else pieces

    def _reads_pieces(self) -> bool:
        if self._read_pieces is None:
            return True
        if self._watch.is_reading:  # the stream above us is the reader
            return False
        watch = self._read_pieces(self._watch.take_over())
        if watch is None:
            return False
        self._watch = watch
        self._read_pieces = None
        return True

    def close(self) -> None:
        """Close the body."""
        try:
            self._inner.close()
        finally:
            guard.run("stream.closed", None, self._watch.closed)

    async def aclose(self) -> None:
        """Close the body."""
        try:
            await self._inner.aclose()
        finally:
            guard.run("stream.closed", None, self._watch.closed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __del__(self) -> None:
        if self._watch is not None and not sys.is_finalizing():  # None: half made, by a failure of ours
            guard.run("stream.dropped", None, self._watch.given_up)


def restore_stream(stream: Any, change: Callable[[Any], None]) -> None:
    """Let ``change`` have each chunk of a stream of the SDK before the application."""
    inner = stream._iterator
    watched = WatchedAsyncIterator if hasattr(inner, "__anext__") else WatchedIterator
    stream._iterator = watched(inner, ChunkChange(change))


def watch_stream(stream: Any, watch: StreamWatch, read_pieces: MakeWatch) -> bool:
    """Watch a stream of the SDK from now on and return True. Raises AttributeError when it has no inner iterator."""
    inner = stream._iterator
    watched = WatchedAsyncIterator if hasattr(inner, "__anext__") else WatchedIterator
    watch.has_body = guard.run("stream.body", False, watch_body, getattr(stream, "response", None), watch, read_pieces)
    stream._iterator = watched(inner, watch)
    return True


def watch_body(response: Any, watch: StreamWatch, read_pieces: Optional[MakeWatch] = None) -> bool:
    """Watch the body of an HTTP response that is not read yet; return whether there is one."""
    body = getattr(response, "stream", None)
    if body is None or getattr(response, "is_closed", True):
        return False
    response.stream = WatchedBody(body, watch, read_pieces)
    return True
