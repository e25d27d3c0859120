"""What settings say about slow and failing callees: timeouts, retries, circuit breakers, pools, each with its line."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from arc_sim.causal.addresses import addresses_in
from arc_sim.causal.readers.base import Rule
from arc_sim.causal.readers.frameworks.settings import Setting, milliseconds, number, resolved
from arc_sim.model import Resilience


class _Form(NamedTuple):
    """A key that sets something; the group ``x`` of its pattern names the callee."""

    pattern: "re.Pattern[str]"
    kind: str
    phase: str
    detail: str


def _form(pattern: str, kind: str, phase: str, detail: str) -> _Form:
    return _Form(re.compile(pattern), kind, phase, detail)


GROUP = r"(?:instances|backends|configs)"
X = r"(?P<x>[^.\[\]]+)"
FORMS = (
    _form(rf"^hystrix\.command\.{X}\.execution\.[\w.]*timeoutinmilliseconds$", "timeout", "total", "hystrix"),
    _form(rf"^(?:{X}\.)?ribbon\.readtimeout$", "timeout", "read", "ribbon"),
    _form(rf"^(?:{X}\.)?ribbon\.connecttimeout$", "timeout", "connect", "ribbon"),
    _form(rf"^(?:{X}\.)?ribbon\.maxautoretries(?:nextserver)?$", "retries", "", "ribbon"),
    _form(rf"(?:^|\.)(?:open)?feign\.client\.config\.{X}\.readtimeout$", "timeout", "read", "feign"),
    _form(rf"(?:^|\.)(?:open)?feign\.client\.config\.{X}\.connecttimeout$", "timeout", "connect", "feign"),
    _form(r"^feign\.(?:hystrix|circuitbreaker)\.enabled$", "circuit_breaker", "", "feign"),
    _form(r"^spring\.cloud\.openfeign\.circuitbreaker\.enabled$", "circuit_breaker", "", "feign"),
    _form(r"^zuul\.host\.sockettimeoutmillis$", "timeout", "read", "zuul"),
    _form(r"^zuul\.host\.connecttimeoutmillis$", "timeout", "connect", "zuul"),
    _form(r"^zuul\.retryable$", "retries", "", "zuul"),
    _form(r"^spring\.cloud\.gateway\.(?:[\w.]*\.)?httpclient\.responsetimeout$", "timeout", "total", "gateway"),
    _form(r"^spring\.cloud\.gateway\.(?:[\w.]*\.)?httpclient\.connecttimeout$", "timeout", "connect", "gateway"),
    _form(rf"^resilience4j\.circuitbreaker\.{GROUP}\.{X}\.\w+$", "circuit_breaker", "", "resilience4j"),
    _form(rf"^resilience4j\.retry\.{GROUP}\.{X}\.max(?:retry)?attempts$", "attempts", "", "resilience4j"),
    _form(rf"^resilience4j\.timelimiter\.{GROUP}\.{X}\.timeoutduration$", "timeout", "total", "resilience4j"),
    _form(rf"^resilience4j\.(?:thread)?(?:pool)?bulkhead\.{GROUP}\.{X}\.max(?:concurrentcalls|threadpoolsize)$",
          "pool", "", "resilience4j"),
    _form(rf"^quarkus\.restclient\.{X}\.readtimeout$", "timeout", "read", "rest-client"),
    _form(rf"^quarkus\.restclient\.{X}\.connecttimeout$", "timeout", "connect", "rest-client"),
    _form(rf"^quarkus\.grpc\.clients\.{X}\.deadline$", "timeout", "total", "grpc"),
    _form(rf"^micronaut\.http\.services\.{X}\.readtimeout$", "timeout", "read", "http client"),
    _form(rf"^micronaut\.http\.services\.{X}\.connecttimeout$", "timeout", "connect", "http client"),
    _form(r"^micronaut\.http\.client\.readtimeout$", "timeout", "read", "http client"),
    _form(r"^micronaut\.http\.client\.connecttimeout$", "timeout", "connect", "http client"),
    _form(rf"^grpc\.client\.{X}\.deadline$", "timeout", "total", "grpc"),
    _form(r"^spring\.datasource\.(?:hikari\.)?maximumpoolsize$", "pool", "", "@spring.datasource.url"),
    _form(r"^spring\.datasource\.(?:hikari\.)?connectiontimeout$", "timeout", "connect", "@spring.datasource.url"),
    _form(r"^spring\.(?:data\.)?redis\.timeout$", "timeout", "read", "@spring.data.redis.host,spring.redis.host"),
    _form(r"^spring\.rabbitmq\.connectiontimeout$", "timeout", "connect", "@spring.rabbitmq.host"),
)  # fmt: skip
"""Sources: the reference pages of Spring Cloud Netflix, OpenFeign, Gateway, Resilience4j, Quarkus, Micronaut. A detail
that begins with ``@`` names the settings that hold the address of the callee."""

FILTER = re.compile(
    r"^spring\.cloud\.gateway\.(?:[\w.]*\.)?(?:routes\[(?P<route>\d+)\]\.(?:filters|metadata)|defaultfilters)(?:\[\d+\])?(?P<rest>.*)$"
)
ROUTE = re.compile(r"^spring\.cloud\.gateway\.(?:[\w.]*\.)?routes\[(?P<route>\d+)\]\.uri$")


def rules(source: str, settings: list[Setting]) -> Iterator[Rule]:
    """Yield what the settings of one service say; ``*`` is any service that it calls."""
    known = {item.key: item.value for item in settings}
    normal = {item.normal: resolved(item.value, known) for item in settings}
    seen: set[tuple[str, str]] = set()
    for item in settings:
        value = resolved(item.value, known)
        for form in FORMS:
            match = (
                form.pattern.match(item.normal) if form.pattern.pattern[0] == "^" else form.pattern.search(item.normal)
            )
            if match is None:
                continue
            target = _target(match.groupdict().get("x"), form, item, normal)
            found = _resilience(form, value, item)
            if found is None or (form.kind == "circuit_breaker" and (source, target + form.detail) in seen):
                break
            seen.add((source, target + form.detail))
            yield Rule(source, target, found)
            break
    yield from _of_gateway(source, settings, known)


def _target(name: str | None, form: _Form, item: Setting, normal: dict[str, str]) -> str:
    if form.detail.startswith("@"):
        for key in form.detail[1:].split(","):
            address = addresses_in(normal.get(key, "")) or ()
            if address:
                return address[0].host
            if key.endswith("host") and normal.get(key):
                return normal[key]
        return "\0"
    if name is None or name == "default":
        return "*"
    # The name as it is written: relaxed comparison has taken its dashes.
    written = next((part for part in item.key.split(".") if re.sub(r"[-_]", "", part.lower()) == name), name)
    for key in (
        f"quarkus.restclient.{name}.url",
        f"micronaut.http.services.{name}.url",
        f"micronaut.http.services.{name}.urls[0]",
    ):
        found = addresses_in(normal.get(key, ""))
        if found:
            return found[0].host
    return written


def _resilience(form: _Form, value: str, item: Setting) -> Resilience | None:
    detail = "" if form.detail.startswith("@") else form.detail
    if form.kind == "circuit_breaker":
        return None if value == "false" else Resilience("circuit_breaker", item.location, detail=detail)
    if form.kind == "timeout":
        limit = milliseconds(value)
        return Resilience("timeout", item.location, limit, "ms", form.phase, detail) if limit else None  # type: ignore[arg-type]  # phases of FORMS
    count = number(value)
    if form.kind == "attempts":
        count = max(count - 1, 0) if count is not None else None
    if count is None:
        return (
            Resilience("retries", item.location, detail=detail) if value == "true" and form.kind == "retries" else None
        )
    return Resilience("pool" if form.kind == "pool" else "retries", item.location, count,
                      "connections" if form.kind == "pool" else "attempts", detail=detail)  # fmt: skip


def _of_gateway(source: str, settings: list[Setting], known: dict[str, str]) -> Iterator[Rule]:
    """Yield the filters of Spring Cloud Gateway: per route, or for all routes."""
    routes = {m.group("route"): resolved(s.value, known) for s in settings if (m := ROUTE.match(s.normal))}
    for item in settings:
        match = FILTER.match(item.normal)
        if match is not None:
            hosts = addresses_in(routes.get(match.group("route") or "", ""))
            target = "*" if match.group("route") is None else hosts[0].host if hosts else "\0"
            for found in _filtered(item, match.group("rest")):
                yield Rule(source, target, found)


def _filtered(item: Setting, rest: str) -> Iterator[Resilience]:
    name, _, arguments = item.value.partition("=")
    if name == "CircuitBreaker":
        yield Resilience("circuit_breaker", item.location, detail="gateway")
    if "fallbackuri" in rest or "fallbackUri" in arguments:
        yield Resilience("fallback", item.location, detail="gateway")
    count = number(item.value) if rest.endswith(".retries") else None
    if name == "Retry" and arguments:
        count = number(re.sub(r"\D.*", "", arguments.rpartition("retries=")[2] or arguments))
    if count is not None:
        yield Resilience("retries", item.location, count, "attempts", detail="gateway")
    limit = milliseconds(item.value) if rest in (".responsetimeout", ".connecttimeout") else None
    if limit:
        yield Resilience("timeout", item.location, limit, "ms", "connect" if "connect" in rest else "total", "gateway")
