"""The golden requests of every pack that ships: what users can verify their own environment with."""

import copy

import pytest

from arc_runtime.model import Call
from arc_runtime.packs import PACKS
from arc_runtime.patterns.files import Golden, load_pack
from arc_runtime.patterns.index import PatternIndex
from arc_runtime.pipeline import Pipeline

CASES = [(name, case) for name in sorted(PACKS) for case in load_pack(name).golden]


@pytest.mark.parametrize(("pack", "case"), CASES, ids=[f"{pack}: {case.name}" for pack, case in CASES])
def test_a_golden_request_becomes_what_its_pack_says(pack: str, case: Golden) -> None:
    pipeline = Pipeline(PatternIndex().changed(load_pack(pack).patterns))
    request = copy.deepcopy(dict(case.request))
    decision = pipeline.before(Call("", case.provider, case.operation, request, False, "", 0.0))
    assert decision.body == case.expected
    assert request == case.request
    assert [fix.pattern_id for fix in decision.fixes] == ([case.pattern_id] if case.expected is not None else [])
