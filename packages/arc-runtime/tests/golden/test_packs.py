"""The golden requests of every pack that ships: what users can verify their own environment with."""

import copy

import pytest

from arc_runtime.cli.golden import run_golden
from arc_runtime.fixes import DEFAULT_POLICY
from arc_runtime.model import Call
from arc_runtime.packs import PACKS
from arc_runtime.patterns.files import Golden, load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.pipeline import Pipeline

LOADED = {name: load_pack(name) for name in sorted(PACKS)}
CASES = [(name, case) for name, pack in LOADED.items() for case in pack.golden]
IDS = [f"{case.pattern_id}: {case.name}" for _, case in CASES]


@pytest.mark.parametrize(("pack", "case"), CASES, ids=IDS)
def test_a_golden_request_becomes_what_its_pack_says(pack: str, case: Golden) -> None:
    risk = next(p.risk for p in LOADED[pack].patterns if p.pattern_id == case.pattern_id)
    pipeline = Pipeline(PatternIndex().changed(LOADED[pack].patterns), policy={*DEFAULT_POLICY, risk})
    request = copy.deepcopy(dict(case.request))
    call = Call("", case.provider, case.operation, request, False, "", 0.0)
    decision = pipeline.before(call)
    assert decision.body == case.expected
    assert request == case.request
    if case.expected is not None:
        assert case.pattern_id in [fix.pattern_id for fix in decision.fixes]
        assert pipeline.before(call._replace(body=case.expected)).body is None


@pytest.mark.parametrize("pack", sorted(PACKS))
def test_the_command_finds_the_same(pack: str) -> None:
    assert all(result.passed for result in run_golden(LOADED[pack]))


@pytest.mark.parametrize("pack", sorted(set(PACKS) - {"hello_world"}))
def test_every_pattern_has_a_golden_request_a_source_and_an_error_that_it_explains(pack: str) -> None:
    loaded = LOADED[pack]
    assert {case.pattern_id for case in loaded.golden} == {pattern.pattern_id for pattern in loaded.patterns}
    assert all(pattern.source.startswith("https://") and pattern.risk for pattern in loaded.patterns)
    assert {known.pattern_id for known in loaded.errors} == {pattern.pattern_id for pattern in loaded.patterns}


@pytest.mark.parametrize("pack", sorted(PACKS))
def test_the_json_that_programs_read_says_what_the_yaml_says(pack: str) -> None:
    quick, whole = load_pack(pack, golden=False), LOADED[pack]
    assert [(p.pattern_id, [c[:3] for c in p.conditions], p.fix_spec, p.risk, p.priority) for p in quick.patterns] == [
        (p.pattern_id, [c[:3] for c in p.conditions], p.fix_spec, p.risk, p.priority) for p in whole.patterns
    ]
    assert quick.errors == whole.errors
    assert quick.golden == ()
