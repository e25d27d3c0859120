"""From files to the graph: services, edges, the address behind a variable, and what must not become an edge."""

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Edge, Graph

COMPOSE = """
services:
  web:
    build: {context: ., dockerfile: web/Dockerfile}
    environment:
      ORDERS_URL: http://${ORDERS_HOST:-orders}:8080
      UNUSED_URL: http://billing:8080
      QUEUE_ADDR: queue:6379
  orders: {build: orders, environment: [DB_HOST=db]}
  billing: {build: billing}
  db: {image: "postgres:16"}
  queue: {image: "redis:7"}
  worker: {build: worker, environment: {QUEUE_ADDR: "queue:6379"}}
"""
WEB = """import os, requests
from shared.client import Client
TIMEOUT_S = 0.5
orders = Client(os.environ["ORDERS_URL"], timeout_s=TIMEOUT_S, retries=2)
queue = Client(os.getenv("QUEUE_ADDR"))

def show():
    try:
        return orders.get("/x")
    except IOError:
        return []
"""
CLIENT = """class Client:
    def __init__(self, url, timeout_s=3.0, retries=0):
        self.url = url
"""
FILES = {
    "compose.yaml": COMPOSE,
    "web/Dockerfile": "FROM python\nCOPY web /app\nCOPY shared /app/shared\n",
    "web/main.py": WEB,
    "shared/client.py": CLIENT,
    "orders/Dockerfile": "FROM python\nCOPY . .\n",
    "orders/main.py": 'import os, psycopg\ndb = psycopg.connect(host=os.environ["DB_HOST"], connect_timeout=7)\n',
    "billing/Dockerfile": "FROM python\n",
    "billing/main.py": "print('hello')\n",
    "worker/Dockerfile": "FROM python\n",
    "worker/main.py": 'import os, redis\nr = redis.from_url(os.environ["QUEUE_ADDR"])\nwhile True:\n    r.brpop("q")\n',
}


def graph(files: "dict[str, str | bytes]") -> Graph:
    return derive_tree(MemoryTree(files))


def edge(found: Graph, source: str, target: str) -> Edge:
    return next(edge for edge in found.edges if edge.key == (source, target))


def with_web(text: str) -> "dict[str, str | bytes]":
    return {**FILES, "web/main.py": text}


def test_services_with_kind_paths_and_language() -> None:
    found = graph({**FILES})
    kinds = {service.name: service.kind for service in found.services}
    assert kinds == {"web": "service", "orders": "service", "billing": "service", "worker": "service",
                     "db": "database", "queue": "cache"}  # fmt: skip
    web = found.service("web")
    assert web is not None
    assert web.paths == ("shared", "web")
    assert web.language == "python"
    assert dict(web.env)["ORDERS_URL"] == "http://orders:8080"


def test_only_variables_that_the_code_reads_become_edges() -> None:
    assert [e.key for e in graph({**FILES}).edges] == [
        ("orders", "db"), ("web", "orders"), ("web", "queue"), ("worker", "queue"),
    ]  # fmt: skip


def test_timeout_retries_fallback_with_their_lines() -> None:
    found = edge(graph({**FILES}), "web", "orders")
    assert (found.address_env, found.protocol, found.sync) == ("ORDERS_URL", "http", True)
    assert [str(place) for place in found.evidence] == ["web/main.py:4", "compose.yaml:6"]
    assert found.timeout_ms is not None
    assert (found.timeout_ms.value, str(found.timeout_ms.location)) == (500.0, "web/main.py:3")
    assert found.retries is not None
    assert (found.retries.value, str(found.retries.location)) == (2.0, "web/main.py:4")
    assert str(found.fallback) == "web/main.py:10"


def test_a_default_of_an_own_class_counts() -> None:
    found = edge(graph({**FILES}), "web", "queue").timeout_ms
    assert found is not None
    assert (found.value, str(found.location)) == (3000.0, "shared/client.py:2")


def test_who_takes_from_a_queue_is_not_waited_for() -> None:
    assert edge(graph({**FILES}), "worker", "queue").sync is False
    assert edge(graph({**FILES}), "web", "queue").sync is True


