"""What services under test inherit from the environment of arc-sim: little, and no secret."""

import os
import tempfile
from pathlib import Path

INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "JAVA_HOME", "GOROOT")
"""Where interpreters are and how text is encoded. Everything else may hold a secret."""


def inherited_environment() -> dict[str, str]:
    """Return the few variables that a service may see."""
    found = {name: os.environ[name] for name in INHERITED if name in os.environ}
    found.setdefault("PATH", os.defpath)
    found.setdefault("LANG", "C.UTF-8")
    return found


def temporary_directory() -> Path:
    """Return the directory in which sandboxes make theirs."""
    return Path(tempfile.gettempdir())
