"""Runs every framework's program and writes the table of docs/guides/frameworks.md, a row as each completes.

usage: python tests-e2e/frameworks/table.py [--environments DIR] [--limit-s S] [--resume] [NAME ...]

Every framework gets a row: what could not run says why. Exit 1 when something was not as it should be. Only a run of
all of them writes. `--resume` keeps what was good in an interrupted run of the very same sources, and runs the rest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from catalog import ALL, Framework
from running import DEFAULT_FOLDER, HERE, PYTHON, NotMade, Verdict, run

ROOT = HERE.parents[1]
DOCUMENT = ROOT / "docs" / "guides" / "frameworks.md"
SEEN = "frameworks-seen.json"
TABLE = re.compile(r"(?<=<!-- frameworks: begin -->\n).*(?=<!-- frameworks: end -->)", re.DOTALL)
HEAD = ["| framework | release | caught once, fixed, answered the same | otherwise |", "|---|---|---|---|"]
LIMIT_S = 3600.0
SOURCES = (HERE, ROOT / "packages" / "arc-common" / "src", ROOT / "packages" / "arc-runtime" / "src")


class Progress:
    """What was seen so far, kept in a file from row to row."""

    def __init__(self, path: Path, resume: bool) -> None:
        self._path = path
        self.sources = digest(SOURCES)
        self.seen: dict[str, dict[str, Any]] = {}
        """``{framework: {row, good, took_s}}``"""
        if resume and path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            same = kept["sources"] == self.sources
            self.seen = {name: entry for name, entry in kept["seen"].items() if same and entry["good"]}

    def keep(self, name: str, row: str, good: bool, took_s: float) -> None:
        """Keep a row."""
        self.seen[name] = {"row": row, "good": good, "took_s": took_s}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"sources": self.sources, "seen": self.seen}, indent=1)
        self._path.write_text(text, encoding="utf-8")

    def table(self, frameworks: Iterable[Framework]) -> str:
        """Return the table as it stands, and when and where it was made."""
        rows = [self._row(framework.name) for framework in frameworks]
        took_s = sum(entry["took_s"] for entry in self.seen.values())
        when = f"Run on {date.today().isoformat()} under Python {sys.version.split()[0]}, {took_s / 60:.0f} min; "
        return "\n".join([*HEAD, *rows, "", when + "repeat with `make frameworks`."])

    def _row(self, name: str) -> str:
        return self.seen[name]["row"] if name in self.seen else not_run(name, "the run ended before its turn")


def digest(folders: Iterable[Path]) -> str:
    """Return what tells one state of the sources from another."""
    total = hashlib.sha256(PYTHON.encode())
    for file in sorted(file for folder in folders for file in folder.rglob("*.py")):
        total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def rows(framework: Framework, versions: dict[str, str], verdicts: list[Verdict]) -> list[str]:
    """Return the lines of one framework."""
    first = re.split(r"[\[=<]", framework.requirements[0])[0]
    sdks = ", ".join(f"{name} {versions[name]}" for name in ("openai", "anthropic") if versions.get(name))
    caught = [verdict.step for verdict in verdicts if verdict.caught and not verdict.problem]
    missed = [verdict.step for verdict in verdicts if not verdict.caught and not verdict.problem]
    broken = [f"{verdict.step}: {verdict.problem}" for verdict in verdicts if verdict.problem]
    cells = [framework.name, f"{first} {versions.get(first, '')} ({sdks})", "; ".join(caught)]
    left = [name if name.startswith("after close()") else f"not caught: {name}" for name in missed]
    return ["| " + " | ".join([*map(plain, cells), plain("; ".join([*left, *broken])) or "–"]) + " |"]


def not_run(name: str, reason: str) -> str:
    """Return the line of a framework that did not run."""
    return f"| {name} | not run | | {plain(reason)[-300:]} |"


def plain(text: str) -> str:
    """Return a text that fits into a cell."""
    return " ".join(text.split()).replace("|", "/")


def one(framework: Framework, environments: Path, left_s: float) -> tuple[str, bool]:
    """Return the row of a framework and whether all is as it should be."""
    if left_s <= 0:
        return not_run(framework.name, "time was up before its turn"), False
    try:
        versions, verdicts = run(framework, environments, left_s)
    except subprocess.TimeoutExpired as error:
        return not_run(framework.name, f"did not end within {error.timeout:.0f} s"), False
    except (AssertionError, NotMade, subprocess.SubprocessError, OSError, ValueError) as error:
        return not_run(framework.name, str(error)), False
    return rows(framework, versions, verdicts)[0], not any(verdict.problem for verdict in verdicts)


def main() -> int:
    """Run what was named, all by default."""
    options = arguments()
    chosen = [framework for framework in ALL if not options.names or framework.name in options.names]
    progress = Progress(options.environments / SEEN, options.resume)
    ends_at_s = time.monotonic() + options.limit_s
    for framework in chosen:
        if framework.name not in progress.seen:
            began_s = time.monotonic()
            row, good = one(framework, options.environments, ends_at_s - began_s)
            progress.keep(framework.name, row, good, time.monotonic() - began_s)
        print(progress.seen[framework.name]["row"], flush=True)
        if not options.names:
            write(progress.table(ALL))
    return 0 if all(progress.seen[framework.name]["good"] for framework in chosen) else 1


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help="where they are kept")
    parser.add_argument("--limit-s", type=float, default=LIMIT_S, metavar="S", help="for all together")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was interrupted")
    names = [framework.name for framework in ALL]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in names]
    if unknown:
        parser.error(f"no framework named {', '.join(unknown)}; there are {', '.join(names)}")
    return options


def write(table: str) -> None:
    """Put the table into the guide."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(TABLE.sub(lambda _: f"\n{table}\n\n", text), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
