"""Try every way to call the SDKs, on many releases and Pythons, and write docs/benchmarks/coverage.md.

usage: python tools/coverage_table.py [--environments DIR] [--python 3.8 ...] [--tier newest ...]

The environments are made with uv, once; a second run needs no network. Exit 1 when something was not as it should be.
"""

import argparse
import sys
from pathlib import Path

from sdk_coverage.environments import DEFAULT_FOLDER
from sdk_coverage.matrix import PYTHONS, TIERS
from sdk_coverage.table import document, timed, wrong

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "coverage.md"


def main() -> int:
    """Run what was asked for; the document is written when all of it was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help="where they are kept")
    parser.add_argument("--python", nargs="+", choices=PYTHONS, default=PYTHONS, help="just these")
    parser.add_argument("--tier", nargs="+", choices=[tier.name for tier in TIERS], help="just these")
    parser.add_argument("--output", type=Path, help=f"where to write; {DOCUMENT.name} of the documents for a whole run")
    options = parser.parse_args()
    tiers = [tier for tier in TIERS if options.tier is None or tier.name in options.tier]
    results, took_s = timed(options.environments, tiers, options.python, lambda line: print(line, flush=True))
    whole = len(tiers) == len(TIERS) and len(options.python) == len(PYTHONS)
    output = options.output or (DOCUMENT if whole else None)
    text = document(results, took_s, "make coverage")
    if output is None:
        print(text)
    else:
        output.write_text(text, encoding="utf-8")
        print(f"wrote {output}")
    return 1 if wrong(results) or not any(result.rows for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
