"""What the ``arc`` command is told about ``arc sim``; imported by every ``arc --help``, so it is light."""

from arc_common.command import Command

COMMAND = Command(target="arc_sim.cli.entry:main", help="Predict what a git diff would break.")
