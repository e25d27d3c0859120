import inspect
from typing import Any, Dict

import pytest

from arc_runtime.arc import Arc
from arc_runtime.config import DEFAULT_PACKS, VARIABLES, TelemetryConfig, is_disabled, load, unknown_variables
from arc_runtime.errors import ConfigError


def test_without_anything_nothing_is_sent_and_nothing_listens() -> None:
    config = load({}, {})
    assert config.telemetry is None
    assert config.metrics.port is None
    assert config.intercept
    assert not config.disable
    assert config.packs == DEFAULT_PACKS
    assert set(config.origins.values()) == {"default"}


def test_an_argument_wins_over_the_variable_and_that_over_the_default() -> None:
    environ = {"ARC_ENDPOINT": "grpc://localhost:1", "ARC_MIN_CONFIDENCE": "0.25"}
    config = load({"endpoint": "grpcs://arc.example.com"}, environ)
    assert config.telemetry is not None
    assert config.telemetry.target == "arc.example.com:443"
    assert config.min_confidence == 0.25
    assert config.origins["ARC_ENDPOINT"] == "argument"
    assert config.origins["ARC_MIN_CONFIDENCE"] == "variable"
    assert config.origins["ARC_PACKS"] == "default"


@pytest.mark.parametrize(
    ("endpoint", "target", "tls"),
    [
        ("grpc://localhost", "localhost:50051", False),
        ("grpc://127.0.0.1:4000", "127.0.0.1:4000", False),
        ("grpc://[::1]:4000", "[::1]:4000", False),
        ("grpcs://localhost:4000", "localhost:4000", True),
        ("grpc://arc.company.com", "arc.company.com:443", True),
        ("grpc://10.0.0.1:4000", "10.0.0.1:4000", True),
        ("grpc://localhost.evil.example:4000", "localhost.evil.example:4000", True),
    ],
)
def test_plain_text_stays_on_this_machine(endpoint: str, target: str, tls: bool) -> None:
    config = TelemetryConfig(endpoint)
    assert (config.target, config.tls) == (target, tls)


def test_plain_text_elsewhere_has_to_be_asked_for() -> None:
    config = load({}, {"ARC_ENDPOINT": "grpc://10.0.0.1", "ARC_INSECURE": "1"}).telemetry
    assert config is not None
    assert (config.target, config.tls) == ("10.0.0.1:50051", False)


BAD_ENDPOINTS = ["http://localhost", "localhost:1", "grpc://", "grpc://h:0", "grpc://h:x", "grpc://u:p@h", "grpc://h/p"]


@pytest.mark.parametrize("endpoint", [*BAD_ENDPOINTS, "grpc://h?x=1", "grpc://[::1", "\x00"])
def test_a_wrong_endpoint_is_refused_as_argument_and_a_problem_as_variable(endpoint: str) -> None:
    with pytest.raises(ConfigError):
        load({"endpoint": endpoint}, {})
    config = load({}, {"ARC_ENDPOINT": endpoint})
    assert config.telemetry is None
    assert any("ARC_ENDPOINT" in problem for problem in config.problems)
    assert not any("u:p" in problem for problem in config.problems)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("min_confidence", 1.5),
        ("min_confidence", float("nan")),
        ("metrics_port", 70_000),
        ("metrics_port", True),
        ("metrics_port", 80.5),
        ("queue_max_events", 0),
        ("log_level", "LOUD"),
        ("disable", "perhaps"),
        ("packs", 7),
    ],
)
def test_a_wrong_argument_is_refused_and_the_variable_is_a_problem(argument: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=argument):
        load({argument: value}, {})
    if argument not in ("packs", "disable") and value is not True:
        name = f"ARC_{argument.upper()}"
        config = load({}, {name: str(value)})
        assert any(problem.startswith(name) for problem in config.problems)
        assert config.origins[name] == "default"


def test_an_unreadable_switch_off_is_off() -> None:
    assert load({}, {"ARC_DISABLE": "ja"}).disable
    assert is_disabled({"ARC_DISABLE": "ja"})
    assert is_disabled({"ARC_DISABLE": "1"})
    assert not is_disabled({"ARC_DISABLE": "0"})
    assert not is_disabled({"ARC_DISABLE": ""})
    assert not is_disabled({})


def test_names_that_nothing_reads_are_told() -> None:
    assert unknown_variables({"ARC_ENDPIONT": "x", "ARC_SIM_SEED": "1", "ARC_ENDPOINT": "x", "HOME": "/"}) == [
        "ARC_ENDPIONT is not a setting of arc-runtime"
    ]


@pytest.mark.parametrize(("text", "packs"), [("none", ()), ("a, b", ("a", "b")), ("", DEFAULT_PACKS)])
def test_packs_are_a_list(text: str, packs: Any) -> None:
    assert load({}, {"ARC_PACKS": text}).packs == packs


def test_a_key_is_read_without_its_line_end_and_refused_where_no_header_can_hold_it() -> None:
    config = load({}, {"ARC_ENDPOINT": "grpc://localhost", "ARC_API_KEY": " arc_key_0123456789\n"})
    assert config.telemetry is not None
    assert config.telemetry.api_key == "arc_key_0123456789"
    for wrong in ("sk-one\nsk-two", "sk-s\u00e9cret"):
        found = load({}, {"ARC_ENDPOINT": "grpc://localhost", "ARC_API_KEY": wrong})
        assert found.problems == ("ARC_API_KEY: the value cannot be read; using the default",)
        with pytest.raises(ConfigError, match="printable ASCII") as caught:
            load({"api_key": wrong}, {})
        assert "sk-" not in str(caught.value)


def test_no_secret_is_in_any_repr() -> None:
    config = load({"endpoint": "grpc://localhost", "api_key": "sk-secret"}, {})
    assert config.telemetry is not None
    assert config.telemetry.api_key == "sk-secret"
    assert "sk-secret" not in repr(config)


def test_every_setting_is_declared_once_and_named_arguments_are_settings() -> None:
    arguments: Dict[str, Any] = {variable.argument: variable for variable in VARIABLES}
    assert len(arguments) == len(VARIABLES)
    named = set(inspect.signature(Arc.__init__).parameters) - {"self", "sink", "settings"}
    assert named <= set(arguments)
    assert all(variable.effect for variable in VARIABLES)


def test_a_setting_that_is_not_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="endpiont"):
        load({"endpiont": "grpc://localhost"}, {})
