"""Run the package tests on every Python of the matrix in hatch.toml that this machine has.

A Python that is missing is named, never skipped in silence. Exit 1 when a run fails, 2 when no Python was found.
Source of the supported range: requires-python of the three packages.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
SIM_FLOOR = (3, 10)
GUESTS = ("packages/arc-common/tests", "packages/arc-runtime/tests")


def targets(python: str) -> list[str]:
    """Return the test folders that this Python has to pass."""
    major, minor = (int(part) for part in python.split("."))
    return [*GUESTS, "packages/arc-sim/tests"] if (major, minor) >= SIM_FLOOR else list(GUESTS)


def run(python: str, extra: list[str]) -> bool:
    """Run the tests on one Python; output goes straight to the terminal."""
    print(f"\n== Python {python}: {' '.join(targets(python))}", flush=True)
    command = ["hatch", "run", f"py.py{python}:pytest", "-q", "-m", "not slow", *targets(python), *extra]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def main() -> int:
    """Run the matrix and print one line per Python."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=PYTHONS, default=list(PYTHONS), help="run just these")
    parser.add_argument("--require-all", action="store_true", help="a missing Python is a failure")
    known, extra = parser.parse_known_args()
    found = [python for python in known.only if shutil.which(f"python{python}")]
    missing = [python for python in known.only if python not in found]
    verdicts = {python: run(python, extra) for python in found}
    print("\n== matrix")
    for python, passed in verdicts.items():
        print(f"  Python {python:5} {'passed' if passed else 'FAILED'}")
    for python in missing:
        print(f"  Python {python:5} MISSING: no python{python} on PATH or in pyenv, so nothing was run on it")
    if not found:
        return 2
    return 1 if not all(verdicts.values()) or (missing and known.require_all) else 0


if __name__ == "__main__":
    sys.exit(main())
