"""``python -m arc_runtime`` and the ``arc-runtime`` script: the same as ``arc runtime``."""

import sys


def main() -> int:
    """Run the command line and return the exit code."""
    from arc_runtime.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
