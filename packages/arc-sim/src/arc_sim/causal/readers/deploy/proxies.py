"""Timeouts, retries, breakers and pools in the configuration of reverse proxies: nginx and Envoy."""

import re
from collections.abc import Iterator
from typing import Any

from arc_sim.causal.addresses import addresses_in
from arc_sim.causal.documents import DocumentError, Text, dig, entries, line_of, load_documents
from arc_sim.causal.readers.base import Rule
from arc_sim.causal.readers.frameworks.settings import milliseconds, number
from arc_sim.model import Location, Resilience

DIRECTIVE = re.compile(
    r"^\s*(?:(?P<open>[^;{}#]*)\{|(?P<close>\})|(?P<name>(?:proxy|grpc|fastcgi|uwsgi)_\w+|keepalive)\s+(?P<value>[^;#]+);)"
)
TIMEOUTS = {"read_timeout": "read", "connect_timeout": "connect", "next_upstream_timeout": "total"}
MAX_LINES = 20_000


def proxy_rules(source: str, text: str, path: str) -> list[Rule]:
    """Return what a proxy's configuration sets for calls, by route where it says so; ``*`` for all."""
    if "proxy_" in text or "grpc_" in text or "fastcgi_" in text:
        return [Rule(source, host, setting) for host, setting in _nginx(text, path)]
    if "static_resources" in text or "envoy" in text:
        return [Rule(source, host, setting) for host, setting in _envoy(text, path)]
    return []


def _nginx(text: str, path: str) -> Iterator[tuple[str, Resilience]]:
    """Yield the settings of each block with the host that the block passes to."""
    blocks: list[list[Resilience]] = [[]]
    hosts: list[str] = ["*"]
    for line_number, line in enumerate(text.splitlines()[:MAX_LINES], start=1):
        match = DIRECTIVE.match(line) if len(line) < 2000 else None
        if match is None:
            continue
        if match.group("open") is not None:
            blocks.append([])
            hosts.append("*")
        elif match.group("close"):
            yield from ((hosts[-1], setting) for setting in blocks[-1])
            blocks, hosts = blocks[:-1] or [[]], hosts[:-1] or ["*"]
        else:
            name, value = match.group("name"), match.group("value").strip()
            address = addresses_in(value) if name.endswith("_pass") else ()
            hosts[-1] = address[0].host if address else hosts[-1]
            blocks[-1] += _directive(name, value, Location(path, line_number))
    yield from ((hosts[-1], setting) for setting in blocks[0])


def _directive(name: str, value: str, at: Location) -> Iterator[Resilience]:
    short = name.partition("_")[2]
    limit = milliseconds(value if re.search(r"[a-z]$", value) else value + "s") if short in TIMEOUTS else None
    if limit:
        yield Resilience("timeout", at, limit, "ms", TIMEOUTS[short], "nginx")  # type: ignore[arg-type]  # values of TIMEOUTS
    tries = number(value) if short == "next_upstream_tries" else None
    if tries:
        yield Resilience("retries", at, max(tries - 1, 0), "attempts", detail="nginx")
    pool = number(value) if name == "keepalive" else None
    if pool:
        yield Resilience("pool", at, pool, "connections", detail="nginx")


def _envoy(text: str, path: str) -> Iterator[tuple[str, Resilience]]:
    try:
        documents = load_documents(text.encode())
    except DocumentError:
        return  # Who reads its addresses goes by lines then.
    for document in documents:
        hosts: dict[str, str] = {}
        for cluster in entries(dig(document, "static_resources", "clusters")):
            host = next(_all(cluster, "address"), None)
            hosts[str(dig(cluster, "name"))] = str(host or dig(cluster, "name"))
            yield from _of_cluster(hosts[str(dig(cluster, "name"))], cluster, path)
        for route in _all(document, "route"):
            host = hosts.get(str(dig(route, "cluster")), "\0")
            yield from _timed(host, dig(route, "timeout"), "total", path)
            yield from _timed(host, dig(route, "retry_policy", "per_try_timeout"), "per_try", path)
            yield from _counted(host, dig(route, "retry_policy", "num_retries"), "retries", path)


def _of_cluster(host: str, cluster: Any, path: str) -> Iterator[tuple[str, Resilience]]:
    yield from _timed(host, dig(cluster, "connect_timeout"), "connect", path)
    detection = dig(cluster, "outlier_detection")
    if isinstance(detection, dict):
        yield host, Resilience("circuit_breaker", Location(path, line_of(detection)), detail="envoy")
    for threshold in entries(dig(cluster, "circuit_breakers", "thresholds")):
        yield from _counted(host, dig(threshold, "max_connections"), "pool", path)


def _all(value: Any, key: str, depth: int = 0) -> Iterator[Any]:
    """Yield every value of a key, at any depth; of an address the text."""
    if isinstance(value, dict) and depth < 60:
        for name, item in value.items():
            if name == key and (key != "address" or isinstance(item, Text)):
                yield item
            else:
                yield from _all(item, key, depth + 1)
    elif isinstance(value, list) and depth < 60:
        for item in value:
            yield from _all(item, key, depth + 1)


def _timed(host: str, value: Any, phase: str, path: str) -> Iterator[tuple[str, Resilience]]:
    limit = milliseconds(str(value)) if isinstance(value, Text) else None
    if limit:
        yield host, Resilience("timeout", Location(path, line_of(value)), limit, "ms", phase, "envoy")  # type: ignore[arg-type]  # one of the phases


def _counted(host: str, value: Any, kind: str, path: str) -> Iterator[tuple[str, Resilience]]:
    count = number(str(value)) if isinstance(value, Text) else None
    if count is not None:
        at = Location(path, line_of(value))
        yield (
            host,
            (
                Resilience("pool", at, count, "connections", detail="envoy")
                if kind == "pool"
                else Resilience("retries", at, count, "attempts", detail="envoy")
            ),
        )