@pytest.mark.parametrize(
    "handler",
    [
        "        raise\n",
        "        raise RuntimeError('no')\n",
        "        return 'unavailable', 503\n",
        "        abort(502)\n",
    ],
)
def test_a_handler_that_fails_too_is_no_fallback(handler: str) -> None:
    assert edge(graph(with_web(WEB.replace("        return []\n", handler))), "web", "orders").fallback is None


def test_a_manifest_value_decides_over_the_default_in_the_code() -> None:
    text = WEB.replace("TIMEOUT_S = 0.5", 'TIMEOUT_S = float(os.environ.get("T", "0.5"))')
    given = COMPOSE.replace("UNUSED_URL", 'T: "0.25"\n      UNUSED_URL')
    found = edge(graph({**with_web(text), "compose.yaml": given}), "web", "orders").timeout_ms
    assert found is not None
    assert (found.value, str(found.location)) == (250.0, "compose.yaml:7")


def test_a_counting_loop_is_retries() -> None:
    start = WEB.replace(", retries=2", "").partition("    try:")[0]
    loop = start + (
        "    for attempt in range(4):\n"
        "        try:\n"
        '            return orders.get("/x")\n'
        "        except IOError:\n"
        "            pass\n"
    )
    found = edge(graph(with_web(loop)), "web", "orders")
    assert found.retries is not None
    assert found.retries.value == 3.0
    assert found.fallback is None


JAVA = 'class A { Object c = C.builder().url(System.getenv("ORDERS_URL"))%s.build(); }'
GO = """package main
var addr = os.Getenv("ORDERS_URL")
func f() {
    ctx, cancel := context.WithTimeout(background, 3*time.Second)
    call(ctx, addr)
}
"""
NET = """var c = new HttpClient {
    BaseAddress = new Uri(Environment.GetEnvironmentVariable("ORDERS_URL")),
    Timeout = TimeSpan.FromSeconds(4)
};
"""


@pytest.mark.parametrize(
    ("path", "text", "timeout_ms"),
    [
        ("web/main.js", "const c = axios.create({ baseURL: process.env.ORDERS_URL, timeout: 800 });\n", 800.0),
        ("web/main.ts", 'const u: string = process.env.ORDERS_URL || "";\nfetch(u, { timeout: 2 * 400 });\n', 800.0),
        ("web/main.mjs", 'const { ORDERS_URL = "" } = process.env;\ngot(ORDERS_URL, { timeout: 300 });\n', 300.0),
        ("web/A.java", JAVA % "", None),
        ("web/A.java", JAVA % ".readTimeout(5, TimeUnit.SECONDS)", 5000.0),
        ("web/A.java", JAVA % ".timeout(Duration.ofMillis(700))", 700.0),
        ("web/main.go", GO, 3000.0),
        ("web/Program.cs", NET, 4000.0),
    ],
)
def test_other_languages(path: str, text: str, timeout_ms: "float | None") -> None:
    files = {key: value for key, value in FILES.items() if key != "web/main.py"}
    found = edge(graph({**files, path: text}), "web", "orders")
    assert found.evidence[0].path == path
    assert (found.timeout_ms.value if found.timeout_ms else None) == timeout_ms


def test_kubernetes_config_maps_and_the_variable_nobody_reads() -> None:
    def deployment(name: str) -> str:
        container = f"{{name: c, image: 'registry.example/{name}:1', envFrom: [{{configMapRef: {{name: addresses}}}}]}}"
        head = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        return f"{head}spec: {{template: {{spec: {{containers: [{container}]}}}}}}\n---\n"

    manifests = deployment("front") + deployment("users") + deployment("mail")
    manifests += "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: addresses}\n"
    manifests += "data: {USERS_ADDR: 'users:80', MAIL_ADDR: 'mail.default.svc.cluster.local:80'}\n"
    found = graph({
        "k8s/all.yaml": manifests,
        "front/Dockerfile": "FROM python\n", "front/a.py": 'import os\nu = "http://" + os.environ["USERS_ADDR"]\n',
        "users/Dockerfile": "FROM python\n", "users/a.py": 'import os\nm = os.getenv("MAIL_ADDR")\n',
        "mail/Dockerfile": "FROM python\n", "mail/a.py": "",
    })  # fmt: skip
    assert [e.key for e in found.edges] == [("front", "users"), ("users", "mail")]


