"""What several files together deploy: compose files, kustomizations, meshes, operators, Dockerfiles."""

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.readers.compose import compose_files
from arc_sim.causal.readers.manifests import read_objects
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Graph

Files = dict[str, str | bytes]


def graph(files: Files) -> Graph:
    return derive_tree(MemoryTree(files))


def pod(name: str, image: str, env: str = "[]", labels: str = "") -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{metadata: {{labels: "
        f"{{app: {labels or name}}}}}, spec: {{containers: [{{name: c, image: '{image}', env: {env}}}]}}}}}}\n---\n"
    )


def service(name: str, app: str) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{app: {app}}}}}\n---\n"


# --- compose ------------------------------------------------------------------------------------------------------


def test_a_compose_file_is_known_by_what_stands_in_it() -> None:
    files: Files = {
        "deploy/apps.yml": "services:\n  web: {image: shop/web, environment: {DB: 'postgres://db:5432'}}\n",
        "deploy/infra.yml": "name: x\nservices:\n  db: {image: 'postgres:16'}\n",
        "ci/jobs.yml": "services:\n  - name: db\n",
        "other.yml": "services:\n  web: {port: 3}\nteam: x\n",
    }
    assert compose_files(MemoryTree(files)) == ["deploy/apps.yml", "deploy/infra.yml"]
    found = graph(files)
    assert {(s.name, s.kind) for s in found.services} == {("web", "service"), ("db", "database")}
    assert [e.key for e in found.edges] == [("web", "db")]


def test_extends_brings_environment_and_build_from_where_they_stand() -> None:
    files: Files = {
        "compose.yaml": "services:\n  a:\n    extends: {file: base/common.yml, service: app}\n    environment: [B=http://b:1]\n"
        "  b: {image: x}\n  c: {image: y}\n",
        "base/common.yml": "services:\n  app: {build: ./src, environment: {C: 'http://c:1'}}\n",
        "base/src/Dockerfile": "FROM scratch\n",
    }
    found = graph(files)
    a = next(s for s in found.services if s.name == "a")
    assert (a.paths, dict(a.env)) == (("base/src",), {"B": "http://b:1", "C": "http://c:1"})


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {extends: {service: b}, image: x}, b: {extends: {service: a}, image: y}}",
        "services: {a: {extends: {file: compose.yaml, service: a}, image: x}, b: {image: y}}",
        "include: [compose.yaml]\nservices: {a: {image: x}, b: {image: y}}",
    ],
)
def test_cycles_end(text: str) -> None:
    assert {s.name for s in graph({"compose.yaml": text}).services} == {"a", "b"}


def test_variants_under_one_network_name_are_one_service() -> None:
    text = "services:\n" + "".join(
        f"  {name}: {{image: shop/{name}, networks: {{default: {{aliases: [orders]}}}}}}\n"
        for name in ("orders-jvm", "orders-native")
    )
    assert [(s.name, s.kind) for s in graph({"compose.yaml": text}).services] == [("orders", "service")]


def test_services_of_tests_do_not_run() -> None:
    text = "services: {a: {image: x}, e2e: {image: y, profiles: [tests]}, b: {image: z, profiles: [tests, full]}}"
    assert [s.name for s in graph({"compose.yaml": text}).services] == ["a", "b"]


def test_mounted_configuration_is_evidence_unless_everybody_has_it() -> None:
    mount = "volumes: ['./conf/a.yaml:/etc/a.yaml', './conf/all.json:/etc/all.json']"
    files: Files = {
        "compose.yaml": f"services:\n  edge: {{image: envoy, {mount}}}\n"
        + "".join(f"  s{i}: {{image: x, volumes: ['./conf/all.json:/etc/all.json']}}\n" for i in range(3)),
        "conf/a.yaml": "# routes\nclusters:\n  - url: http://s1:80\n  - labels: {service: s2}\n",
        "conf/all.json": '{"s0": {"address": "s0:80"}, "s2": {"address": "s2:80"}}',
    }
    found = graph(files)
    assert [(e.key, str(e.evidence[0])) for e in found.edges] == [(("edge", "s1"), "conf/a.yaml:3")]


# --- Kubernetes ---------------------------------------------------------------------------------------------------


