"""The packs that ship are read without checks: what comes out is what the checked reading gives."""

from typing import Any, Tuple

import pytest

from arc_runtime.packs import PACKS
from arc_runtime.patterns.files import load_pack
from arc_runtime.patterns.pattern import Pattern


def content(pattern: Pattern) -> Tuple[Any, ...]:
    """Return what a pattern says, without the functions that were made for it."""
    conditions = tuple(condition._replace(test=None) for condition in pattern.conditions)
    return pattern._replace(conditions=conditions, fixes=[(type(fix), fix.place) for fix in pattern.fixes])


@pytest.mark.parametrize("name", sorted(PACKS))
def test_the_shipped_form_of_a_pack_is_what_its_source_says(name: str) -> None:
    checked, shipped = load_pack(name), load_pack(name, golden=False)
    assert list(map(content, shipped.patterns)) == list(map(content, checked.patterns))
    assert shipped.errors == checked.errors


def test_fixes_of_a_shipped_pack_are_made_once_and_on_use() -> None:
    pattern = load_pack("hello_world", golden=False).patterns[0]
    assert next(iter(pattern.fixes)) is next(iter(pattern.fixes))
