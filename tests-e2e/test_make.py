"""What `make` promises on a fresh machine: a list of its verbs, and clear words when something is missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout that holds nothing but the Makefile, in a path with a space."""
    made = tmp_path / "a checkout"
    made.mkdir()
    shutil.copy(ROOT / "Makefile", made)
    return made


def make(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    # a `make` that runs these tests must not reach into this one
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}
    return subprocess.run(["make", *words], cwd=folder, env=env, check=False, capture_output=True, text=True)


def python(folder: Path, body: str) -> str:
    """Return a stand-in for a Python, made of shell."""
    path = folder / "some python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return f"PYTHON={path}"


def test_make_alone_lists_every_verb(folder: Path) -> None:
    listed = make(folder)
    phony = re.search(r"^\.PHONY: (.*)$", (folder / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert re.findall(r"^  make (\w+(?:-\w+)*) ", listed.stdout, re.MULTILINE) == phony[1].split()
    assert listed.returncode == 0


def test_a_python_that_is_not_there_is_named(folder: Path) -> None:
    run = make(folder, "setup", "PYTHON=python3.99")
    assert run.returncode == 2
    assert "error: there is no python3.99" in run.stderr
    assert not (folder / ".tools").exists()


def test_a_python_that_is_too_old_is_named(folder: Path) -> None:
    run = make(folder, "setup", python(folder, "exit 1"))
    assert run.returncode == 2
    assert "is older than 3.10" in run.stderr
    assert not (folder / ".tools").exists()


def test_a_python_without_venv_is_named(folder: Path) -> None:
    run = make(folder, "setup", python(folder, 'test "$1" = -c'))
    assert run.returncode == 2
    assert "python3-venv" in run.stderr


def test_a_package_index_out_of_reach_is_named(folder: Path) -> None:
    pip = "mkdir -p .tools/bin; printf '#!/bin/sh\\nexit 1\\n' > .tools/bin/python; chmod +x .tools/bin/python"
    run = make(folder, "setup", python(folder, f'test "$1" = -c || {{ {pip}; }}'))
    assert run.returncode == 2
    assert "is the package index within reach?" in run.stderr
    assert not (folder / ".tools" / "ready").exists()


def test_make_golden_tells_the_tests_to_write_and_names_folders_of_the_repository() -> None:
    command = next(line for line in make(ROOT, "-n", "golden").stdout.splitlines() if "pytest" in line)
    tests = (ROOT / "packages" / "arc-common" / "tests" / "golden" / "test_golden.py").read_text(encoding="utf-8")
    assert command.startswith("ARC_GOLDEN=write ")
    assert 'os.environ.get("ARC_GOLDEN") == "write"' in tests
    folders = re.findall(r"packages/\S+", command)
    assert "packages/arc-common/tests/golden/" in folders
    for name in folders:
        tracked = subprocess.run(["git", "ls-files", "--", name], cwd=ROOT, check=True, capture_output=True, text=True)
        assert tracked.stdout
