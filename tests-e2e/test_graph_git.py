"""Diffs and trees of real repositories, well-behaved and hostile."""

import os
import subprocess
from pathlib import Path

import pytest

from arc_sim.causal import derive
from arc_sim.causal.tree import DirectoryTree, GitTree, MemoryTree, Tree
from arc_sim.diff.git import read_diff
from arc_sim.diff.serialize import from_dict, to_dict
from arc_sim.errors import DiffError
from arc_sim.model import FileChange, Graph, Hunk

IDENTITY = [
    "-c",
    "user.name=T",
    "-c",
    "user.email=t@example.org",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "init.defaultBranch=main",
]


def git(repo: Path, *arguments: str) -> str:
    command = ["git", *IDENTITY, "-C", str(repo), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(repo: Path, files: "dict[str, str | bytes | None]") -> str:
    for path, content in files.items():
        target = repo / path
        if content is None:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "change")
    return git(repo, "rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    path = tmp_path / "repo"
    path.mkdir()
    git(path, "init", "-q")
    commit(path, {"a.txt": "1\n2\n3\n4\n5\n", "with space.txt": "x\n", "b.bin": b"\x00\x01"})
    return path


def by_path(repo: Path, rev_range: str) -> "dict[str, FileChange]":
    diff = read_diff(rev_range, repo)
    assert from_dict(to_dict(diff)) == diff
    return {change.path: change for change in diff.files}


def test_the_first_commit_adds_everything(repo: Path) -> None:
    found = by_path(repo, "HEAD")
    assert {path: change.status for path, change in found.items()} == {
        "a.txt": "added", "with space.txt": "added", "b.bin": "added",
    }  # fmt: skip
    assert found["b.bin"].binary
    assert found["a.txt"].hunks == (Hunk(0, 0, 1, 5),)
    assert derive(repo, read_diff("HEAD", repo).base_commit) == Graph((), ())


def test_modified_renamed_deleted_and_mode(repo: Path) -> None:
    commit(
        repo, {"a.txt": "1\n2\nthree\n4\n5\n6\n", "with space.txt": None, "with  two.txt": "x\n", "b.bin": b"\x00\x02"}
    )
    (repo / "a.txt").chmod(0o755)
    git(repo, "commit", "-qam", "mode")
    found = by_path(repo, "HEAD~2..HEAD")
    assert found["a.txt"].hunks == (Hunk(3, 1, 3, 1), Hunk(5, 0, 6, 1))
    assert (found["a.txt"].old_mode, found["a.txt"].new_mode) == ("100644", "100755")
    renamed = found["with  two.txt"]
    assert (renamed.status, renamed.old_path, renamed.hunks) == ("renamed", "with space.txt", ())
    assert (found["b.bin"].status, found["b.bin"].binary) == ("modified", True)


def test_three_dots_start_at_the_merge_base(repo: Path) -> None:
    git(repo, "checkout", "-q", "-b", "side")
    commit(repo, {"side.txt": "s"})
    git(repo, "checkout", "-q", "main")
    commit(repo, {"main.txt": "m"})
    assert set(by_path(repo, "main...side")) == {"side.txt"}
    assert set(by_path(repo, "main..side")) == {"side.txt", "main.txt"}


def test_links_types_submodules_and_names_that_are_no_text(repo: Path) -> None:
    (repo / "a.txt").unlink()
    (repo / "a.txt").symlink_to("b.bin")
    Path(os.fsdecode(os.fsencode(repo) + b"/caf\xe9.py")).write_text("x = 1\n")
    (repo / "loop").symlink_to(".")
    git(repo, "add", "-A")
    git(repo, "update-index", "--add", "--cacheinfo", "160000," + "1" * 40 + ",module")
    git(repo, "commit", "-q", "-m", "odd")
    found = by_path(repo, "HEAD")
    assert found["a.txt"].status == "type_changed"
    assert found["caf\\xe9.py"].status == "added"
    assert found["module"].new_mode == "160000"
    tree = GitTree(repo, "HEAD")
    assert tree.read("caf\\xe9.py") == b"x = 1\n"
    assert not {"module", "loop", "a.txt"} & set(tree.paths())
    tree.close()


@pytest.mark.parametrize(
    ("rev_range", "message"),
    [
        ("nope", "unknown revision 'nope'"),
        ("HEAD..nope", "unknown revision 'nope'"),
        ("HEAD..HEAD", "is empty"),
        ("--output=/tmp/x", "not a revision"),
        ("", "not a revision"),
        ("HEAD~9..HEAD", "unknown revision"),
        ("HEAD..b..c", "not a revision"),
    ],
)
def test_bad_ranges(repo: Path, rev_range: str, message: str) -> None:
    with pytest.raises(DiffError, match=message) as caught:
        read_diff(rev_range, repo)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_an_empty_commit_is_refused(repo: Path) -> None:
    git(repo, "commit", "-q", "--allow-empty", "-m", "nothing")
    with pytest.raises(DiffError, match="changes no file"):
        read_diff("HEAD", repo)


def test_no_repository_bare_repository(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(DiffError, match="is not a git repository"):
        read_diff("HEAD", tmp_path / "plain")
    with pytest.raises(DiffError, match="does not exist"):
        read_diff("HEAD", tmp_path / "absent")
    git(repo, "clone", "-q", "--bare", str(repo), str(tmp_path / "bare.git"))
    with pytest.raises(DiffError, match="bare repository"):
        read_diff("HEAD", tmp_path / "bare.git")


@pytest.mark.parametrize("rev_range", ["HEAD", "HEAD~1..HEAD", "HEAD~1...HEAD"])
def test_a_shallow_clone_says_what_is_missing(repo: Path, tmp_path: Path, rev_range: str) -> None:
    commit(repo, {"a.txt": "other\n"})
    git(repo, "clone", "-q", "--depth=1", f"file://{repo}", str(tmp_path / "shallow"))
    with pytest.raises(DiffError) as caught:
        read_diff(rev_range, tmp_path / "shallow")
    assert "unshallow" in caught.value.hint


def test_nothing_of_the_repository_is_run(repo: Path, tmp_path: Path) -> None:
    mark = tmp_path / "was-run"
    script = tmp_path / "run.sh"
    script.write_text(f'#!/bin/sh\ntouch {mark}\ncat "$1" 2>/dev/null\n')
    script.chmod(0o755)
    commit(repo, {".gitattributes": "*.txt diff=evil filter=evil\n", "compose.yaml": "services: {a: {image: x}}"})
    commit(repo, {"a.txt": "other\n", "compose.yaml": "services: {a: {image: y}}"})
    for key in ("diff.external", "diff.evil.command", "diff.evil.textconv", "core.fsmonitor", "core.pager",
                "filter.evil.smudge", "core.sshCommand", "pager.diff-tree", "core.editor"):  # fmt: skip
        git(repo, "config", key, str(script))
    hooks = repo / ".git" / "hooks"
    for name in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(script.read_text())
        (hooks / name).chmod(0o755)
    diff = read_diff("HEAD~1..HEAD", repo)
    assert {change.path for change in diff.files} == {"a.txt", "compose.yaml"}
    assert diff.files[0].hunks
    assert [service.image for service in derive(repo, "HEAD").services] == ["y"]
    assert not mark.exists()


def test_user_settings_do_not_change_the_diff(repo: Path) -> None:
    commit(repo, {"a.txt": "1\n2\nthree\n4\nfive\n"})
    before = read_diff("HEAD", repo)
    settings = {"diff.context": "9", "diff.noprefix": "true", "diff.mnemonicPrefix": "true", "diff.renames": "false"}
    settings.update({"diff.algorithm": "patience", "color.ui": "always", "diff.interHunkContext": "9"})
    for key, value in settings.items():
        git(repo, "config", key, value)
    after = read_diff("HEAD", repo)
    assert (after.files, after.diff_hash) == (before.files, before.diff_hash)


def test_the_hash_is_the_same_for_the_same_change_in_another_commit(repo: Path) -> None:
    commit(repo, {"a.txt": "other\n"})
    first = read_diff("HEAD", repo)
    git(repo, "commit", "-q", "--amend", "-m", "another message")
    second = read_diff("HEAD", repo)
    assert first.head_commit != second.head_commit
    assert first.diff_hash == second.diff_hash


@pytest.mark.parametrize("kind", ["git", "directory", "memory"])
def test_every_tree_keeps_the_contract(repo: Path, kind: str) -> None:
    files: dict[str, str | bytes] = {"a.txt": "x", "d/b.txt": "x", "d/c.txt": "y", "big.yaml": b"x" * 1_100_000}
    commit(repo, {**files, "with space.txt": None, "b.bin": None})
    trees: dict[str, Tree] = {
        "git": GitTree(repo, "HEAD"),
        "directory": DirectoryTree(repo),
        "memory": MemoryTree(files),
    }
    tree = trees[kind]
    assert tree.paths() == ("a.txt", "big.yaml", "d/b.txt", "d/c.txt")
    assert tree.read("d/c.txt") == b"y"
    assert tree.size("big.yaml") == 1_100_000
    assert tree.content_id("a.txt") == tree.content_id("d/b.txt") != tree.content_id("d/c.txt")
    assert tree.content_id("absent") is None
    with pytest.raises(KeyError):
        tree.read("absent")
    with pytest.raises(ValueError, match="larger than 1 MiB"):
        tree.read("big.yaml")
    for each in trees.values():
        each.close()
        each.close()


def test_a_content_that_the_clone_lacks_is_a_warning(repo: Path) -> None:
    commit(repo, {"compose.yaml": "services: {a: {image: x}}", "k8s/b.yaml": "apiVersion: v1\nkind: Service\n"})
    name = git(repo, "rev-parse", "HEAD:compose.yaml")
    stored = repo / ".git" / "objects" / name[:2] / name[2:]
    stored.unlink()
    git(repo, "config", "extensions.partialClone", "origin")
    git(repo, "config", "remote.origin.url", "ext::sh -c touch% /tmp/never")
    git(repo, "config", "remote.origin.promisor", "true")
    assert derive(repo, "HEAD").warnings == ("compose.yaml: its content is not in this clone",)


def test_a_git_dir_of_the_environment_is_not_ours(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repo, {"compose.yaml": "services: {a: {image: x}}"})
    expected = derive(repo, "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere.git"))
    assert derive(repo, "HEAD") == expected
    assert [change.path for change in read_diff("HEAD", repo).files] == ["compose.yaml"]
