"""`arc runtime run`: the program runs as it does without us, and its requests are intercepted, in children too."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TELL = """
import json, os, sys
print(json.dumps({
    "argv": sys.argv, "path": sys.path, "main": getattr(sys.modules["__main__"], "__file__", None), "name": __name__,
    "flags": str(sys.flags), "warnings": sys.warnoptions, "arc": "arc_runtime.arc" in sys.modules,
}))
"""
CALL = """
import json, openai
http = getattr(openai._base_client, "httpx2", None) or openai._base_client.httpx
answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4", "choices": []}
def reply(request):
    print("sent", json.loads(request.content)["temperature"], flush=True)
    return http.Response(200, json=answer)
def call():
    client = openai.OpenAI(api_key="k", http_client=http.Client(transport=http.MockTransport(reply)))
    client.chat.completions.create(model="gpt-4", messages=[], temperature=0.95)
"""
RUN = [sys.executable, "-m", "arc_runtime", "run"]


def execute(command: list[str], cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ARC_")}
    environ.pop("PYTHONPATH", None)
    return subprocess.run(
        command, cwd=cwd, env={**environ, **variables}, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(TELL + "sys.exit(len(sys.argv) + 40)\n")
    (tmp_path / "client.py").write_text(CALL + "if __name__ == '__main__':\n    call()\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text(TELL)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["app.py", "--flag", "x"],
        ["-m", "app", "-m", "y"],
        ["-m", "package"],
        ["package"],
        ["-W", "error::UserWarning", "-X", "utf8", "app.py"],
        ["-c", TELL + "raise SystemExit(3)", "word"],
        ["missing.py"],
        ["-c", "raise ValueError('theirs')"],
        ["-c", "import sys; sys.stdout.write(sys.stdin.read())"],
    ],
)
def test_a_program_sees_what_it_sees_under_python(here: Path, words: list[str]) -> None:
    plain = execute([sys.executable, *words], here)
    ours = execute([*RUN, *words], here)
    assert ours.returncode == plain.returncode
    assert ours.stderr == plain.stderr
    assert ours.stdout.replace('"arc": true', '"arc": false') == plain.stdout
    if plain.stdout:
        assert json.loads(ours.stdout)["arc"]


def test_flags_of_our_own_python_are_the_programs(here: Path) -> None:
    plain = execute([sys.executable, "-O", "-X", "dev", "app.py"], here)
    ours = execute([sys.executable, "-O", "-X", "dev", "-m", "arc_runtime", "run", "app.py"], here)
    assert json.loads(ours.stdout)["flags"] == json.loads(plain.stdout)["flags"]


def test_a_console_command_is_started_as_it_is(here: Path) -> None:
    script = here / "bin" / "served"
    script.parent.mkdir()
    script.write_text(f"#!{sys.executable}\n{TELL}")
    script.chmod(0o755)
    path = f"{script.parent}{os.pathsep}{os.environ['PATH']}"
    plain = execute(["served", "--workers", "2"], here, PATH=path)
    ours = execute([*RUN, "served", "--workers", "2"], here, PATH=path)
    assert plain.stdout
    assert ours.stdout.replace('"arc": true', '"arc": false') == plain.stdout
    assert json.loads(ours.stdout)["arc"]


def test_a_command_that_is_not_there_is_invalid_input(here: Path) -> None:
    done = execute([*RUN, "no-such-command"], here)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "error: no-such-command: no such file or command\n"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_signal_ends_the_program_itself(here: Path, number: signal.Signals) -> None:
    code = "import time; print('ready', flush=True); time.sleep(60)"
    process = subprocess.Popen([*RUN, "-c", code], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(timeout=30) == -number


def test_requests_of_the_program_and_of_its_children_are_intercepted(here: Path) -> None:
    (here / "parent.py").write_text(
        "import multiprocessing, subprocess, sys\nfrom client import call\n"
        "if __name__ == '__main__':\n"
        "    call()\n"
        "    subprocess.run([sys.executable, 'client.py'], check=True)\n"
        "    for method in ('spawn', 'fork'):\n"
        "        process = multiprocessing.get_context(method).Process(target=call)\n"
        "        process.start()\n"
        "        process.join()\n"
        "        assert process.exitcode == 0\n"
    )
    done = execute([*RUN, "parent.py"], here)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == ["sent 0.7"] * 4


def test_everything_comes_from_variables(here: Path) -> None:
    assert execute([*RUN, "client.py"], here, ARC_PACKS="none").stdout == "sent 0.95\n"
    assert execute([*RUN, "client.py"], here, ARC_DISABLE="1").stdout == "sent 0.95\n"
    assert execute([*RUN, "client.py"], here, ARC_INTERCEPT="0").stdout == "sent 0.95\n"
    assert execute([*RUN, "client.py"], here).stdout == "sent 0.7\n"


def test_a_sitecustomize_that_is_there_runs_too(here: Path) -> None:
    (here / "site").mkdir()
    (here / "site" / "sitecustomize.py").write_text("print('theirs', __name__, __file__)\n")
    variables = {"PYTHONPATH": str(here / "site")}
    plain = execute([sys.executable, "app.py"], here, **variables)
    ours = execute([*RUN, "app.py"], here, **variables)
    assert plain.stdout.startswith("theirs sitecustomize")
    launcher, program = ours.stdout.split("\n", 1)  # the first Python is the one that runs `run`
    assert plain.stdout.startswith(launcher)
    assert program.replace('"arc": true', '"arc": false') == plain.stdout


def test_one_that_fails_fails_as_without_us(here: Path) -> None:
    (here / "site").mkdir()
    (here / "site" / "sitecustomize.py").write_text("import no_such_module_of_theirs\n")
    variables = {"PYTHONPATH": str(here / "site")}
    plain = execute([sys.executable, "app.py"], here, **variables)
    ours = execute([*RUN, "app.py"], here, **variables)
    assert "no_such_module_of_theirs" in plain.stderr
    assert (ours.returncode, ours.stderr) == (plain.returncode, plain.stderr * 2)  # the launcher's, the program's


def test_a_python_without_us_starts_its_program(here: Path) -> None:
    """As a child of ours, or named on the command line: the program runs, and only the latter is told."""
    bare = here / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True, timeout=120)
    python = str(bare / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    named = execute([*RUN, python, "-c", "print('runs')"], here)
    assert (named.returncode, named.stdout) == (0, "runs\n")
    assert named.stderr.startswith("arc-runtime is not active here: ModuleNotFoundError")
    child = execute([*RUN, "-c", f"import subprocess; subprocess.run([{python!r}, '-c', 'print(1)'])"], here)
    assert (child.stdout, child.stderr) == ("1\n", "")


def test_a_python_that_ignores_the_environment_is_told(here: Path) -> None:
    done = execute([*RUN, "-I", "-c", "print(1)"], here)
    assert done.stdout == "1\n"
    assert "no request is intercepted" in done.stderr


def test_the_help_is_there_and_names_it() -> None:
    script = shutil.which("arc-runtime", path=str(Path(sys.executable).parent))
    assert script
    assert "run" in subprocess.run([script, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    done = subprocess.run([script, "run", "--help"], capture_output=True, text=True, check=True, timeout=60)
    assert "child processes" in done.stdout
