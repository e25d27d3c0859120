"""``python -m arc_common``: the ``arc`` command, also when another distribution owns the script."""

import sys

from arc_common.command import main

sys.exit(main())