@pytest.mark.parametrize(
    ("container", "sends_to", "port"),
    [("ports: [{containerPort: 9000}]", "{port: 80, targetPort: 8080}", 9000),
     ("", "{port: 80, targetPort: 8080}", 8080), ("", "{port: 80}", 80),
     ("", "{port: 80, targetPort: web}", None), ("ports: [x, {}]", "{port: 70000}", None)],
)  # fmt: skip
def test_a_kubernetes_port_is_the_container_s_or_what_the_service_sends_to(
    container: str, sends_to: str, port: "int | None"
) -> None:
    image = "image: 'registry.example/front:1'"
    pod = f"{{metadata: {{labels: {{app: front}}}}, spec: {{containers: [{{name: c, {image}, {container}}}]}}}}"
    manifests = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: front}}\nspec: {{template: {pod}}}\n---\n"
    manifests += "apiVersion: v1\nkind: Service\nmetadata: {name: front}\n"
    manifests += f"spec: {{selector: {{app: front}}, ports: [{sends_to}]}}\n"
    found = graph({"k8s/all.yaml": manifests}).service("front")
    assert found is not None
    assert found.port == port


def test_bad_files_are_named_once_and_the_rest_stands() -> None:
    bad: dict[str, str | bytes] = {
        **FILES,
        "docker-compose.broken.yml": "services: [unclosed",
        "web/binary.py": b"\x00\x01\x02" * 100,
        "web/huge.py": b"x = 1\n" * 200_000,
        "web/deep.py": "x = " + "(" * 3000 + ")" * 3000,
        "web/syntax.py": "def broken(:\n  ???",
        "chart/templates/a.yaml": "apiVersion: v1\nkind: Service\n{{ if .x }}\nmetadata: [\n{{ end }}",
        "k8s/broken.yaml": "apiVersion: v1\nkind: Service\nmetadata: [",
    }
    found = graph(bad)
    named = [warning.split(":")[0] for warning in found.warnings]
    assert sorted(named) == [
        "chart/templates/a.yaml", "docker-compose.broken.yml", "k8s/broken.yaml", "web/binary.py", "web/huge.py",
    ]  # fmt: skip
    assert [e.key for e in found.edges] == [e.key for e in graph({**FILES}).edges]


def test_an_empty_tree_is_an_empty_graph() -> None:
    assert graph({}) == Graph((), ())


def test_the_same_files_give_the_same_graph() -> None:
    assert graph({**FILES}) == graph(dict(reversed(FILES.items())))


@pytest.mark.parametrize("port", ["\u00b2", "\u0663", "9" * 5000, "65536", "-1"])
def test_what_only_looks_like_a_port_is_none(port: str) -> None:
    compose = f"services:\n  web: {{image: web, ports: ['{port}', '8080']}}\n"
    assert [service.port for service in graph({"compose.yaml": compose}).services] == [8080]


def test_values_that_refer_to_each_other_do_not_grow_without_bound() -> None:
    doubled = [("V0", "x" * 100), *((f"V{i}", f"$(V{i - 1})" * 9) for i in range(1, 30))]
    env = ", ".join(f'{{name: {name}, value: "{value}"}}' for name, value in doubled)
    deployment = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        f"spec: {{template: {{spec: {{containers: [{{image: web, env: [{env}]}}]}}}}}}\n"
    )
    compose = "services:\n  shop: {image: shop, environment: {BIG: '" + "$X" * 5_000 + "'}}\n"
    found = graph({"k8s/web.yaml": deployment, "compose.yaml": compose, ".env": "X=" + "x" * 500_000})
    longest = {s.name: max(len(value) for _, value in s.env) for s in found.services}
    assert set(longest) == {"shop", "web"}
    assert max(longest.values()) <= 200_000


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web/main.py", 'import os\nc = Client(os.environ["ORDERS_URL"], timeout=-1, retries=-1)\n'),
        ("web/main.js", "const c = new Client(process.env.ORDERS_URL, { timeout: -1, retries: - 1 });\n"),
    ],
)
def test_a_negative_setting_is_none(path: str, text: str) -> None:
    compose = (
        "services:\n  web: {build: web, environment: {ORDERS_URL: 'http://orders:80'}}\n  orders: {build: orders}\n"
    )
    found = edge(graph({"compose.yaml": compose, path: text, "orders/main.py": "x = 1\n"}), "web", "orders")
    assert (found.timeout_ms, found.retries) == (None, None)
