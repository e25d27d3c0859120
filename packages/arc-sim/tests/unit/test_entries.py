"""Programs that share code: which part belongs to whom, and what a start-up order alone says."""

import pytest

from arc_sim.causal.build import derive_tree
from arc_sim.causal.merging.systems import limit, systems
from arc_sim.causal.tree import MemoryTree
from arc_sim.model import Graph

Files = dict[str, str | bytes]


def graph(files: Files) -> Graph:
    return derive_tree(MemoryTree(files))


def paths(found: Graph) -> dict[str, tuple[str, ...]]:
    return {service.name: service.paths for service in found.services}


def edges(found: Graph) -> list[tuple[str, str]]:
    return [edge.key for edge in found.edges]


def go(package: str, url: str) -> str:
    return f'package {package}\nimport "net/http"\nfunc Run() {{ http.Get("{url}") }}\n'


def test_services_of_one_image_keep_the_program_that_their_entrypoint_names() -> None:
    files: Files = {
        "compose.yaml": "services:\n  geo: {build: ., entrypoint: geo}\n  rate: {build: ., entrypoint: ./rate}\n"
        "  db: {image: 'mongo:5'}\n  cache: {image: 'redis:7'}\n",
        "Dockerfile": "FROM golang\nCOPY . /app\nRUN go install ./...\n",
        "go.mod": "module example.org/hotel\n",
        "cmd/geo/main.go": go("main", "http://db:27017/"),
        "cmd/rate/main.go": go("main", "http://cache:6379/"),
        "services/geo/server.go": "package geo\n",
        "services/rate/server.go": "package rate\n",
        "lib/all.go": "package lib\n",
    }
    found = graph(files)
    assert edges(found) == [("geo", "db"), ("rate", "cache")]
    geo = paths(found)["geo"]
    assert {"cmd/geo", "services/geo", "lib"} <= set(geo)
    assert not {"cmd", "services", "cmd/rate", "services/rate", "."} & set(geo)


def test_a_service_without_build_is_found_by_the_program_that_it_starts() -> None:
    files: Files = {
        "compose.yaml": "services:\n"
        "  frontend: {image: shop/all, command: services/front/server.rb}\n"
        "  compose-post: {image: shop/all, entrypoint: ComposePost}\n"
        "  odd: {image: shop/all, entrypoint: sh -c run}\n",
        "services/front/server.rb": "require 'net/http'\n",
        "src/ComposePost/main.cpp": "int main() {}\n",
        "src/run/x.py": "",
    }
    assert paths(graph(files)) == {"frontend": ("services/front",), "compose-post": ("src/ComposePost",), "odd": ()}


def test_a_name_that_stands_for_several_folders_gives_no_path() -> None:
    files: Files = {
        "compose.yaml": "services:\n  a: {image: shop/all, entrypoint: worker}\n",
        "one/worker/main.py": "",
        "two/worker/main.py": "",
    }
    assert paths(graph(files)) == {"a": ()}


def test_the_folder_that_only_collects_dockerfiles_belongs_to_nobody() -> None:
    compose = "services:\n" + "".join(
        f"  {name}: {{build: {{context: ., dockerfile: docker/{name}.Dockerfile}}}}\n" for name in ("reader", "writer")
    )
    files: Files = {
        "compose.yaml": compose,
        "go.mod": "module example.org/shop\n",
        "pkg/queue/queue.go": "package queue\n",
    }
    for name in ("reader", "writer"):
        files[f"docker/{name}.Dockerfile"] = (
            f'FROM golang\nCOPY .. /app\nENTRYPOINT ["go", "run", "{name}/cmd/main.go"]\n'
        )
        files[f"{name}/cmd/main.go"] = 'package main\nimport (\n\t"example.org/shop/pkg/queue"\n)\nfunc main() {}\n'
    assert paths(graph(files))["reader"] == ("docker/reader.Dockerfile", "pkg/queue/queue.go", "reader")


def test_a_start_up_order_is_no_call_where_the_code_shows_the_calls() -> None:
    web = "const a = process.env.ORDERS_URL;\nfetch(a + '/x');\n"
    orders = "const a = process.env.USERS_URL;\nfetch(a + '/x');\n"
    files: Files = {
        "compose.yaml": "services:\n"
        "  web: {build: web, environment: {ORDERS_URL: 'http://orders:1'}, depends_on: [orders, users, db, config]}\n"
        "  orders: {build: orders, environment: {USERS_URL: 'http://users:1'}, depends_on: [users]}\n"
        "  users: {build: users}\n  config: {build: config}\n  db: {image: 'postgres:16'}\n",
    }
    for name, text in {"web": web, "orders": orders, "users": "", "config": ""}.items():
        files[f"{name}/Dockerfile"] = "FROM node\nCOPY . .\n"
        files[f"{name}/index.js"] = text or "const x = 1;\n"
    # A database speaks by its driver, and of config nobody's calls are seen: there the order is all there is.
    assert edges(graph(files)) == [("orders", "users"), ("web", "config"), ("web", "db"), ("web", "orders")]


def two_systems(more: Files | None = None) -> Files:
    files: Files = dict(more or {})
    for system, database in (("blog", "postgres://db:5432"), ("shop", "mysql://db:3306")):
        files[f"{system}/compose.yaml"] = (
            f"services:\n  web: {{build: web, environment: {{DB: '{database}'}}}}\n"
            f"  db: {{image: '{database.partition(':')[0]}:1'}}\n  proxy: {{image: 'nginx:1', command: 'nginx http://web:80'}}\n"
        )
        files[f"{system}/web/Dockerfile"] = "FROM node\nCOPY . .\n"
        files[f"{system}/web/index.js"] = "connect(process.env.DB);\n"
    return files


