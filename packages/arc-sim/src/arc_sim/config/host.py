"""What arc-sim hands down from its own environment: to services under test little and no secret, to git its own."""

import os
import tempfile
from pathlib import Path

INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "JAVA_HOME", "GOROOT")
"""Where interpreters are and how text is encoded. Everything else may hold a secret."""

_OF_THE_CALLING_GIT = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE")


def inherited_environment() -> dict[str, str]:
    """Return the few variables that a service may see."""
    found = {name: os.environ[name] for name in INHERITED if name in os.environ}
    found.setdefault("PATH", os.defpath)
    found.setdefault("LANG", "C.UTF-8")
    return found


def git_environment() -> dict[str, str]:
    """Return the environment for a git that works on the repository it is told, not on that of a calling hook.

    In a hook git sets GIT_INDEX_FILE, and a checkout elsewhere would overwrite what the user has staged.
    """
    return {name: value for name, value in os.environ.items() if name not in _OF_THE_CALLING_GIT}


def temporary_directory() -> Path:
    """Return the directory in which sandboxes make theirs."""
    return Path(tempfile.gettempdir())
