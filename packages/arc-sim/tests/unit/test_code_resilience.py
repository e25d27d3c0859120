"""What code says about waiting, trying again and giving up: forms that mislead, and where a setting belongs."""

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Edge

COMPOSE = """
services:
  web: {build: web, environment: {ORDERS_URL: "http://orders:8080"}}
  orders: {build: orders}
  redis: {image: redis}
"""


def edge(path: str, text: str, target: str = "orders", compose: str = COMPOSE) -> Edge:
    found = derive_tree(MemoryTree({"compose.yaml": compose, path: text, "web/Dockerfile": "FROM scratch\n"}))
    return next(e for e in found.edges if e.key == ("web", target))


def retries(path: str, text: str) -> "list[float | None]":
    return [s.value for s in edge(path, text).resilience if s.kind == "retries" and s.phase != "delay"]


EXTRA = [
    ("web/a.js", "async.retry({ times: 5, interval: 100 }, () => fetch(process.env.ORDERS_URL));", 4),
    ("web/a.js", "async.retry(5, () => fetch(process.env.ORDERS_URL));", 4),
    ("web/a.js", "pRetry(() => fetch(process.env.ORDERS_URL), { retries: 5 });", 5),
    ("web/a.py", "@retry(stop=stop_after_attempt(5))\ndef f():\n    get(os.environ['ORDERS_URL'])\n", 4),
    ("web/a.py", "@backoff.on_exception(expo, E, max_tries=5)\ndef f():\n    get(os.environ['ORDERS_URL'])\n", 4),
    ("web/A.java", 'class A { @Retryable(maxAttempts = 5, backoff = @Backoff(delay = 100)) Object f() { '
     'return r.get(System.getenv("ORDERS_URL")); } }', 4),
    ("web/a.go", 'package main\nfunc f() { retry.Do(func() error { return get(os.Getenv("ORDERS_URL")) }, '
     "retry.Attempts(5)) }\n", 4),
    ("web/A.cs", 'class A { void F() { Policy.Handle<E>().WaitAndRetryAsync(5, n => n).ExecuteAsync(() => '
     'c.GetAsync(Environment.GetEnvironmentVariable("ORDERS_URL"))); } }', 5),
    ("web/a.rb", 'Retriable.retriable(tries: 5) do\n  Net::HTTP.get(URI(ENV["ORDERS_URL"]))\nend\n', 4),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "extra"), EXTRA)
def test_retries_are_the_attempts_after_the_first(path: str, text: str, extra: int) -> None:
    assert retries(path, text) == [extra]


def test_a_loop_that_works_for_ever_is_no_retry_but_one_that_connects_is() -> None:
    text = (
        "class P { static void Main() { var r = OpenRedis(\"redis\");\n"
        "  while (true) { Thread.Sleep(100); if (r == null) { r = OpenRedis(\"redis\"); } r.Pop(); } }\n"
        "  static R OpenRedis(string hostname) { var ip = Resolve(hostname);\n"
        "    while (true) {\n"
        "      try { return Multiplexer.Connect(ip); } catch (E) { Thread.Sleep(1000); } } }\n"
        "  static string Resolve(string hostname) => Dns.Get(hostname).First().ToString(); }\n"
    )  # fmt: skip
    found = edge("web/P.cs", text, "redis").resilience
    assert [(s.kind, s.detail, s.location.line) for s in found] == [("retries", "forever", 4)]


def test_a_breaker_in_a_step_of_the_chain_guards_the_call_before_it() -> None:
    text = (
        "class C { private String host = \"http://orders/\";\n"
        "  Mono get(int i) { return client.get().uri(host + i).go(); } }\n"
        "class A { private final C c; A(C c) { this.c = c; }\n"
        "  Mono f() { return c.get(1).transform(it -> {\n"
        '      ReactiveCircuitBreaker b = factory.create("x");\n'
        "      return b.run(it, e -> none()); }); } }\n"
    )  # fmt: skip
    found = edge("web/A.java", text).resilience
    assert [(s.kind, s.location.line) for s in found] == [("circuit_breaker", 5)]


def test_waiting_for_a_page_is_no_timeout_of_the_service() -> None:
    text = (
        "const base = process.env.ORDERS_URL;\nasync function f(page) { await page.goto(`${base}/x`);\n"
        "  await page.waitForTimeout(2000); await page.waitForSelector('#a', { timeout: 700 }); }\n"
    )
    assert edge("web/a.js", text).resilience == ()


def test_a_handler_around_the_reading_of_an_answer_is_no_fallback() -> None:
    text = (
        'class A { Object f() { String s = client.get(System.getenv("ORDERS_URL")); return parse(s); }\n'
        "  Object parse(String s) { try { return mapper.readValue(s, T.class); } catch (E e) { return null; } } }\n"
    )
    assert edge("web/A.java", text).fallback is None


def test_a_factor_of_its_own_is_the_place_of_the_setting() -> None:
    text = "TIMEOUT = 4\n\n\nrequests.get(os.environ['ORDERS_URL'], timeout=TIMEOUT * 2)\n"
    (found,) = edge("web/a.py", text).resilience
    assert (found.value, found.location.line) == (8000.0, 4)
    (found,) = edge("web/a.js", "const T = 4;\n\nfetch(process.env.ORDERS_URL, { timeout: T * 1000 });\n").resilience
    assert (found.value, found.location.line) == (4000.0, 1)


@pytest.mark.parametrize("beside", ["config-server", "discovery-server", "eureka", "zipkin", "service-registry"])
def test_limits_for_all_calls_are_not_meant_for_what_stands_beside(beside: str) -> None:
    compose = COMPOSE + f"  {beside}: {{build: {beside}}}\n"
    text = (
        "class A { Object c = f.configureDefault(i -> "
        f'b.timeoutDuration(Duration.ofSeconds(9)).build()); Object d = get("http://{beside}:80"); '
        'Object e = get("http://orders:80"); }'
    )
    assert edge("web/A.java", text, beside, compose).timeout_ms is None
    limited = edge("web/A.java", text, "orders", compose).timeout_ms
    assert limited is not None
    assert limited.value == 9000.0
