import os

import pytest

from arc_common.digest import digest_bytes, digest_file, digest_tree, from_text, to_text
from arc_common.errors import WireError

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # FIPS 180-4 test vector


def test_bytes_and_file_agree(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"x" * 3_000_000)
    assert digest_file(path) == digest_bytes(b"x" * 3_000_000)
    assert digest_bytes(b"") == {"sha256": EMPTY}


def test_text_form_round_trips():
    assert to_text(digest_bytes(b"")) == "sha256:" + EMPTY
    assert from_text("sha256:" + EMPTY) == {"sha256": EMPTY}


@pytest.mark.parametrize(
    "text", ["", EMPTY, "sha1:" + EMPTY, "sha256:" + EMPTY.upper(), "sha256:" + EMPTY + "\n", "sha256:" + EMPTY[:-1], 7]
)
def test_other_texts_are_refused(text):
    with pytest.raises(WireError):
        from_text(text)


@pytest.mark.parametrize("digest", [{}, {"sha512": EMPTY}, {"sha256": EMPTY, "md5": ""}, {"sha256": "x"}])
def test_other_digest_sets_are_refused(digest):
    with pytest.raises(WireError):
        to_text(digest)


def _tree(root):
    (root / "a").mkdir(parents=True)
    (root / "a" / "b.txt").write_bytes(b"1")
    (root / "c.txt").write_bytes(b"2")
    return root


def test_a_tree_digest_depends_on_names_contents_and_modes_only(tmp_path):
    first, second = _tree(tmp_path / "one"), _tree(tmp_path / "two")
    digest = digest_tree(first)
    assert digest_tree(second) == digest
    os.utime(str(second / "c.txt"), (1, 1))
    (second / "empty").mkdir()
    assert digest_tree(second) == digest

    (second / "c.txt").chmod(0o755)
    executable = digest_tree(second)
    (second / "c.txt").chmod(0o644)
    (second / "c.txt").rename(second / "d.txt")
    renamed = digest_tree(second)
    (second / "d.txt").rename(second / "c.txt")
    (second / "c.txt").write_bytes(b"3")
    changed = digest_tree(second)
    assert len({d["sha256"] for d in (digest, executable, renamed, changed)}) == 4


def test_links_count_by_target_and_are_not_followed(tmp_path):
    root = _tree(tmp_path / "one")
    before = digest_tree(root)
    (root / "loop").symlink_to(root)
    after = digest_tree(root)
    assert after != before
    (root / "loop").unlink()
    (root / "loop").symlink_to("elsewhere")
    assert digest_tree(root) not in (before, after)


def test_a_name_that_moves_into_another_entry_changes_the_digest(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    (one / "a").mkdir(parents=True)
    two.mkdir()
    (one / "a" / "b").write_bytes(b"")
    (two / "ab").write_bytes(b"")
    assert digest_tree(one) != digest_tree(two)


def test_pipes_are_refused(tmp_path):
    os.mkfifo(str(tmp_path / "pipe"))
    with pytest.raises(WireError):
        digest_tree(tmp_path)
