"""What the names of options, methods and guards mean for resilience."""

import re
from typing import Literal

Kind = Literal["timeout", "retries", "circuit_breaker", "fallback", "pool"]
Phase = Literal["total", "connect", "read", "per_try", "idle", "delay", ""]

TIMEOUT = re.compile(
    r"(?i)^[a-z_.-]{0,40}(?:time_?out|deadline|time_?limit)(?:_?after|_?duration)?(?:async)?"
    r"(?:[_.-]?(?P<unit>s|sec|secs|seconds|ms|millis|milliseconds|in_?millis(?:econds)?))?$"
)
RETRIES = re.compile(
    r"(?i)^(?:max|num|total)?[_.-]?(?:retries|retry|retry_?(?:count|times|limit)|max_?retries_?per_?request|"
    r"max_?retry(?:_?count)?|max_?times|wait_?and_?retry(?:_?async)?|retry_?async)$"
)
ATTEMPTS = re.compile(
    r"(?i)^(?:(?:max|num|total)?[_.-]?(?:retry[_.-]?)?(?:attempts|tries|attempt_?number)|times|"
    r"stop_?(?:after|max)_?attempt(?:_?number)?|max_?retry_?attempts|max_?number_?of_?attempts)$"
)
EXTRA_ATTEMPTS = re.compile(r"(?i)^(?:max_?retry_?attempts|retry_?attempts)$")
"""Polly counts the attempts after the first."""
POOL = re.compile(
    r"(?i)^(?:(?:max(?:imum)?_?(?:open_?|idle_?|active_?|total_?)?(?:conn(?:ection)?s|sockets|conns?_?per_?host)|max_?pool_?size|"
    r"maximum_?pool_?size|(?:connection_?)?pool_?(?:size|limit|max)|min(?:imum)?_?idle|max_?overflow|pool_?max_?idle_?per_?host|"
    r"max_?connections(?:_?per_?(?:server|host|route))?|connection_?limit|max_?conn_?(?:total|per_?route)|max_?concurrent_?calls|"
    r"max_?idle_?conns(?:_?per_?host)?)|pool_?maxsize|pool_?connections|max_?parallelization)$"
)
DELAY = re.compile(
    r"(?i)^(?:(?:retry_?)?(?:delay|interval|backoff|wait)(?:_?(?:ms|seconds|s|factor|duration))?|wait_?(?:duration|fixed|exponential)|"
    r"sleep|initial_?(?:delay|interval|backoff)|max_?delay|base_?delay|min_?timeout)$"
)
BREAKER = re.compile(r"(?i)circuit|breaker|hystrix|opossum|gobreaker|pybreaker|^@circuit$|resiliencehandler")
RETRIER = re.compile(r"(?i)retr(?:y|ies|ier)|tenacity|backoff|untilaborted")
LIMITER = re.compile(r"(?i)time_?limit|timeout|deadline|cancelafter|with_?deadline")
FALLBACK = re.compile(r"(?i)^fallback(?:_?(?:method|factory|to|value|function))?$")

PHASES: tuple[tuple[Phase, "re.Pattern[str]"], ...] = (
    ("per_try", re.compile(r"(?i)attempt|per_?try")),
    ("connect", re.compile(r"(?i)connect|handshake|dial|^open_?timeout|server_?selection|acquire")),
    ("idle", re.compile(r"(?i)idle|keep_?alive|pool|eviction")),
    ("read", re.compile(r"(?i)read|recv|receive|socket|write|send|header")),
)


def classify(name: str, in_guard: bool = False) -> "tuple[Kind, Phase, str | None] | None":
    """Return what an option of this name sets: kind, phase and unit suffix; None when it is no such setting."""
    timeout = TIMEOUT.match(name)
    if POOL.match(name):
        return ("pool", "", None)
    if timeout:
        phase: Phase = next((p for p, pattern in PHASES if pattern.search(name)), "total")
        return ("timeout", phase, timeout.group("unit"))
    if EXTRA_ATTEMPTS.match(name):
        return ("retries", "", "extra")
    if ATTEMPTS.match(name) and (name.lower() != "times" or in_guard):
        return ("retries", "", "attempts")
    if RETRIES.match(name):
        return ("retries", "", "extra")
    if in_guard and DELAY.match(name):
        return ("retries", "delay", "ms" if name.lower().endswith("ms") else None)
    return None


def plain_name(callee: str) -> str:
    """Return the option that a builder's step sets: ``readTimeout`` for ``b.setReadTimeout``."""
    last = callee.rpartition(".")[2]
    return re.sub(r"^(?:build_with|Set|set|With|with|Add|add|CURLOPT|CURLOPT_)_?(?=[A-Z_]|\w*_)", "", last) or last
