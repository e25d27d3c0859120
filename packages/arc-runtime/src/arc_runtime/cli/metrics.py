"""``arc runtime metrics``: what a running process counts."""

import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Optional

import typer
from typing_extensions import Annotated

from arc_runtime.config import load
from arc_runtime.errors import ConfigError, TelemetryError

_TIMEOUT_S = 5.0
_MAX_BYTES = 16 * 1024 * 1024


def metrics(
    url: Annotated[Optional[str], typer.Argument(help="Where it serves /metrics; default: ARC_METRICS_PORT.")] = None,
) -> None:
    """Print the metrics of a running process, in Prometheus' text format."""
    sys.stdout.write(fetch(url or _default_url()))


def fetch(url: str) -> str:
    """Return the text at ``url``. Raises ConfigError for what is no HTTP URL, TelemetryError when nobody answers."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{url}: expected http://HOST:PORT/metrics", "metrics.url")
    if parts.path in ("", "/"):
        url = parts._replace(path="/metrics").geturl()
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
            return str(answer.read(_MAX_BYTES).decode("utf-8", "replace"))
    except (OSError, ValueError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", error)
        raise TelemetryError(f"{url}: {reason}", "metrics.unreachable", "is the process running?") from error


def _default_url() -> str:
    found = load({}).metrics
    if not found.port:
        raise ConfigError("no URL given, and ARC_METRICS_PORT is not set", "metrics.url")
    return f"http://{found.host}:{found.port}/metrics"
