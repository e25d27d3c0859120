"""Settings of Spring, Micronaut and Quarkus: names, central settings, registries, limits for calls."""

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.readers.frameworks.failures import rules
from arc_sim.causal.readers.frameworks.settings import Setting, milliseconds, read_settings, resolved
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Location

APP = "src/main/resources/application"


def said(text: str, name: str = "application.yml") -> list[tuple[str, str, float | None, str, int]]:
    settings = read_settings(MemoryTree({name: text}), name, [])
    return [
        (r.target, r.setting.kind, r.setting.value, r.setting.phase, r.setting.location.line)
        for r in rules("a", settings)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10s", 10_000), ("500ms", 500), ("250", 250), ("PT1M30S", 90_000), ("PT0.5S", 500), ("2m", 120_000),
        ("soon", None), ("", None), ("PT", None),
    ],
)  # fmt: skip
def test_durations(text: str, expected: float | None) -> None:
    assert milliseconds(text) == expected


def test_placeholders_are_written_out_and_end() -> None:
    assert resolved("http://${H:b}:${P}", {"P": "80"}) == "http://b:80"
    assert len(resolved("${A}${A}", {"A": "${A}${A}"})) < 10_000


def test_settings_of_properties_and_profiles() -> None:
    found = read_settings(MemoryTree({"a.properties": "# no\na.b-c = 1\n%dev.x.y=2\nbroken\n"}), "a.properties", [])
    assert [(s.key, s.normal, s.value, s.location.line) for s in found] == [
        ("a.b-c", "a.bc", "1", 2),
        ("x.y", "x.y", "2", 3),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hystrix.command.default.execution.isolation.thread.timeoutInMilliseconds: 900\n",
         [("*", "timeout", 900.0, "total", 1)]),
        ("orders-service.ribbon: {ReadTimeout: 70, MaxAutoRetriesNextServer: 2}\n",
         [("orders-service", "timeout", 70.0, "read", 1), ("orders-service", "retries", 2.0, "", 1)]),
        ("feign:\n  client:\n    config:\n      orders-service:\n        connect-timeout: 5s\n",
         [("orders-service", "timeout", 5000.0, "connect", 5)]),
        ("resilience4j.retry.instances.orders: {maxAttempts: 4}\n"
         "resilience4j.timelimiter.instances.orders.timeoutDuration: 2s\n",
         [("orders", "retries", 3.0, "", 1), ("orders", "timeout", 2000.0, "total", 2)]),
        ("resilience4j:\n  circuitbreaker:\n    instances:\n      orders: {slidingWindowSize: 6, failureRate: 50}\n",
         [("orders", "circuit_breaker", None, "", 4)]),
        ("spring.cloud.gateway.routes:\n  - {id: o, uri: 'lb://orders', filters: ['CircuitBreaker=x', 'Retry=2']}\n",
         [("orders", "circuit_breaker", None, "", 2), ("orders", "retries", 2.0, "", 2)]),
        ("spring.cloud.gateway:\n  httpclient: {response-timeout: 3s}\n"
         "  default-filters:\n    - name: Retry\n      args: {retries: 1}\n",
         [("*", "timeout", 3000.0, "total", 2), ("*", "retries", 1.0, "", 5)]),
        ("micronaut.http.services.pay: {url: 'http://payments:80', read-timeout: 3s}\n",
         [("payments", "timeout", 3000.0, "read", 1)]),
        ("spring.datasource: {url: 'jdbc:postgresql://db/x', hikari: {maximum-pool-size: 8}}\n",
         [("db", "pool", 8.0, "", 1)]),
        ("feign.hystrix.enabled: false\nribbon.ReadTimeout: never\n", []),
    ],
)  # fmt: skip
def test_what_settings_say_about_calls(text: str, expected: list[tuple[str, str, float | None, str, int]]) -> None:
    assert sorted(said(text)) == sorted(expected)


def test_quarkus_properties() -> None:
    text = "quarkus.rest-client.hero-client.url=http://heroes:8083\nquarkus.rest-client.hero-client.read-timeout=1500\n"
    assert said(text, "a.properties") == [("heroes", "timeout", 1500.0, "read", 2)]


def test_a_name_of_no_service_is_no_error() -> None:
    assert list(rules("a", [Setting("x", "${", Location("f", 1))])) == []