def test_an_overlay_is_its_base_with_patches_and_generated_settings() -> None:
    container = "{name: web, image: shop/web, envFrom: [{configMapRef: {name: settings}}], "
    container += "env: [{name: A, value: 'http://a:1'}]}"
    files: Files = {
        "k8s/base/kustomization.yaml": "resources: [web.yaml, a.yaml, b.yaml]\n"
        "configMapGenerator: [{name: settings, envs: [web.env]}]\n",
        "k8s/base/web.env": "# hosts\nB_URL=http://b:2\n",
        "k8s/base/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        f"spec: {{template: {{spec: {{containers: [{container}]}}}}}}\n",
        "k8s/base/a.yaml": pod("a", "shop/a"),
        "k8s/base/b.yaml": pod("b", "shop/b"),
        "k8s/prod/kustomization.yaml": "namePrefix: prod-\nresources: [../base]\npatches:\n  - path: env.yaml\n"
        "  - target: {kind: Deployment, name: b}\n    patch: |\n      - {op: add, path: /spec/replicas, value: 3}\n",
        "k8s/prod/env.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
        "    spec:\n      containers:\n        - name: web\n          env:\n            - {name: C, value: 'http://a:9'}\n",
    }
    found = graph(files)
    assert [s.name for s in found.services] == ["a", "b", "web"]
    web = found.service("prod-web")
    assert web is not None
    assert dict(web.env) == {"A": "http://a:1", "B_URL": "http://b:2", "C": "http://a:9"}
    places = {str(place) for e in found.edges for place in e.evidence}
    assert {"k8s/base/web.env:2", "k8s/prod/env.yaml:10"} <= places
    objects = read_objects(MemoryTree(files), [])
    assert [o.body["spec"]["replicas"] for o in objects if o.name == "b"] == ["3"]


def test_a_kustomization_that_contains_itself_ends() -> None:
    files: Files = {
        "a/kustomization.yaml": "resources: [../b, x.yaml]",
        "b/kustomization.yaml": "resources: [../a]",
        "a/x.yaml": pod("x", "i"),
        "c/kustomization.yaml": "resources: [../a, nowhere.yaml]\npatches: [{path: gone.yaml}, 3, {patch: '['}]",
    }
    assert [s.name for s in graph(files).services] == ["x"]


def test_versions_behind_one_service_are_one_service() -> None:
    text = pod("reviews-v1", "x/reviews-v1", labels="reviews") + pod("reviews-v2", "x/reviews-v2", labels="reviews")
    found = graph(
        {"k8s/a.yaml": text + service("reviews", "reviews") + pod("orders", "x/orders") + service("o", "orders")}
    )
    assert {(s.name, s.aliases) for s in found.services} == {
        ("orders", ("o",)), ("reviews", ("reviews-v1", "reviews-v2")),
    }  # fmt: skip


def test_operators_make_databases_and_brokers() -> None:
    text = (
        "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {name: bus}\nspec: {}\n---\n"
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: main}\nspec: {}\n---\n"
        + pod(
            "app",
            "x/app",
            "[{name: K, value: 'bus-kafka-bootstrap:9092'}, {name: D, value: 'postgres://main-rw:5432/x'}]",
        )
    )
    found = graph({"k8s/a.yaml": text})
    assert {(s.name, s.kind) for s in found.services} == {("app", "service"), ("bus", "broker"), ("main", "database")}
    assert {e.key for e in found.edges} == {("app", "bus"), ("app", "main")}


MESH = """apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: b}
spec:
  hosts: [b]
  http:
    - timeout: 1500ms
      retries: {attempts: 3, perTryTimeout: 0.5s}
      route: [{destination: {host: b.shop.svc.cluster.local}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: outside}
spec: {hosts: [b], gateways: [edge], http: [{timeout: 9s, route: [{destination: {host: b}}]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: b}
spec:
  host: b
  trafficPolicy:
    connectionPool: {tcp: {maxConnections: 50, connectTimeout: 30ms}}
    outlierDetection: {consecutive5xxErrors: 5}
"""


