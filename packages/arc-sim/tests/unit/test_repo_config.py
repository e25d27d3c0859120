"""arc-sim.yaml: what is read, and the one line that every mistake ends in."""

import pytest

from arc_sim.config.repo import load_repo_config, parse_repo_config, start_specs
from arc_sim.errors import ConfigError
from arc_sim.model import Graph, LoadSpec, Service

GOOD = """
version: 1
entry: gateway
services:
  gateway:
    command: [python3, services/gateway/main.py]
    ready: /healthz
    env: {WORKERS: 2, DEBUG: true, UP: "${URL:orders}"}
  orders: {command: "python3 'my service.py'", cwd: services, port_env: LISTEN, ready_timeout_s: 3}
  notifier: {command: python3 n.py, ready: none}
load: {service: gateway, method: POST, path: /checkout, body: '{"item":"lotus"}', headers: {X-A: 1}, rate_per_s: 30}
"""
GRAPH = Graph((Service("orders-api", aliases=("orders",), env=(("LOG", "info"), ("UP", "x"))), Service("gateway")), ())


def test_a_good_file():
    config = parse_repo_config(GOOD)
    assert config.entry == "gateway"
    assert config.services["orders"].command == ("python3", "my service.py")
    assert config.load is not None
    assert config.load.spec("other") == LoadSpec(
        "gateway", "POST", "/checkout", '{"item":"lotus"}', (("X-A", "1"),), rate_per_s=30
    )


def test_start_specs_go_by_the_graphs_names_and_merge_the_environment():
    gateway, notifier, orders = start_specs(parse_repo_config(GOOD), GRAPH)
    assert gateway.ready_path == "/healthz"
    assert gateway.env == (("DEBUG", "true"), ("UP", "${URL:orders}"), ("WORKERS", "2"))
    assert (notifier.service, notifier.port_env) == ("notifier", None)
    assert (orders.service, orders.cwd, orders.port_env, orders.ready_timeout_s) == (
        "orders-api",
        "services",
        "LISTEN",
        3,
    )
    assert orders.env == (("LOG", "info"), ("UP", "x"))
    assert orders.ready_path is None


def test_no_file_is_none(tmp_path):
    assert load_repo_config(tmp_path) is None


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"version: 1\n#" + b"x" * 1_000_001])
def test_a_file_that_cannot_be_read(tmp_path, content):
    (tmp_path / "arc-sim.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"arc-sim\.yaml"):
        load_repo_config(tmp_path)


def test_a_directory_in_its_place(tmp_path):
    (tmp_path / "arc-sim.yaml").mkdir()
    with pytest.raises(ConfigError, match=r"arc-sim\.yaml cannot be read"):
        load_repo_config(tmp_path)


SERVICE = "version: 1\nservices:\n  orders:\n    command: x\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a mapping"),
        ("- 1", "must be a mapping"),
        ("{}", "version: is missing"),
        ("version: 2", "arc-sim.yaml:1: version:"),
        ("version: 1\nversion: 1", "arc-sim.yaml:2: the key 'version' is given twice"),
        ("a: [", "arc-sim.yaml:1:"),
        ("\0", "not valid YAML"),
        ("a: &a [*a]", "arc-sim.yaml:1:"),
        ("!!python/object/apply:os.system ['false']", "could not determine a constructor"),
        ("[" * 5000, "arc-sim.yaml"),
        ("version: 1\nservces: {}", "arc-sim.yaml:2: servces: unknown key (did you mean services?)"),
        (
            "version: 1\nservices:\n  a:\n    comand: x\n",
            "arc-sim.yaml:4: services.a.comand: unknown key (did you mean command?)",
        ),
        (SERVICE + "    cwd: ../../etc\n", "arc-sim.yaml:5: services.orders.cwd: must be a directory inside"),
        (SERVICE + "    cwd: /etc\n", "must be a directory inside"),
        (SERVICE + "    ready: soon\n", "services.orders.ready: must be an HTTP path"),
        (SERVICE + '    ready: "/a\\r\\nX: 1"\n', "services.orders.ready: must be an HTTP path"),
        (SERVICE + "    ready_timeout_s: -1\n", "services.orders.ready_timeout_s:"),
        (SERVICE + "    env: {'A=B': c}\n", "is no name or value of an environment variable"),
        ("version: 1\nservices: {a: {command: []}}", "services.a.command"),
        ("version: 1\nservices: {a: {command: ''}}", "services.a.command"),
        ("version: 1\nservices: {a: {command: 'x \"'}}", "services.a.command: no closing quotation"),
        ("version: 1\nservices: {a: {}}", "services.a.command: is missing (add `command:`)"),
        ("version: 1\nload: {rate_per_s: .nan}", "load.rate_per_s"),
        ("version: 1\nload: {rate_per_s: .inf}", "load.rate_per_s"),
        ("version: 1\nload: {path: checkout}", "load.path"),
        ("version: 1\nload: {path: '/a b'}", "load.path"),
        ("version: 1\nload: {method: BREW}", "load.method"),
        ('version: 1\nload: {headers: {A: "b\\r\\nC: d"}}', "is no name or value of an HTTP header"),
    ],
)
def test_a_mistake_ends_in_one_line_that_says_where(text, message):
    with pytest.raises(ConfigError) as caught:
        parse_repo_config(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 1\nentry: gatway\nservices: {}", "entry: 'gatway' is no known service (did you mean gateway?)"),
        ("version: 1\nload: {service: nobody}", "load.service: 'nobody' is no known service"),
        ("version: 1\nservices: {a: {command: x, env: {U: '${URL:ordrs}'}}}", "did you mean orders"),
        ("version: 1\nservices: {a: {command: x, env: {U: '${HOME}'}}}", "${HOME} is unknown"),
        ("version: 1\nservices: {a: {command: x, env: {U: '${URL:}'}}}", "${URL:} is unknown"),
    ],
)
def test_names_are_checked_against_the_graph(text, message):
    with pytest.raises(ConfigError) as caught:
        start_specs(parse_repo_config(text), GRAPH)
    assert message in str(caught.value)


def test_merges_that_would_grow_without_bound_are_refused():
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 9)}]}}" for level in range(1, 9)]
    with pytest.raises(ConfigError, match=r"arc-sim\.yaml:.*keys once its merges are expanded"):
        parse_repo_config("\n".join(["version: 1", *lines]))


def test_services_may_share_settings_by_a_merge():
    text = "version: 1\nservices: {a: &a {command: x, cwd: one}, b: {<<: *a, cwd: two}}"
    config = parse_repo_config(text)
    assert [(part.command, part.cwd) for part in config.services.values()] == [(("x",), "one"), (("x",), "two")]
