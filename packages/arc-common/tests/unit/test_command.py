"""The command against real distribution metadata: each test installs tiny distributions into a folder on sys.path."""

import sys
import textwrap
from pathlib import Path

import pytest

from arc_common import command


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A site-packages of its own, and nothing else that offers ``arc`` commands."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(command, "GROUP", "arc.commands.under-test")
    monkeypatch.setattr(sys, "argv", ["arc"])
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def _install(site, distribution, entry_points, **modules):
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
    lines = "".join(f"{name} = {value}\n" for name, value in entry_points)
    (info / "entry_points.txt").write_text(f"[{command.GROUP}]\n{lines}", encoding="utf-8")
    for name, source in modules.items():
        (site / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")


def _install_echo(site, value="0"):
    _install(
        site,
        "arc-echo",
        [("echo", "arc_echo:COMMAND")],
        arc_echo="""
            from arc_common.command import Command
            COMMAND = Command("arc_echo_app:run", "Repeat the\\n  arguments.")
        """,
        arc_echo_app=f"""
            import sys
            def run(argv):
                print(argv)
                {value if value.startswith(("raise", "sys", "import")) else "return " + value}
        """,
    )


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_help_lists_commands_without_running_them(site, capsys, arguments):
    _install_echo(site)
    assert command.main(arguments) == 0
    shown = capsys.readouterr()
    assert "  echo     Repeat the arguments.\n" in shown.out
    assert shown.err == ""
    assert "arc_echo_app" not in sys.modules


def test_arguments_come_from_the_process(site, capsys, monkeypatch):
    _install_echo(site)
    monkeypatch.setattr(sys, "argv", ["arc", "echo", "x"])
    assert command.main() == 0
    assert capsys.readouterr().out == "['x']\n"


def test_version(capsys):
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("arc 0.")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("0", 0),
        ("3", 3),
        ("None", 0),
        ("raise SystemExit(2)", 2),
        ("raise SystemExit", 0),
        ("raise SystemExit('no')", 1),
        ("raise KeyboardInterrupt", 2),
    ],
)
def test_the_exit_code_is_that_of_the_command(site, capsys, body, code):
    _install_echo(site, body)
    assert command.main(["echo", "--help", "-x"]) == code
    assert capsys.readouterr().out == "['--help', '-x']\n"


def test_other_exceptions_of_a_command_pass_through(site):
    _install_echo(site, "raise ValueError('mine')")
    with pytest.raises(ValueError, match="mine"):
        command.main(["echo"])


def test_a_typo_gets_a_suggestion(site, capsys):
    _install_echo(site)
    assert command.main(["ehco"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "arc: no command 'ehco'; did you mean 'echo'? (arc --help lists them)\n"


def test_a_wild_word_gets_none(site, capsys):
    assert command.main(["--frobnicate"]) == 3
    assert capsys.readouterr().err == "arc: no command '--frobnicate' (arc --help lists them)\n"


@pytest.mark.parametrize("name", ["sim", "runtime"])
def test_our_missing_packages_say_where_they_come_from(site, capsys, name):
    assert command.main([name, "--help"]) == 3
    shown = capsys.readouterr().err
    assert f"arc {name} is not installed" in shown
    assert "from the Arc repository or its wheels" in shown
    assert "pip install" not in shown
    assert command.main(["--help"]) == 0
    assert f"  {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "trouble", ["import no_such_module", "raise RuntimeError('boom')", "raise SystemExit(9)", "x ="]
)
def test_a_broken_entry_point_breaks_neither_help_nor_the_others(site, capsys, trouble):
    _install_echo(site)
    _install(site, "third-party", [("bad", "third_bad:COMMAND"), ("gone", "third_gone:COMMAND")], third_bad=trouble)
    assert command.main(["--help"]) == 0
    shown = capsys.readouterr()
    assert "Repeat the arguments." in shown.out
    assert "  bad      (broken in third_bad: " in shown.out
    assert "  gone     (broken in third_gone: ModuleNotFoundError" in shown.out
    assert command.main(["echo"]) == 0
    assert command.main(["bad"]) == 3
    assert "arc bad is broken in third_bad" in capsys.readouterr().err


def test_an_entry_point_that_is_no_command_is_broken(site, capsys):
    _install(site, "third-party", [("odd", "third_odd:COMMAND")], third_odd="COMMAND = 7")
    assert command.main(["odd"]) == 3
    assert "AttributeError" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["import", "run"])