CENTRAL = """hystrix.command.default.execution.isolation.thread.timeoutInMilliseconds: 800
eureka.client.serviceUrl.defaultZone: http://registry:8761/eureka/
spring.rabbitmq.host: rabbitmq
"""
CLIENT = "spring:\n  application: {name: %s}\n  config: {import: 'optional:configserver:http://config:8888'}\n"
FILES: dict[str, str | bytes] = {
    "compose.yaml": "services: {rabbitmq: {image: rabbitmq}, registry: {build: registry}, config: {build: config}, "
    "orders: {build: orders}, web: {build: web}}",
    "registry/pom.xml": "<artifactId>spring-cloud-starter-netflix-eureka-server</artifactId>",
    f"registry/{APP}.yml": CLIENT % "registry",
    "config/pom.xml": "<artifactId>spring-cloud-config-server</artifactId>",
    f"config/{APP}.yml": "spring: {profiles: {active: native}}\n",
    "config/src/main/resources/shared/application.yml": CENTRAL,
    "config/src/main/resources/shared/web.yml": "zuul.routes.orders.serviceId: orders\nribbon.ReadTimeout: 300\n",
    "orders/pom.xml": "<artifactId>spring-cloud-starter-netflix-eureka-client</artifactId>\n<x>starter-amqp</x>",
    f"orders/{APP}.yml": CLIENT % "orders",
    "web/pom.xml": "<artifactId>spring-cloud-starter-netflix-eureka-client</artifactId>",
    f"web/{APP}.yml": CLIENT % "web",
}


def test_central_settings_are_for_those_who_take_them_and_have_the_library() -> None:
    found = derive_tree(MemoryTree(FILES))
    assert {e.key for e in found.edges} == {
        ("orders", "config"), ("orders", "rabbitmq"), ("orders", "registry"), ("registry", "config"), ("web", "config"),
        ("web", "orders"), ("web", "registry"),
    }  # fmt: skip
    edge = next(e for e in found.edges if e.key == ("web", "orders"))
    assert {(s.value, s.phase, str(s.location)) for s in edge.resilience} == {
        (800.0, "total", "config/src/main/resources/shared/application.yml:1"),
        (300.0, "read", "config/src/main/resources/shared/web.yml:2"),
    }
    assert all(not e.resilience for e in found.edges if e.target in ("registry", "config", "rabbitmq"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"a/{APP}.yml", "micronaut: {application: {name: '${NAME:orders}'}}"),
        (f"a/{APP}.properties", "quarkus.application.name=orders"),
        (f"orders/{APP}.properties", "quarkus.http.port=8080"),
        (f"{APP}.yml", "spring: {application: {name: orders}}"),
        ("orders/src/main/kotlin/App.kt", "fun main(args: Array<String>) { runApplication<App>(*args) }"),
    ],
)
def test_names_of_applications(path: str, text: str) -> None:
    assert [s.name for s in derive_tree(MemoryTree({path: text})).services] == ["orders"]


@pytest.mark.parametrize(
    ("code", "settings"),
    [
        ('@Client(id = "orders", path = "/o")\ninterface C {}', ""),
        ('@Client("orders")\ninterface C {}', ""),
        ('@Client(\n    value = "${orders.url}", path = "/")\ninterface C {}', "orders.url: http://orders:80\n"),
        (
            '@RegisterRestClient(configKey = "o-client")\ninterface C {}',
            "quarkus.rest-client.o-client.url: http://orders\n",
        ),
        ('@RegisterRestClient(baseUri = "http://orders:8080")\ninterface C {}', ""),
        ('@Client(id="shop-orders")\ninterface C {}', "micronaut.http.services.shop-orders.url: http://orders:80\n"),
    ],
)
def test_declared_clients(code: str, settings: str) -> None:
    files: dict[str, str | bytes] = {
        "compose.yaml": "services: {web: {build: web}, orders: {image: x}}",
        "web/pom.xml": "<project/>",
        f"web/{APP}.yml": settings,
        "web/src/main/java/C.java": "package p;\n" + code,
        "web/src/main/java/D.java": '@Client("/")\n@ClientHeader("orders")\nclass D {}',
    }
    edges = derive_tree(MemoryTree(files)).edges
    assert [e.key for e in edges] == [("web", "orders")]
    assert "web/src/main/java/C.java:2" in {str(place) for place in edges[0].evidence}
