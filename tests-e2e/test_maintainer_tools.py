"""The tools that maintainers and CI rely on say no when they should."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import check_docs  # noqa: E402 - found beside the tool
import check_wheels  # noqa: E402
import demo  # noqa: E402
import matrix  # noqa: E402


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose environment has two commands: one speaks, one fails."""
    bins = tmp_path / ".venv" / "bin"
    bins.mkdir(parents=True)
    for name, body in (("say", 'echo "$@"'), ("fail", "echo nearly; exit 1")):
        (bins / name).write_text(f"#!/bin/sh\n{body}\n")
        (bins / name).chmod(0o755)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text(".venv\n")
    monkeypatch.setattr(check_docs, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["check_docs.py"])
    return tmp_path


def shown(command: str, output: str, kind: str = "text") -> str:
    return f"# Title\n\n<!-- output of: {command} -->\n```{kind}\n{output}\n```\n"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (shown("say hello", "hello"), ""),
        ("[here](#title)\n\n# Title\n", ""),
        (shown("say hello", "bye"), "prints something else"),
        (shown("say hello", "bye", kind="console"), "is not followed by"),
        (shown("fail", "nearly"), "`fail` fails"),
        (shown("gone", ""), "`gone` fails"),
        ("[there](gone.md)\n", "gone.md does not exist"),
        ("[here](#nowhere)\n\n# Title\n", "no heading for #nowhere"),
    ],
)
def test_documents_that_are_not_true_are_named(
    repository: Path, capsys: pytest.CaptureFixture[str], text: str, finding: str
) -> None:
    (repository / "page.md").write_text(text)
    assert check_docs.main() == int(bool(finding))
    assert finding in capsys.readouterr().out


def test_write_puts_in_what_is_printed_and_nothing_of_a_command_that_fails(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["check_docs.py", "--write"])
    (repository / "good.md").write_text(shown("say hello", "bye"))
    (repository / "bad.md").write_text(shown("fail", "bye"))
    assert check_docs.main() == 1
    assert (repository / "good.md").read_text() == shown("say hello", "hello")
    assert (repository / "bad.md").read_text() == shown("fail", "bye")


def test_wheels_are_checked_also_where_no_python_of_the_plan_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = []
    monkeypatch.setattr(check_wheels.shutil, "which", lambda name: None)
    monkeypatch.setattr(check_wheels, "check", lambda *plan: checked.append(plan))
    monkeypatch.setattr(sys, "argv", ["check_wheels.py", str(tmp_path)])
    assert check_wheels.main() == 0
    assert checked == [(sys.executable, check_wheels.ALL, tmp_path)]
    assert capsys.readouterr().out.count("MISSING") == len(check_wheels.PLANS)


def test_the_matrix_is_that_of_hatch() -> None:
    text = (ROOT / "hatch.toml").read_text(encoding="utf-8")
    assert f"python = [{', '.join(f'{chr(34)}{python}{chr(34)}' for python in matrix.PYTHONS)}]" in text
    with_sim = [python for python in matrix.PYTHONS if "packages/arc-sim/tests" in matrix.targets(python)]
    assert f"if = [{', '.join(f'{chr(34)}{python}{chr(34)}' for python in with_sim)}]" in text


def test_the_demo_does_not_depend_on_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARC_DISABLE", "ARC_ENDPOINT", "OPENAI_BASE_URL", "HTTPS_PROXY", "http_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("LANG", "C.UTF-8")
    seen = demo.surroundings(ARC_HOME="here")
    assert {name for name in seen if name.startswith(("ARC_", "OPENAI_")) or "proxy" in name.lower()} == {"ARC_HOME"}
    assert seen["LANG"] == "C.UTF-8"


def test_the_demo_in_a_folder_that_is_taken_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lotus-demo").mkdir()
    (tmp_path / "lotus-demo" / "mine").write_text("x")
    monkeypatch.setattr(sys, "argv", ["demo.py", "--keep", str(tmp_path)])
    assert demo.main() == 3
    assert "is not empty" in capsys.readouterr().out


def test_a_server_that_does_not_start_ends_the_demo() -> None:
    with pytest.raises(demo.DemoFailed, match="did not start"), demo.process([sys.executable, "-c", ""]):
        pass