def test_a_mesh_limits_the_calls_of_all_callers() -> None:
    found = graph({"k8s/a.yaml": pod("a", "x/a", "[{name: B, value: 'http://b:80'}]") + pod("b", "x/b") + MESH})
    edge = found.edges[0]
    assert edge.key == ("a", "b")
    assert edge.timeout_ms is not None
    assert (edge.timeout_ms.value, str(edge.timeout_ms.location)) == (1500.0, "k8s/a.yaml:17")
    assert edge.retries is not None
    assert edge.retries.value == 3.0
    assert {(s.kind, s.phase, s.value) for s in edge.resilience} == {
        ("timeout", "total", 1500.0), ("timeout", "per_try", 500.0), ("timeout", "connect", 30.0), ("retries", "", 3.0),
        ("pool", "", 50.0), ("circuit_breaker", "", None),
    }  # fmt: skip


def test_dapr_components_join_applications_and_brokers() -> None:
    annotated = pod("shop", "x/shop").replace("metadata: {labels", "metadata: {annotations: {dapr.io/enabled: 'true', "
                                              "dapr.io/app-id: front}, labels")  # fmt: skip
    component = ("apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: bus}\nspec: {type: pubsub.redis, "
                 "metadata: [{name: redisHost, value: 'redis:6379'}]}\nscopes: [front, gone]\n")  # fmt: skip
    found = graph({"k8s/a.yaml": annotated + pod("redis", "redis:7") + component})
    assert [(e.key, e.sync) for e in found.edges] == [(("shop", "redis"), False)]


# --- Dockerfiles --------------------------------------------------------------------------------------------------


def test_variables_of_the_image_count() -> None:
    dockerfile = (
        "FROM a AS build\nENV WRONG=http://b:1\nFROM nginx AS base\nENV B_HOST=b \\\n    PORT=8080\n\nEXPOSE 8080/tcp\n"
        "FROM base\n# the end\nENV OTHER c\n"
    )
    files: Files = {
        "compose.yaml": "services: {web: {build: web}, b: {image: x}, c: {image: y}}",
        "web/Dockerfile": dockerfile,
        "web/default.conf.template": "location / {\n  proxy_pass http://${B_HOST}:80/;\n}\n",
    }
    found = graph(files)
    web = next(s for s in found.services if s.name == "web")
    assert web.port == 8080
    assert [e.key for e in found.edges] == [("web", "b")]
    assert "web/Dockerfile:4" in {str(place) for place in found.edges[0].evidence}


# --- reverse proxies ----------------------------------------------------------------------------------------------

NGINX = """proxy_connect_timeout 2s;
server {
  location /b {
    proxy_read_timeout 5;
    proxy_next_upstream_tries 3;
    proxy_pass http://b:80/;
  }
  location /c { # all of it
    proxy_pass http://c:80;
  }
}
"""
ENVOY = """static_resources:
  listeners:
    - routes: [{match: {prefix: /}, route: {cluster: one, timeout: 3s, retry_policy: {num_retries: 2}}}]
  clusters:
    - name: one
      connect_timeout: 0.25s
      outlier_detection: {consecutive_5xx: 3}
      load_assignment: {endpoints: [{address: {socket_address: {address: b, port_value: 80}}}]}
"""


@pytest.mark.parametrize("mounted", [True, False])
@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("nginx.conf", NGINX,
         {("timeout", "connect", 2000.0, 1), ("timeout", "read", 5000.0, 4), ("retries", "", 2.0, 5)}),
        ("envoy.yaml", ENVOY,
         {("timeout", "total", 3000.0, 3), ("retries", "", 2.0, 3), ("timeout", "connect", 250.0, 6),
          ("circuit_breaker", "", None, 7)}),
    ],
)  # fmt: skip
def test_a_proxy_says_how_long_it_waits(
    mounted: bool, name: str, text: str, expected: set[tuple[str, str, float | None, int]]
) -> None:
    edge = f"{{image: nginx, volumes: ['./edge/{name}:/etc/x']}}" if mounted else "{build: edge}"
    files: Files = {
        "compose.yaml": f"services: {{edge: {edge}, b: {{image: x}}, c: {{image: y}}}}",
        f"edge/{name}": text,
        "edge/Dockerfile": "FROM nginx\n",
    }
    found = next(e for e in graph(files).edges if e.key == ("edge", "b"))
    assert {(s.kind, s.phase, s.value, s.location.line) for s in found.resilience} == expected
