"""The command line ``arc runtime``. Typer, Rich and gRPC are imported only when a command runs."""

import importlib.util
import sys
from typing import List

EXIT_OK, EXIT_FINDING, EXIT_ERROR, EXIT_INPUT = 0, 1, 2, 3
_INSTALL = """\
error: the command line of arc-runtime needs typer and rich, which are not installed here
  install arc-runtime with its extra `cli`, for example from a clone of the repository:
    pip install ./packages/arc-common './packages/arc-runtime[cli]'
"""


def run(argv: List[str]) -> int:
    """Run one command line (without the program's name) and return its exit code."""
    if argv[:1] == ["run"] and len(argv) > 1 and argv[1] not in ("-h", "--help"):
        from arc_runtime.cli.program import start  # needs no extra: a program in production has none

        return start(argv[1:])
    if any(importlib.util.find_spec(name) is None for name in ("typer", "rich")):
        sys.stderr.write(_INSTALL)
        return EXIT_INPUT
    from arc_runtime.cli.app import main

    return main(argv)
