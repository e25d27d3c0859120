"""Serves the counters to Prometheus at ``/metrics`` and ``/arc/runtime/metrics``, when a port was asked for."""

import logging
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Callable, Dict, Iterator, List, Optional
from weakref import WeakSet

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from arc_runtime import guard
from arc_runtime.config import MetricsConfig
from arc_runtime.metrics.counters import COUNTERS, Counters, Histogram

PATHS = ("/metrics", "/arc/runtime/metrics")
REQUEST_TIMEOUT_S = 5.0
"""A scraper that sends nothing for so long is dropped."""

_logger = logging.getLogger(__name__)


class ArcCollector(Collector):
    """Turns counters into metric families at the moment of a scrape."""

    def __init__(self, counters: Counters, gauges: Optional[Callable[[], Dict[str, float]]] = None) -> None:
        self._counters = counters
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        """Yield every family, named ``arc_...``."""
        for name, count in self._counters.totals().items():
            yield CounterMetricFamily(f"arc_{name}", COUNTERS[name], value=count)
        failures = CounterMetricFamily(
            "arc_internal_failures", "Failures of our own, contained, by place", labels=["place"]
        )
        for place, count in sorted(guard.failures().items()):
            failures.add_metric([place], count)
        yield failures
        yield _family("arc_added_latency_seconds", "Time that we added to a request", self._counters.added())
        yield _family(
            "arc_provider_latency_seconds", "Time that the SDK and the provider took", self._counters.provider()
        )
        for name, value in sorted((self._gauges() if self._gauges else {}).items()):
            yield GaugeMetricFamily(f"arc_{name}", name.replace("_", " "), value=value)


def _family(name: str, text: str, histogram: Histogram) -> HistogramMetricFamily:
    buckets: List[Any] = []
    seen = 0
    for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts):
        seen += count
        buckets.append(["+Inf" if bound == float("inf") else repr(bound), seen])
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=histogram.total)


class MetricsServer:
    """One listening socket and one daemon thread named ``arc-metrics``; a forked child has neither."""

    def __init__(self, config: MetricsConfig, collector: Collector) -> None:
        registry = CollectorRegistry()
        registry.register(collector)
        self._server = _Server((config.host, config.port or 0), registry)
        self.port: Optional[int] = int(self._server.server_address[1])
        """The port in use, also where 0 was asked for; None in a forked child, which serves nothing."""
        self._thread = threading.Thread(target=self._server.serve_forever, name="arc-metrics", daemon=True)
        self._thread.start()
        _servers.add(self)

    def close(self) -> None:
        """Stop serving and free the port. Idempotent."""
        _servers.discard(self)
        if self.port is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=REQUEST_TIMEOUT_S)

    def after_fork_in_child(self) -> None:
        """Give the port back to the parent alone; its thread is not here, so nobody may wait for it."""
        self.port = None
        self._server.server_close()


_servers: "WeakSet[MetricsServer]" = WeakSet()


def _after_fork_in_child() -> None:
    for server in list(_servers):
        server.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def start_server(config: MetricsConfig, collector: Collector) -> Optional[MetricsServer]:
    """Return the running server, or None, with a warning, where the port cannot be had."""
    try:
        return MetricsServer(config, collector)
    except OSError as error:
        _logger.warning("no metrics: cannot listen on %s:%s: %s", config.host, config.port, error)
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: Any, registry: CollectorRegistry) -> None:
        self.registry = registry
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Listen without asking for this machine's name, which takes seconds where names are not resolved."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say it to our log, not to the application's stderr."""
        _logger.debug("a scrape failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_TIMEOUT_S
    server: _Server

    def do_GET(self) -> None:
        """Answer a scrape."""
        if self.path.partition("?")[0] not in PATHS:
            self.send_error(404)
            return
        encode, content_type = choose_encoder(self.headers.get("Accept") or "")
        content: bytes = encode(self.server.registry)
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the application's stderr clean."""
        _logger.debug(format, *args)
