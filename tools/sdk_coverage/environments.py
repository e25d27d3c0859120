"""Makes virtual environments with uv, each once: a second run, also one without a network, finds them again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_FOLDER = ROOT / ".hatch" / "sdk-environments"
SOURCES = ("arc-common", "arc-runtime")
INSTALL_LIMIT_S = 600


class NotMade(Exception):
    """An environment that cannot be made, with the reason in one line."""


def make(folder: Path, python: str, requirements: tuple[str, ...], with_arc: bool = True) -> Path:
    """Return the Python of an environment that holds the requirements and what arc-runtime needs.

    python: a version, ``3.8``.   Raises NotMade when that Python or a requirement is not to be had.
    arc-runtime itself comes from this tree, by `with_sources`.   with_arc: False leaves out what it needs.
    """
    wanted = sorted(requirements) + (_own_requirements() if with_arc else [])
    name = hashlib.sha256(json.dumps([python, wanted]).encode()).hexdigest()[:12]
    place = folder / f"py{python}-{name}"
    executable = place / "bin" / "python"
    if (place / "ready").exists() and executable.exists():
        return executable
    interpreter = find_python(python)
    folder.mkdir(parents=True, exist_ok=True)
    _uv("venv", "--quiet", "--clear", "--python", interpreter, str(place))
    _uv("pip", "install", "--quiet", "--python", str(executable), *wanted)
    (place / "ready").write_text("\n".join(wanted) + "\n", encoding="utf-8")
    return executable


def with_sources(**more: str) -> dict[str, str]:
    """Return the variables of this process for a child: its own of Arc left out, this tree's sources importable."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARC_", "PYTHON"))}
    paths = [str(ROOT / "packages" / name / "src") for name in SOURCES]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), **more}


def find_python(version: str) -> str:
    """Return an interpreter of the version. Raises NotMade when this machine has none."""
    known = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    for candidate in (*map(str, known), shutil.which(f"python{version}")):
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    raise NotMade(f"there is no Python {version} here")


def installed(python: Path, *names: str) -> dict[str, str]:
    """Return the versions of the named distributions, empty where one is not there."""
    code = (
        "import json, sys\n"
        "from importlib import metadata\n"
        "found = {d.metadata['Name'].lower().replace('_', '-'): d.version for d in metadata.distributions()}\n"
        "print(json.dumps({name: found.get(name, '') for name in sys.argv[1:]}))"
    )
    run = subprocess.run([str(python), "-c", code, *names], check=True, capture_output=True, text=True)
    versions: dict[str, str] = json.loads(run.stdout)
    return versions


def _own_requirements() -> list[str]:
    """Return what arc-common and arc-runtime need themselves, from their own project files."""
    needed = set()
    for name in SOURCES:
        project = tomllib.loads((ROOT / "packages" / name / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        needed |= {line for line in project["dependencies"] if not re.match(r"arc-\w+", line)}
    return sorted(needed)


def _uv(*arguments: str) -> None:
    command = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    try:
        run = subprocess.run([command, *arguments], capture_output=True, text=True, env=env, timeout=INSTALL_LIMIT_S)
    except subprocess.TimeoutExpired:
        raise NotMade(f"uv {arguments[0]} did not end within {INSTALL_LIMIT_S} s") from None
    if run.returncode:
        raise NotMade(" ".join(run.stderr.split())[-400:] or f"uv ended with {run.returncode}")
