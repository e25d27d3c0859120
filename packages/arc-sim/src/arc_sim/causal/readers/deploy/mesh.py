"""What a service mesh does between services: timeouts, retries, outlier detection, connection pools; and Dapr."""

from collections.abc import Iterator
from typing import Any

from arc_sim.causal.addresses import addresses_in
from arc_sim.causal.documents import Text, dig, entries, line_of, pairs, path_of
from arc_sim.causal.readers.base import Rule
from arc_sim.causal.readers.deploy.objects import Object
from arc_sim.causal.readers.frameworks.settings import milliseconds, number
from arc_sim.model import Edge, Location, Resilience

COMPONENT = 0.8
"""Confidence of an address in a Dapr component that an application may use."""


def mesh_rules(objects: list[Object]) -> list[Rule]:
    """Return the settings that Istio, the Gateway API, Linkerd and Dapr put on calls to a service."""
    found: list[Rule] = []
    for item in objects:
        reader = KINDS.get(item.kind)
        if reader is not None:
            found += [Rule("*", host, setting) for host, setting in reader(item)]
    return found


def _virtual_service(item: Object) -> Iterator[tuple[str, Resilience]]:
    gateways = [str(name) for name in entries(dig(item.body, "spec", "gateways"))]
    if gateways and "mesh" not in gateways:
        return  # For traffic from outside only.
    hosts = [str(host) for host in entries(dig(item.body, "spec", "hosts"))]
    for route in entries(dig(item.body, "spec", "http")):
        named = [str(dig(to, "destination", "host")) for to in entries(dig(route, "route"))]
        for host in sorted({*named, *(hosts if not named else ())} - {"None"}):
            yield from _timed(item, host, dig(route, "timeout"), "total", "istio")
            yield from _timed(item, host, dig(route, "retries", "perTryTimeout"), "per_try", "istio")
            yield from _counted(item, host, dig(route, "retries", "attempts"), "istio")


def _destination_rule(item: Object) -> Iterator[tuple[str, Resilience]]:
    host = str(dig(item.body, "spec", "host") or "")
    policies = [dig(item.body, "spec", "trafficPolicy")]
    policies += [dig(subset, "trafficPolicy") for subset in entries(dig(item.body, "spec", "subsets"))]
    for policy in policies:
        detection = dig(policy, "outlierDetection")
        if isinstance(detection, dict):
            yield host, Resilience("circuit_breaker", _at(item, detection), detail="istio")
        pool = dig(policy, "connectionPool")
        yield from _timed(item, host, dig(pool, "tcp", "connectTimeout"), "connect", "istio")
        yield from _counted(item, host, dig(pool, "http", "maxRetries"), "istio")
        for keys in (("tcp", "maxConnections"), ("http", "http2MaxRequests"), ("http", "http1MaxPendingRequests")):
            value = dig(pool, *keys)
            count = number(str(value)) if isinstance(value, Text) else None
            if count is not None:
                yield host, Resilience("pool", _at(item, value), count, "connections", detail="istio")


def _http_route(item: Object) -> Iterator[tuple[str, Resilience]]:
    for rule in entries(dig(item.body, "spec", "rules")):
        for backend in entries(dig(rule, "backendRefs")):
            host = str(dig(backend, "name") or "")
            yield from _timed(item, host, dig(rule, "timeouts", "request"), "total", "gateway api")
            yield from _timed(item, host, dig(rule, "timeouts", "backendRequest"), "per_try", "gateway api")
            yield from _counted(item, host, dig(rule, "retry", "attempts"), "gateway api")


def _service_profile(item: Object) -> Iterator[tuple[str, Resilience]]:
    for route in entries(dig(item.body, "spec", "routes")):
        yield from _timed(item, item.name, dig(route, "timeout"), "total", "linkerd")
        if dig(route, "isRetryable") == "true":
            yield item.name, Resilience("retries", _at(item, dig(route, "isRetryable")), detail="linkerd")


def _resiliency(item: Object) -> Iterator[tuple[str, Resilience]]:
    policies = dig(item.body, "spec", "policies")
    for app, target in pairs(dig(item.body, "spec", "targets", "apps")):
        yield from _timed(item, str(app), dig(policies, "timeouts", str(dig(target, "timeout"))), "total", "dapr")
        retries = dig(policies, "retries", str(dig(target, "retry")))
        yield from _counted(item, str(app), dig(retries, "maxRetries"), "dapr")
        breaker = dig(policies, "circuitBreakers", str(dig(target, "circuitBreaker")))
        if isinstance(breaker, dict):
            yield str(app), Resilience("circuit_breaker", _at(item, breaker), detail="dapr")


KINDS = {
    "VirtualService": _virtual_service,
    "DestinationRule": _destination_rule,
    "HTTPRoute": _http_route,
    "GRPCRoute": _http_route,
    "ServiceProfile": _service_profile,
    "Resiliency": _resiliency,
}
"""Kind -> what reads it."""


def _at(item: Object, value: Any) -> Location:
    return Location(path_of(value, item.path), line_of(value))


def _timed(item: Object, host: str, value: Any, phase: str, detail: str) -> Iterator[tuple[str, Resilience]]:
    limit = milliseconds(str(value)) if isinstance(value, Text) else None
    if limit:
        yield host, Resilience("timeout", _at(item, value), limit, "ms", phase, detail)  # type: ignore[arg-type]  # one of the phases


def _counted(item: Object, host: str, value: Any, detail: str) -> Iterator[tuple[str, Resilience]]:
    count = number(str(value)) if isinstance(value, Text) else None
    if count is not None:
        yield host, Resilience("retries", _at(item, value), count, "attempts", detail=detail)


def dapr_edges(objects: list[Object], workloads: list[Object]) -> list[Edge]:
    """Return the edges of Dapr applications to the stores and brokers that components give them."""
    apps = {
        str(dig(item.template, "annotations", "dapr.io/app-id") or item.name): item.name
        for item in workloads
        if dig(item.template, "annotations", "dapr.io/enabled") == "true"
    }
    found = []
    for item in objects:
        if item.kind != "Component" or not str(dig(item.body, "apiVersion") or "").startswith("dapr.io/"):
            continue
        scopes = [str(scope) for scope in entries(dig(item.body, "scopes"))] or sorted(apps)
        is_async = str(dig(item.body, "spec", "type") or "").startswith(("pubsub.", "bindings."))
        for entry in entries(dig(item.body, "spec", "metadata")):
            value = dig(entry, "value")
            for address in addresses_in(str(value)) if isinstance(value, Text) else ():
                for scope in (scope for scope in scopes if scope in apps):
                    protocol = address.protocol or "tcp"
                    evidence = (_at(item, value),)
                    found.append(Edge(apps[scope], str(address.host), protocol, not is_async, COMPONENT, evidence))
    return found
