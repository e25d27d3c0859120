"""What the ``arc`` command is told about ``arc runtime``; every ``arc --help`` imports it, so it is light."""

from arc_common.command import Command

COMMAND = Command(target="arc_runtime.cli:run", help="See what arc-runtime does: collector, events, patterns, doctor.")