def test_equal_names_in_two_systems_are_two_services() -> None:
    found = graph(two_systems())
    assert edges(found) == [
        ("blog-proxy", "blog-web"),
        ("blog-web", "blog-db"),
        ("shop-proxy", "shop-web"),
        ("shop-web", "shop-db"),
    ]
    assert {s.name: s.aliases for s in found.services}["blog-web"] == ("web",)
    assert systems(found) == (("blog-db", "blog-proxy", "blog-web"), ("shop-db", "shop-proxy", "shop-web"))


def test_one_system_alone_has_its_names_back() -> None:
    part = limit(graph(two_systems()), "shop")
    assert [service.name for service in part.services] == ["db", "proxy", "web"]
    assert edges(part) == [("proxy", "web"), ("web", "db")]


@pytest.mark.parametrize(
    "more",
    [
        {"compose.yaml": "services:\n  all: {image: x}\n"},
        {"deploy/kustomization.yaml": "resources: []\n"},
        {"third/compose.yaml": "services:\n  x: {image: y}\nnetworks: {shop: {external: true}}\n"},
    ],
    ids=["a file for the whole repository", "another deployment", "a network from outside"],
)
def test_folders_that_something_joins_are_one_system(more: Files) -> None:
    assert "web" in {service.name for service in graph(two_systems(more)).services}


def test_a_name_that_a_program_registers_leads_to_its_service() -> None:
    files: Files = {
        "compose.yaml": "services:\n  dotnet-gateway: {build: Gateway}\n  dotnet-orders: {build: Orders}\n",
        "Gateway/Dockerfile": "FROM x\nCOPY . .\n",
        "Gateway/ocelot.json": '{"Routes": [\n  {\n    "ServiceName": "OrdersService"\n  }\n]}\n',
        "Orders/Dockerfile": "FROM x\nCOPY . .\n",
        "Orders/appsettings.json": '\ufeff{"Spring": {"Application": {"Name": "OrdersService"}}}\n',
        "Orders/appsettings.Test.json": "{not json",
    }
    found = graph(files)
    assert edges(found) == [("dotnet-gateway", "dotnet-orders")]


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("quarkus.rest-client.orders.url", [("web", "orders")]),
        ("app.cors.allowed-origins", []),
        ("oauth.redirect-uri", []),
    ],
)
def test_a_port_of_the_own_machine_leads_to_the_one_service_that_has_it(key: str, found: list[tuple[str, str]]) -> None:
    files: Files = {
        "compose.yaml": "services:\n  web: {build: web}\n  orders: {build: orders, ports: ['8083:8083']}\n",
        "web/Dockerfile": "FROM x\nCOPY . .\n",
        "web/src/main/resources/application.properties": f"{key}=http://localhost:8083\n",
        "orders/Dockerfile": "FROM x\nCOPY . .\n",
    }
    assert edges(graph(files)) == found
    files["compose.yaml"] = str(files["compose.yaml"]) + "  users: {build: users, ports: ['8083']}\n"
    assert edges(graph(files)) == []


def test_scripts_that_a_proxy_mounts_name_hosts_and_ports_apart() -> None:
    files: Files = {
        "compose.yaml": "services:\n  edge: {image: 'openresty:1', volumes: ['./lua:/scripts']}\n"
        "  users: {image: 'shop/users'}\n",
        "lua/api.lua": 'local c = pool:connection(Client, "users" .. suffix, 9090)\nlocal x = f("other", 1)\n',
    }
    assert edges(graph(files)) == [("edge", "users")]


def test_settings_of_a_web_framework_read_variables_by_name() -> None:
    files: Files = {
        "compose.yaml": "services:\n  web: {build: web, environment: {BROKER_DSN: 'amqp://queue:5672', OTHER: 'http://users:1'}}\n"
        "  queue: {image: 'rabbitmq:3'}\n  users: {image: 'shop/users'}\n",
        "web/Dockerfile": "FROM php\nCOPY . .\n",
        "web/src/a.php": "<?php $x = 1;\n",
        "web/config/packages/messenger.yaml": "framework:\n  transports:\n    async: '%env(resolve:BROKER_DSN)%'\n",
    }
    assert edges(graph(files)) == [("web", "queue")]


def test_services_that_share_a_folder_have_the_part_that_is_called_like_them() -> None:
    files: Files = {
        "compose.yaml": "services:\n"
        + "".join(
            f"  {name}: {{image: '${{PREFIX}}/{name}:1', build: {{context: ., dockerfile: build/app.Dockerfile}}}}\n"
            for name in ("cart", "users")
        )
        + "  users-dapr: {image: 'daprio/daprd:1', network_mode: 'service:users', depends_on: [users]}\n",
        "build/other.Dockerfile": "FROM scratch\n",
        "build/app.Dockerfile": "FROM golang\nCOPY cmd/ ./cmd\nRUN go build ./...\n",
        "go.mod": "module example.org/shop\n",
        "cmd/cart/main.go": go("main", "http://users:80/"),
        "cmd/users/main.go": "package main\nfunc main() {}\n",
        "k8s/all.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop-cart}\n"
        "spec: {template: {spec: {containers: [{name: c, image: 'ghcr.io/x/cart:2'}]}}}\n",
    }
    found = graph(files)
    # The sidecar is no service of its own, and the workload of the same image is the same service.
    assert paths(found) == {
        "cart": ("build/app.Dockerfile", "cmd/cart"),
        "users": ("build/app.Dockerfile", "cmd/users"),
    }
    assert edges(found) == [("cart", "users")]
    assert "shop-cart" in next(service.aliases for service in found.services if service.name == "cart")
