"""Diffs from files: our JSON, the older list, patches; and every way in which they can be wrong."""

import json
from pathlib import Path

import pytest

from arc_sim.diff.file import load_diff
from arc_sim.diff.serialize import diff_hash, from_dict, to_dict
from arc_sim.errors import DiffError
from arc_sim.model import Diff, FileChange, Hunk

PATCH = """diff --git a/services/orders/main.py b/services/orders/main.py
index 1111111..2222222 100644
--- a/services/orders/main.py
+++ b/services/orders/main.py
@@ -22 +22 @@ inventory = 1
-payments = Client(URL, timeout_s=2.0)
+payments = Client(URL, timeout_s=0.2)
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git "a/caf\\303\\251.py" "b/caf\\303\\251.py"
new file mode 100755
index 0000000..3333333
--- /dev/null
+++ "b/caf\\303\\251.py"
@@ -0,0 +1,2 @@
+--- a line that looks like a header
++++ another one
diff --git a/logo.bin b/logo.bin
deleted file mode 100644
index 4444444..0000000
Binary files a/logo.bin and /dev/null differ
"""


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "diff"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def sample() -> Diff:
    files = (FileChange("a.py", "modified", hunks=(Hunk(1, 2, 1, 3),), old_id="1" * 40, new_id="2" * 40),)
    return Diff("b" * 40, "c" * 40, files, diff_hash(files), "2026-01-01T00:00:00Z")


def test_a_patch_gives_status_paths_and_hunks(tmp_path: Path) -> None:
    diff = load_diff(write(tmp_path, PATCH))
    assert [(f.path, f.status, f.old_path, f.binary) for f in diff.files] == [
        ("services/orders/main.py", "modified", None, False),
        ("new name.txt", "renamed", "old name.txt", False),
        ("café.py", "added", None, False),
        ("logo.bin", "deleted", None, True),
    ]
    assert diff.files[0].hunks == (Hunk(22, 1, 22, 1),)
    assert diff.files[2].hunks == (Hunk(0, 0, 1, 2),)
    assert diff.files[2].new_mode == "100755"


def test_a_patch_with_other_content_has_another_hash(tmp_path: Path) -> None:
    first = load_diff(write(tmp_path, PATCH)).diff_hash
    second = load_diff(write(tmp_path, PATCH.replace("timeout_s=0.2", "timeout_s=0.3"))).diff_hash
    assert first != second


def test_a_patch_without_git_headers_is_read(tmp_path: Path) -> None:
    one = "--- a/{0}\t2026-01-01\n+++ b/{0}\t2026-01-02\n@@ -1 +1 @@\n-a\n+b\n"
    text = one.format("x.py") + one.format("y.py")
    assert [f.path for f in load_diff(write(tmp_path, text)).files] == ["x.py", "y.py"]


@pytest.mark.parametrize("cut", ["+payments", "@@ -22"])
def test_a_cut_patch_names_the_line(tmp_path: Path, cut: str) -> None:
    text = PATCH[: PATCH.index(cut)] + ("@@ -22 +22 @@\n" if cut.startswith("@@") else "")
    with pytest.raises(DiffError, match=r"line 5 of the patch: its hunk is cut"):
        load_diff(write(tmp_path, text))


def test_our_json_is_read_back(tmp_path: Path) -> None:
    diff = sample()
    assert load_diff(write(tmp_path, json.dumps(to_dict(diff)))) == diff


def test_the_older_list_takes_names_and_objects(tmp_path: Path) -> None:
    files = ["a.py", {"path": "b.py", "status": "added"}, {"filename": "c.py", "status": "removed"}]
    text = json.dumps({"files": files})
    diff = load_diff(write(tmp_path, text))
    assert [(f.path, f.status) for f in diff.files] == [("a.py", "modified"), ("b.py", "added"), ("c.py", "deleted")]
    assert diff.diff_hash.startswith("sha256:")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("hello\n", "line 1: neither JSON nor a unified patch"),
        ('{"files": ["a.py"', r"line 1, column 18"),
        ("[]", "expected an object, found a list"),
        ('{"files": 3}', "files: expected a list, found a number"),
        ('{"files": [3]}', r"files\[0\]: expected an object, found a number"),
        ('{"files": [{"path": "../etc/passwd"}]}', r"files\[0\].path: expected a path inside the repository"),
        ('{"files": [{"path": "/etc/passwd"}]}', r"files\[0\].path"),
        ('{"files": [{"path": "a", "status": "eaten"}]}', r"files\[0\].status: expected one of"),
        ('{"files": [{"path": "a", "hunks": [[1, 2, 3]]}]}', r"hunks\[0\]: expected four line numbers"),
        ('{"files": [{"path": "a", "hunks": [[1, 2, 3, -4]]}]}', r"hunks\[0\]"),
        ('{"files": [{"path": "a", "hunks": [[1, 2, 3, 1e400]]}]}', r"hunks\[0\]"),
        ('{"files": [{"path": "\\ud800"}]}', r"files\[0\].path: expected a string"),
        ('{"files": ["a"], "diff_hash": "sha256:00"}', "diff_hash is not the hash of these files"),
        (b'{"files": ["\xff"]}', "byte 12 is not UTF-8"),
        ("[" * 100_000, "not a diff"),
    ],
)
def test_bad_input_is_refused_with_its_place(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DiffError, match=message) as caught:
        load_diff(write(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiffError, match="no such file"):
        load_diff(tmp_path / "absent.json")


def test_the_hash_covers_content_and_nothing_else() -> None:
    diff = sample()
    change = diff.files[0]
    other_time = Diff("", "", diff.files, "", "1999-01-01T00:00:00Z")
    assert diff_hash(other_time.files) == diff.diff_hash
    other_context = FileChange(
        change.path, change.status, None, (Hunk(1, 5, 1, 6),), False, change.old_id, change.new_id
    )
    assert diff_hash((other_context,)) == diff.diff_hash
    other_content = FileChange(change.path, change.status, None, change.hunks, False, change.old_id, "3" * 40)
    assert diff_hash((other_content,)) != diff.diff_hash
    assert from_dict(to_dict(diff)) == diff