def test_a_missing_extra_says_what_to_install(site, capsys, where):
    trouble = "import not_installed_anywhere"
    _install(
        site,
        "third-party",
        [("needy", "third_needy:COMMAND")],
        third_needy="from arc_common.command import Command\nCOMMAND = Command('third_app:run', 'x')",
        third_app=f"{trouble if where == 'import' else ''}\ndef run(argv):\n    {trouble}",
    )
    assert command.main(["needy"]) == 3
    shown = capsys.readouterr().err
    assert "arc needy cannot start: No module named 'not_installed_anywhere'" in shown
    assert "install what third_needy needs" in shown


def test_our_missing_extra_names_the_extra(site, capsys):
    _install(
        site,
        "arc-runtime-like",
        [("runtime", "arc_runtime_like:COMMAND")],
        arc_runtime_like="from arc_common.command import Command\nCOMMAND = Command('arc_like_app:run', 'x')",
        arc_like_app="import not_installed_anywhere",
    )
    assert command.main(["runtime"]) == 3
    assert "install arc-runtime[cli] from the Arc repository" in capsys.readouterr().err


@pytest.mark.parametrize("other", ["aaa_evil", "arc_evil", "arc_ech"])
def test_ours_wins_where_two_claim_a_name(site, capsys, monkeypatch, other):
    monkeypatch.setitem(command._OURS, "echo", "arc_echo:COMMAND")
    _install_echo(site)
    _install(site, "aaa", [("echo", f"{other}:COMMAND")], **{other: "raise RuntimeError('not me')"})
    assert command.main(["echo"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_ours_are_the_entry_points_of_our_distributions():
    root = Path(__file__).resolve().parents[3]
    for name, value in command._OURS.items():
        text = (root / f"arc-{name}" / "pyproject.toml").read_text(encoding="utf-8")
        section = text.split('[project.entry-points."arc.commands"]\n')[1].split("\n[")[0]
        assert f'{name} = "{value}"' in section


@pytest.mark.parametrize(
    "target", ["third_app:gone", "third_app:NUMBER", "third_app", ":run", "", ".third_app:run", "third_app:"]
)
def test_a_target_that_cannot_be_called_is_one_clear_line(site, capsys, target):
    _install(
        site,
        "third-party",
        [("lost", "third_lost:COMMAND")],
        third_lost=f"from arc_common.command import Command\nCOMMAND = Command({target!r}, 'x')",
        third_app="NUMBER = 7\ndef run(argv):\n    return 0",
    )
    assert command.main(["lost"]) == 3
    shown = capsys.readouterr().err
    assert shown.startswith("arc: arc lost is broken in third_lost: ")
    assert shown.count("\n") == 1


def test_a_problem_of_many_lines_is_shown_on_one(site, capsys):
    _install(site, "third-party", [("bad", "third_bad:COMMAND")], third_bad="raise RuntimeError('a\\nb\\n  c')")
    assert command.main(["bad"]) == 3
    assert capsys.readouterr().err == "arc: arc bad is broken in third_bad: RuntimeError: a b c\n"


def _install_memory(site, source):
    _install(site, "arc-memory", [])
    (site / "arc_memory").mkdir()
    (site / "arc_memory" / "__init__.py").write_text("", encoding="utf-8")
    (site / "arc_memory" / "cli.py").write_text(textwrap.dedent(source), encoding="utf-8")


def test_unknown_commands_go_to_arc_memory_untouched(site, capsys):
    _install_memory(site, "import sys\ndef app():\n    print(sys.argv)\n    sys.exit(4)")
    assert command.main(["why", "file", "--", "-x", ""]) == 4
    assert capsys.readouterr().out == "['arc', 'why', 'file', '--', '-x', '']\n"


def test_our_own_commands_never_go_to_arc_memory(site, capsys):
    _install_memory(site, "def app():\n    raise AssertionError")
    _install_echo(site)
    assert command.main(["echo"]) == 0
    assert command.main(["sim"]) == 3
    assert command.main(["--help"]) == 0
    assert "Arc Memory" in capsys.readouterr().out
    assert "arc_memory.cli" not in sys.modules


def test_a_broken_arc_memory_is_named(site, capsys):
    _install_memory(site, "import not_installed_anywhere")
    assert command.main(["why"]) == 3
    assert "Arc Memory, which cannot start: No module named 'not_installed_anywhere'" in capsys.readouterr().err
