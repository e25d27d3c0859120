"""What an Arc is made of: built, changed and ended together, in the order that leaves no request in between."""

import logging
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from arc_runtime import guard
from arc_runtime.config import Config, MetricsConfig, TelemetryConfig
from arc_runtime.errors import PatternError
from arc_runtime.interceptors import INTERCEPTORS, make_interceptor
from arc_runtime.interceptors.observer import PipelineObserver
from arc_runtime.interceptors.on_import import Installer
from arc_runtime.interceptors.stainless.interceptor import StainlessInterceptor, inner_client, is_stainless
from arc_runtime.interceptors.stainless.sessions import MODULES, SessionCounter
from arc_runtime.locks import ForkSafeLock
from arc_runtime.metrics.counters import Counters
from arc_runtime.model import Sink
from arc_runtime.patterns.files import KnownError, load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.patterns.pattern import Pattern
from arc_runtime.patterns.signs.hosts import read_hosts
from arc_runtime.patterns.store import PatternStore
from arc_runtime.pipeline import Pipeline

_logger = logging.getLogger(__name__)


class Parts:
    """The running parts. Reading requests needs no lock; changing parts takes one."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.pipeline = Pipeline(PatternIndex())
        self.store = PatternStore(self._publish)
        self.observer = PipelineObserver(self.pipeline, self.counters)
        interceptors = [make_interceptor(name) for name in sorted(INTERCEPTORS)]
        self.installer = Installer(self.observer, [*interceptors, *map(SessionCounter, MODULES)])
        self._lock = ForkSafeLock()
        self._packs: Dict[str, Tuple[str, ...]] = {}
        """Pattern ids by the name or path of their pack."""
        self._telemetry: Optional[TelemetryConfig] = None
        self._own_sink: Any = None
        """The sink that we made and therefore close."""
        self._metrics: Optional[MetricsConfig] = None
        self._server: Any = None
        self._closed = False
        self._watch: Any = None
        """What the protected transports share, when there are any."""

    def apply(self, config: Config, sink: Optional[Sink]) -> None:
        """Become what the configuration says. Raises PatternError for a pack that an argument named."""
        with self._lock:
            # first what can be refused: then nothing has changed
            self.store.cache_dir = config.cache_dir
            self._apply_packs(config, strict=config.origins.get("ARC_PACKS") == "argument")
            self.pipeline.policy = frozenset(config.policy)
            self.pipeline.hosts = read_hosts(config.hosts)
            self.observer.retries = config.retry_with_fix
            self.pipeline.min_confidence = config.min_confidence
            self._apply_sink(config.telemetry, sink)
            self._apply_metrics(config.metrics)
            if config.intercept:
                self.installer.start()

    def add(self, patterns: Iterable[Pattern]) -> None:
        """Publish more patterns, all at once."""
        with self._lock:
            self.store.change(patterns)

    def remove(self, pattern_id: str) -> bool:
        """Withdraw one pattern; return whether it was there."""
        with self._lock:
            return self.store.remove(pattern_id)

    def register(self, patterns: Iterable[Pattern]) -> Sequence[str]:
        """Publish what an iterator gives, all or none; return the ids. Takes no lock while the iterator runs."""
        return self.store.register(patterns)

    @property
    def metrics_port(self) -> Optional[int]:
        """The port in use, None where nothing is served."""
        port: Optional[int] = None if self._server is None else self._server.port
        return port

    def flush(self, timeout_s: float) -> bool:
        """Wait for delivery; True where nothing has to be delivered."""
        flush = getattr(self.observer.sink, "flush", None)
        return flush is None or bool(guard.run("sink.flush", False, flush, timeout_s))

    def health(self) -> Dict[str, Any]:
        """Return the state of every part as plain values."""
        stats = getattr(self.observer.sink, "stats", None)
        return {
            "interceptors": self.installer.status(),
            "patterns": len(self.pipeline.index),
            "index": self.store.health(),
            "packs": sorted(self._packs),
            "counters": self.counters.totals(),
            "telemetry": guard.run("sink.stats", None, stats) if stats else None,
            "endpoint": self._telemetry.endpoint if self._telemetry else None,
            "metrics_port": self.metrics_port,
        }

    def close(self) -> None:
        """Take out the patches first, then deliver, then stop. Idempotent."""
        self.installer.close()
        with self._lock:
            if self._closed:
                return
            self._closed = True
            guard.run("patterns.close", None, self.store.close)
            if self._watch is not None:
                self._watch.active = False
            own, telemetry = self._own_sink, self._telemetry
            self._own_sink, self._telemetry = None, None
        # delivery takes its time, and other threads may ask how we are meanwhile: no lock is held
        if own is None or telemetry is None:
            self.flush(2.0)
        else:
            guard.run("sink.close", None, own.close, telemetry.flush_timeout_s)
        self.observer.sink = None
        with self._lock:
            self._stop_metrics()

    def wrap(self, client: Any) -> bool:
        """Intercept one client; return False when we know no way to."""
        inner = inner_client(client) or client
        if self.installer.interceptor_of(inner) is None and is_stainless(inner):
            self.installer.know(StainlessInterceptor.for_client(inner))
        return self.installer.install_for(inner)

    def knows(self, client: Any) -> bool:
        """Return whether a client is of an SDK that we know, intercepted or not."""
        return self.installer.interceptor_of(inner_client(client) or client) is not None

    def can_protect(self, transport: Any) -> bool:
        """Return whether an object is a transport that we can protect."""
        from arc_runtime.interceptors.http.transport import is_transport

        return is_transport(transport)

    def protect(self, transport: Any) -> Any:
        """Return a transport whose requests are intercepted until `close`."""
        from arc_runtime.interceptors.http.transport import Watch, protected

        if self._watch is None:
            self._watch = Watch(self.observer)
        watch = self._watch
        return protected(transport, lambda: watch)

    def _publish(self, index: PatternIndex) -> None:
        self.pipeline.index = index

    def _apply_packs(self, config: Config, strict: bool) -> None:
        names = config.packs
        if tuple(self._packs) == names:
            return
        verify = _verifier(config.pack_keys) if config.pack_keys else None
        loaded: Dict[str, List[Pattern]] = {}
        errors: List[KnownError] = []
        for name in names:
            try:
                pack = load_pack(name, verify, golden=False)
                loaded[name] = list(pack.patterns)
                errors.extend(pack.errors)
            except PatternError as error:
                if strict:
                    raise
                _logger.warning("ARC_PACKS: %s", error)
        old = [pattern_id for ids in self._packs.values() for pattern_id in ids]
        added = [pattern for patterns in loaded.values() for pattern in patterns]
        self.store.change(added, removed=old)
        self._packs = {name: tuple(p.pattern_id for p in patterns) for name, patterns in loaded.items()}
        self.observer.known_errors = tuple(errors)

    def _apply_sink(self, config: Optional[TelemetryConfig], sink: Optional[Sink]) -> None:
        if sink is not None:
            self.observer.sink = sink
            self._close_own_sink()
        elif config is not None and config != self._telemetry:
            made = guard.run("sink.make", None, _make_sink, config)
            if made is None:
                _logger.warning("no events are sent: the telemetry part cannot be started")
                return
            self.observer.sink = made
            self._close_own_sink()
            self._own_sink, self._telemetry = made, config

    def _close_own_sink(self) -> None:
        if self._own_sink is not None and self._telemetry is not None:
            guard.run("sink.close", None, self._own_sink.close, self._telemetry.flush_timeout_s)
        self._own_sink, self._telemetry = None, None

    def _apply_metrics(self, config: MetricsConfig) -> None:
        if config == self._metrics:
            return
        self._stop_metrics()
        self._metrics = config
        if config.port is not None:
            from arc_runtime.metrics.exposition import ArcCollector, start_server

            collector = ArcCollector(self.counters, self._gauges)
            self._server = guard.run("metrics.start", None, start_server, config, collector)

    def _stop_metrics(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            guard.run("metrics.close", None, server.close)

    def _gauges(self) -> Dict[str, float]:
        """Return what is not counted but is so at this moment."""
        stats = getattr(self.observer.sink, "stats", None)
        telemetry: Dict[str, Any] = guard.run("sink.stats", {}, stats) if stats else {}
        stopped = sum(self.pipeline.index.stopped.values())
        gauges: Dict[str, float] = {"patterns_active": len(self.pipeline.index), "match_stopped": stopped}
        for name, value in telemetry.items():
            if isinstance(value, int) and not isinstance(value, bool):
                gauges[f"telemetry_{name}"] = value
        dropped = telemetry.get("dropped")
        if isinstance(dropped, dict):
            gauges["telemetry_dropped"] = sum(dropped.values())
        return gauges


def _verifier(keys: Any) -> Any:
    from arc_runtime.packs.signing import verifier

    return verifier(keys)


def _make_sink(config: TelemetryConfig) -> Any:
    from arc_runtime.telemetry.worker import TelemetrySink

    return TelemetrySink(config)
