import copy
import json
import typing

import jsonschema
import pytest

from arc_common import schemas
from arc_common.testing import example_result


def _valid(name, value):
    return jsonschema.Draft202012Validator(schemas.load(name)).is_valid(value)


@pytest.mark.parametrize("name", sorted(schemas.SCHEMAS))
def test_schemas_are_draft_2020_12_and_fresh_on_each_load(name):
    schema = schemas.load(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    schema.clear()
    assert schemas.load(name)["$schema"].endswith("2020-12/schema")


def test_an_unknown_schema_is_a_key_error():
    with pytest.raises(KeyError):
        schemas.load("../errors")


def test_the_example_result_is_valid():
    jsonschema.Draft202012Validator(schemas.load("simulation_result")).validate(example_result())


def test_where_nothing_ran_nothing_is_claimed():
    metrics = {"latency_ms": None, "error_rate": None}
    none = example_result(evidence="none", metrics=metrics, experiments=[], risk_score=0, risk_interval=[0, 0])
    assert _valid("simulation_result", none)
    assert not _valid("simulation_result", {**none, "metrics": {"latency_ms": 0, "error_rate": 0}})
    assert not _valid("simulation_result", {**none, "experiments": example_result()["experiments"]})
    assert not _valid("simulation_result", example_result(metrics=metrics))
    assert not _valid("simulation_result", example_result(experiments=[]))


@pytest.mark.parametrize("key", sorted(example_result()))
def test_every_key_is_required_and_no_other_is_known(key):
    result = dict(example_result())
    del result[key]
    assert not _valid("simulation_result", result)
    assert not _valid("simulation_result", {**example_result(), key + "x": 1})


@pytest.mark.parametrize(
    "changes",
    [
        {"risk_score": 100.5},
        {"risk_score": -1},
        {"risk_score": "71"},
        {"risk_interval": [1]},
        {"risk_interval": [1, 2, 3]},
        {"risk_interval": [1, 101]},
        {"severity": 50.5},
        {"severity": 101},
        {"verdict": "ok"},
        {"evidence": "mock"},
        {"seed": 2**53},
        {"seed": -1},
        {"sim_id": "../../etc/passwd"},
        {"sim_id": "a/b"},
        {"sim_id": "a\n"},
        {"sim_id": ""},
        {"diff_hash": "sha256:" + "3" * 63},
        {"diff_hash": "sha256:" + "3" * 64 + "\n"},
        {"commit_target": "HEAD"},
        {"timestamp": "2026-01-01T00:00:00"},
        {"timestamp": "2026-01-01T00:00:00+02:00"},
        {"timestamp": "2026-13-01T00:00:00Z"},
        {"timestamp": "2026-01-32T00:00:00Z"},
        {"timestamp": "2026-01-01T24:00:00Z"},
        {"timestamp": "2026-01-01T00:60:00Z"},
        {"timestamp": "2026-01-01T00:00:60Z"},
        {"scenario": "x" * 257},
        {"metrics": {"latency_ms": 1}},
        {"metrics": {"latency_ms": 1, "error_rate": 1.5}},
        {"services": ["a", "a"]},
        {"schema_version": "2.0"},
    ],
)
def test_wrong_values_are_refused(changes):
    assert not _valid("simulation_result", example_result(**changes))


def test_metrics_may_hold_the_arms():
    arms = example_result()["experiments"][0]["arms"]
    assert _valid("simulation_result", example_result(metrics={"latency_ms": 1, "error_rate": 0, "arms": arms}))
    arms = copy.deepcopy(arms)
    del arms["base_calm"]["requests"]
    assert not _valid("simulation_result", example_result(metrics={"latency_ms": 1, "error_rate": 0, "arms": arms}))


@pytest.mark.parametrize(
    ("shape", "path"),
    [
        (schemas.SimulationResult, ()),
        (schemas.Affected, ("properties", "affected")),
        (schemas.Metrics, ("properties", "metrics")),
        (schemas.Experiment, ("$defs", "experiment")),
        (schemas.Arm, ("$defs", "arm")),
        (schemas.Arms, ("$defs", "arms")),
        (schemas.Estimate, ("$defs", "estimate")),
        (schemas.Target, ("$defs", "target")),
        (schemas.EdgeChange, ("$defs", "edge_change")),
    ],
)
def test_types_and_result_schema_have_the_same_keys(shape, path):
    _same_keys(schemas.load("simulation_result"), shape, path)


@pytest.mark.parametrize(
    ("shape", "path"),
    [
        (schemas.PatternPack, ()),
        (schemas.PatternEntry, ("$defs", "entry")),
        (schemas.GoldenRequest, ("$defs", "golden")),
    ],
)
def test_types_and_pack_schema_have_the_same_keys(shape, path):
    _same_keys(schemas.load("pattern_pack"), shape, path)


def _same_keys(schema, shape, path):
    for step in path:
        schema = schema[step]
    assert set(typing.get_type_hints(shape)) == set(schema["properties"])


PACK = {
    "name": "openai-chat",
    "version": 1,
    "patterns": [
        {
            "id": "openai/gpt-4-temperature",
            "source": "seen in production",
            "pattern": {"model": "gpt-4", "temperature": {">": 0.9, "<=": 2}, "stop": {"missing": True}},
            "fix": {"temperature": 0.7, "prompt_prefix": "Be brief."},
            "confidence": 0.9,
            "priority": -1,
            "golden": [
                {
                    "name": "too hot",
                    "request": {"model": "gpt-4", "temperature": 0.95},
                    "expected": {"model": "gpt-4", "temperature": 0.7},
                },
                {"name": "unchanged", "request": {"model": "gpt-4"}, "expected": None},
            ],
        }
    ],
}


def test_a_pack_is_valid():
    jsonschema.Draft202012Validator(schemas.load("pattern_pack")).validate(PACK)


@pytest.mark.parametrize("operator", [">", ">=", "<", "<=", "==", "!="])
def test_comparisons_are_known(operator):
    assert _valid("pattern_pack", _pack(pattern={"top_p": {operator: 1}}))


@pytest.mark.parametrize(
    "condition",
    [
        {"in": ["a", 1]},
        {"not_in": [None]},
        {"prefix": "gpt-"},
        {"suffix": "x"},
        {"contains": "x"},
        {"exists": True},
        "literal",
        0.5,
        None,
        True,
        ["a"],
    ],
)
def test_conditions_are_known(condition):
    assert _valid("pattern_pack", _pack(pattern={"model": condition}))


@pytest.mark.parametrize(
    "changes",
    [
        {"pattern": {}},
        {"pattern": {"t": {"~": 1}}},
        {"pattern": {"t": {}}},
        {"pattern": {"t": {">": "1"}}},
        {"pattern": {"t": {"in": "abc"}}},
        {"pattern": {"t": {"in": []}}},
        {"pattern": {"t": {"missing": False}}},
        {"pattern": {"": 1}},
        {"fix": {}},
        {"fix": {"t": {"set": 1, "drop": True}}},
        {"fix": {"t": {}}},
        {"confidence": 1.5},
        {"priority": 0.5},
        {"expires_at": "tomorrow"},
        {"id": "A B"},
        {"unknown": 1},
        {"golden": [{"name": "x", "request": {}}]},
        {"golden": [{"name": "x", "request": [], "expected": None}]},
        {"golden": [{"request": {}, "expected": None}]},
        {"source": " "},
        {"id": "a//b"},
        {"pattern": {"a b": 1}},
        {"pattern": {"messages[0": 1}},
        {"fix": {"messages[x].content": 1}},
        {"fix": {"stream": True}},
        {"fix": {"t": {"clamp": [0]}}},
        {"fix": {"t": {"clamp": [0, "1"]}}},
        {"fix": {"t": {"drop": False}}},
        {"fix": {"messages[0]": {"drop": True}}},
        {"fix": {"messages[0]": {}}},
        {"fix": {"prompt_prefix": ""}},
        {"fix": {"prompt_suffix": {"text": "x", "role": "assistant"}}},
    ],
)
def test_wrong_packs_are_refused(changes):
    assert not _valid("pattern_pack", _pack(**changes))


@pytest.mark.parametrize(
    "operation",
    [
        {"set": {"drop": 1}},
        {"default": 1},
        {"clamp": [None, 1]},
        {"drop": True},
        {"type": "json_schema", "json_schema": {"name": "x"}},
        ["a"],
        None,
    ],
)
def test_operations_are_known(operation):
    assert _valid("pattern_pack", _pack(fix={"response_format": operation}))


@pytest.mark.parametrize("changes", [{"version": 2}, {"version": True}, {"name": "A B"}, {"source": "x"}])
def test_a_pack_of_another_shape_is_refused(changes):
    assert not _valid("pattern_pack", {**PACK, **changes})


def _pack(**changes):
    pack = json.loads(json.dumps(PACK))
    pack["patterns"][0].update(changes)
    return pack
