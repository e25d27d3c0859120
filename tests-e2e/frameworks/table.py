"""Runs every framework's program and writes the table of docs/guides/frameworks.md.

usage: python tests-e2e/frameworks/table.py [--environments DIR] [NAME ...]

Exit 1 when something was not as it should be. Only a run of all of them writes.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from catalog import ALL, Framework
from running import DEFAULT_FOLDER, NotMade, Verdict, run

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "guides" / "frameworks.md"
TABLE = re.compile(r"(?<=<!-- frameworks: begin -->\n).*(?=<!-- frameworks: end -->)", re.DOTALL)


def rows(framework: Framework, versions: dict[str, str], verdicts: list[Verdict]) -> list[str]:
    """Return the lines of one framework."""
    first = framework.requirements[0].partition("[")[0]
    sdks = ", ".join(f"{name} {versions[name]}" for name in ("openai", "anthropic") if versions.get(name))
    caught = [verdict.step for verdict in verdicts if verdict.caught and not verdict.problem]
    missed = [verdict.step for verdict in verdicts if not verdict.caught and not verdict.problem]
    broken = [f"{verdict.step}: {verdict.problem}" for verdict in verdicts if verdict.problem]
    cells = [framework.name, f"{first} {versions.get(first, '')} ({sdks})", "; ".join(caught)]
    return [
        "| " + " | ".join([*cells, "; ".join([*(f"not caught: {name}" for name in missed), *broken]) or "–"]) + " |"
    ]


def main() -> int:
    """Run what was named, all by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help="where they are kept")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(framework.name for framework in ALL))
    options = parser.parse_args()
    lines = ["| framework | release | caught once, fixed, answered the same | otherwise |", "|---|---|---|---|"]
    good = True
    for framework in [one for one in ALL if not options.names or one.name in options.names]:
        try:
            versions, verdicts = run(framework, options.environments)
        except (AssertionError, NotMade, subprocess.TimeoutExpired) as error:
            lines.append(f"| {framework.name} | not run | | {' '.join(str(error).split())[-200:]} |")
            good = False
            continue
        good &= not any(verdict.problem for verdict in verdicts)
        lines += rows(framework, versions, verdicts)
        print(lines[-1], flush=True)
    lines += [
        "",
        f"Run on {date.today().isoformat()} under Python {sys.version.split()[0]}; repeat with `make frameworks`.",
    ]
    if not options.names:
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(TABLE.sub(lambda _: "\n" + "\n".join(lines) + "\n\n", text), encoding="utf-8")
        print(f"wrote {DOCUMENT}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
