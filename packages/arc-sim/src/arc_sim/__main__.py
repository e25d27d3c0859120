"""``python -m arc_sim`` and the ``arc-sim`` script: the same as ``arc sim``."""

import sys


def main() -> int:
    """Run the command line and return the exit code."""
    from arc_sim.cli.entry import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
