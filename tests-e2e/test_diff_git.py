"""Diffs of real repositories against what git itself says; the working tree; files that are not their commits' diff."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import arc_sim
from arc_sim.diff.file import load_diff
from arc_sim.diff.git import read_diff
from arc_sim.errors import DiffError

GIT = ("git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false",
       "-c", "core.quotePath=true")  # fmt: skip
COMPOSE = "services:\n  web: {build: web}\n  orders: {build: orders}\n"


def git(repo: Path, *arguments: str) -> bytes:
    return subprocess.run([*GIT, "-C", str(repo), *arguments], check=True, capture_output=True).stdout


def write(repo: Path, files: "dict[bytes, bytes | None]") -> None:
    for path, content in files.items():
        target = repo / os.fsdecode(path)
        if content is None:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def commit(repo: Path, files: "dict[bytes, bytes | None]") -> str:
    write(repo, files)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "--allow-empty", "-m", "change")
    return git(repo, "rev-parse", "HEAD").decode().strip()


def make(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    return folder


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    path = make(tmp_path / "repo")
    commit(path, {b"compose.yaml": COMPOSE.encode(), b"web/Dockerfile": b"FROM x\n", b"web/a.py": b"a = 1\n",
                  b"orders/Dockerfile": b"FROM x\n", b"orders/a.py": b"a = 1\n", b".gitignore": b"*.log\n"})  # fmt: skip  # noqa: E501 - one list
    return path


names = st.sampled_from([b"a", b"b c", b"d\xff\xfe", "é".encode(), b'q"uote', b"tab\there", b"x/y", b"x/z z", b"--- a"])
contents = st.one_of(
    st.binary(max_size=40),
    st.lists(st.sampled_from([b"one", b"two", b"--- a/x", b"+++ b/y", b"@@ -1 +1 @@", b"diff --git a/x b/x", b"\r"]), max_size=12)  # noqa: E501 - one list
    .map(b"\n".join),
)  # fmt: skip
trees = st.dictionaries(names, contents, max_size=6)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=trees, after=trees)
def test_every_diff_is_what_git_counts(before: "dict[bytes, bytes]", after: "dict[bytes, bytes]") -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder) / "r")
        base = commit(path, {**before, b"same": b"same"})
        gone: dict[bytes, bytes | None] = {name: None for name in before if name not in after}
        head = commit(path, {**gone, **after})
        if git(path, "diff", "--name-only", base, head) == b"":
            with pytest.raises(DiffError, match="changes no file"):
                read_diff(f"{base}..{head}", path)
            return
        diff = read_diff(f"{base}..{head}", path)
        listed = git(path, "diff-tree", "-r", "-z", "--numstat", "-M", base, head).split(b"\0")
        counts = [line.split(b"\t")[:2] for line in listed if re.match(rb"(?:-|\d+)\t(?:-|\d+)\t", line)]
        assert len(diff.files) == len(counts)
        binary = sum(added == b"-" for added, _ in counts)
        assert sum(change.binary for change in diff.files) == binary
        hunks = [hunk for change in diff.files for hunk in change.hunks]
        assert sum(hunk.new_lines for hunk in hunks) == sum(int(a) for a, _ in counts if a != b"-")
        assert sum(hunk.old_lines for hunk in hunks) == sum(int(d) for _, d in counts if d != b"-")
        # The patch that git prints for people names the same files.
        patch = Path(folder) / "p.patch"
        patch.write_bytes(git(path, "diff", "-M", base, head))
        read = load_diff(patch)
        assert {(f.path, f.old_path) for f in read.files} == {(f.path, f.old_path) for f in diff.files}


def test_the_working_tree_with_new_ignored_and_linked_files(repo: Path) -> None:
    head = git(repo, "rev-parse", "HEAD").decode().strip()
    with pytest.raises(DiffError, match="the working tree is as HEAD"):
        arc_sim.serialize_diff("HEAD", repo, worktree=True)
    write(repo, {b"web/a.py": b"a = 2\n", b"web/new file.py": b"x\ny", b"x.log": b"1", b"orders/a.py": None})
    (repo / "loop").symlink_to(".")
    found = arc_sim.serialize_diff("HEAD", repo, worktree=True)
    by_path = {entry["path"]: entry for entry in found["files"]}
    assert {path: entry["status"] for path, entry in by_path.items()} == {
        "loop": "added", "orders/a.py": "deleted", "web/a.py": "modified", "web/new file.py": "added",
    }  # fmt: skip
    assert by_path["web/new file.py"]["hunks"] == [[0, 0, 1, 2]]
    assert by_path["web/a.py"]["new_id"] == git(repo, "hash-object", "web/a.py").decode().strip()
    assert (found["base_commit"], found["head_commit"]) == (head, "")
    # Committed, the same change has the same hash.
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "second")
    assert arc_sim.serialize_diff("HEAD~1..HEAD", repo)["diff_hash"] == found["diff_hash"]


def affected(repo: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).parent / "arc-sim"), "affected", "--no-cache", "--repo", str(repo), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_answers_for_ranges_files_and_the_working_tree(repo: Path, tmp_path: Path) -> None:
    commit(repo, {b"web/a.py": b"a = 2\n"})
    answer = json.loads(affected(repo, "--format", "json").stdout)
    assert answer["direct"] == ["web"]
    assert set(answer) == {"direct", "upstream", "upstream_transitive", "async_consumers", "reasons", "reach"}
    patch = tmp_path / "p.patch"
    patch.write_bytes(git(repo, "diff", "HEAD~1", "HEAD"))
    from_file = affected(repo, "--diff", str(patch))
    assert "changed   web" in from_file.stdout
    assert "names no commits" in from_file.stderr
    write(repo, {b"orders/a.py": b"a = 3\n"})
    assert "changed   orders" in affected(repo, "--worktree").stdout
    assert "changed   web" in affected(repo, "--path", "web").stdout
    assert affected(repo, "--path", "orders").stdout == "no service is affected\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--range", "nope..HEAD"], "unknown revision"),
        (["--range", "HEAD..HEAD"], "is empty"),
        (["--diff", "x.json", "--range", "HEAD"], "exclude each other"),
        (["--diff", "none.json"], "no such file"),
        (["--path", "../x"], "leaves the repository"),
        (["--path", "nowhere"], "no service stands there"),
        (["--db", "none.db"], "no such file"),
    ],
)
def test_wrong_input_is_one_line_and_exit_3(repo: Path, arguments: "list[str]", message: str) -> None:
    commit(repo, {b"web/a.py": b"a = 2\n"})
    done = affected(repo, *arguments)
    assert (done.returncode, done.stdout) == (3, "")
    lines = done.stderr.splitlines()
    assert message in lines[0]
    assert lines[0].startswith("error: ")
    assert len(lines) <= 2


def test_a_diff_that_is_not_that_of_its_commits_is_refused(repo: Path) -> None:
    commit(repo, {b"web/a.py": b"a = 2\n", b"orders/a.py": b"a = 2\n"})
    diff = arc_sim.serialize_diff("HEAD~1..HEAD", repo)
    assert arc_sim.analyze_diff(diff, repo=repo) == ["orders", "web"]
    fewer = {key: value for key, value in diff.items() if key != "diff_hash"} | {"files": diff["files"][:1]}
    with pytest.raises(DiffError, match=r"leaves files out: web/a\.py"):
        arc_sim.analyze_diff(fewer, repo=repo)
    more = {**fewer, "files": [*diff["files"], {"path": "other.py"}]}
    with pytest.raises(DiffError, match=r"do not change: other\.py"):
        arc_sim.analyze_diff(more, repo=repo)
    with pytest.raises(DiffError, match="leaves files out"):
        arc_sim.run_sim({"diff": fewer}, repo)
    plain = {"base_commit": diff["base_commit"], "head_commit": diff["head_commit"],
             "files": [{"path": "web/a.py"}, {"path": "orders/a.py"}]}  # fmt: skip
    assert arc_sim.analyze_diff(plain, repo=repo) == ["orders", "web"]


def test_the_first_commit_and_a_large_line(repo: Path) -> None:
    first = git(repo, "rev-list", "--max-parents=0", "HEAD").decode().strip()
    assert arc_sim.analyze_diff(arc_sim.serialize_diff(first, repo), repo=repo) == ["orders", "web"]
    commit(repo, {b"web/data.txt": b"x" * 3_000_000 + b"\n" + b"y\n" * 5})
    (change,) = read_diff("HEAD~1..HEAD", repo).files
    assert [(h.old_lines, h.new_lines) for h in change.hunks] == [(0, 6)]


def test_a_graph_that_was_written_is_read_again(repo: Path, tmp_path: Path) -> None:
    commit(repo, {b"web/a.py": b"a = 2\n"})
    written = arc_sim.derive_causal(None, repo, write_to=tmp_path / "graph.json")
    assert json.loads((tmp_path / "graph.json").read_text())["commit"] == written["commit"]
    diff = arc_sim.serialize_diff("HEAD~1..HEAD", repo)
    assert arc_sim.analyze_diff(diff, tmp_path / "graph.json", repo) == ["web"]
