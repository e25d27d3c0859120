"""Run the benchmarks and write docs/benchmarks/NAME.md.

usage: python tools/run_benchmarks.py [NAME ...]      (all of them by default)
"""

import importlib
import sys
from pathlib import Path

from bench.report import markdown

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("start_up", "interception", "fault_proxy", "risk_score", "matching", "service_graph")


def main() -> int:
    """Run what was asked for; exit 3 when a name is unknown."""
    names = sys.argv[1:] or list(NAMES)
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"error: no benchmark named {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 3
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        report = importlib.import_module(f"bench.{name}").run()
        path = ROOT / "docs" / "benchmarks" / f"{name}.md"
        path.write_text(markdown(report, f"make bench ARGS={name}"), encoding="utf-8")
        print(path.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
