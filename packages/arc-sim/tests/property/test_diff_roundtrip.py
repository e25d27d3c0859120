"""A diff survives JSON, and its hash does not depend on the order of the files."""

import json

from hypothesis import given
from hypothesis import strategies as st

from arc_sim.diff.fields import is_repository_path
from arc_sim.diff.serialize import diff_hash, from_dict, to_dict
from arc_sim.model import Diff, FileChange, Hunk

lines = st.integers(0, 10**6)
hunks = st.builds(Hunk, lines, lines, lines, lines)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
paths = texts.filter(is_repository_path)
names = st.none() | st.text("0123456789abcdef", min_size=40, max_size=40)
statuses = st.sampled_from(["added", "modified", "deleted", "renamed", "copied", "type_changed"])
changes = st.builds(
    FileChange,
    path=paths,
    status=statuses,
    old_path=st.none() | paths,
    hunks=st.lists(hunks, max_size=3).map(tuple),
    binary=st.booleans(),
    old_id=names,
    new_id=names,
)


@given(st.lists(changes, max_size=6, unique_by=lambda change: change.path), st.randoms())
def test_json_and_order(files: list[FileChange], random: object) -> None:
    diff = Diff("a" * 40, "b" * 40, tuple(files), diff_hash(tuple(files)), "2026-01-01T00:00:00Z")
    assert from_dict(json.loads(json.dumps(to_dict(diff)))) == diff
    random.shuffle(files)
    assert diff_hash(tuple(files)) == diff.diff_hash
