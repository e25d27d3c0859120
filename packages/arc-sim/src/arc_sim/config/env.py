"""The environment variables that arc-sim reads. The only reader in this package, beside what sandboxes hand down.

ARC_HOME         directory for what belongs to the user, above all the signing key        default: see ``user_home``
XDG_DATA_HOME    the platform's place for such data, when ARC_HOME is not set             default: unset
ARC_CACHE_DIR    directory for graphs of repositories, by content; empty: none    default: see ``cache_directory``
XDG_CACHE_HOME   the platform's place for such data, when ARC_CACHE_DIR is not set    default: unset
"""

import os
from collections.abc import Mapping
from pathlib import Path


def user_home(environment: Mapping[str, str] | None = None) -> Path:
    """Return where arc keeps what belongs to the user.

    ``$ARC_HOME``; else ``~/.arc``, which Arc Memory uses too, when it is there; else ``$XDG_DATA_HOME/arc`` when that
    variable is set; else ``~/.arc``.
    """
    values = os.environ if environment is None else environment
    if values.get("ARC_HOME"):
        return Path(values["ARC_HOME"]).expanduser()
    plain = Path.home() / ".arc"
    if values.get("XDG_DATA_HOME") and not plain.is_dir():
        return Path(values["XDG_DATA_HOME"]) / "arc"
    return plain


def key_path(environment: Mapping[str, str] | None = None) -> Path:
    """Return the file of the key that signs attestations: one per user, so that one public key verifies all runs."""
    return user_home(environment) / "keys" / "arc-sim.pem"


def cache_directory(environment: Mapping[str, str] | None = None) -> Path | None:
    """Return where the graphs of repositories are kept by content, None when ``ARC_CACHE_DIR`` is set to nothing.

    ``$ARC_CACHE_DIR``; else ``cache/`` in ``$ARC_HOME``; else ``arc/`` in ``$XDG_CACHE_HOME``; else ``~/.cache/arc``.
    It belongs to the user, never to the examined repository: who writes a repository must not write this.
    """
    values = os.environ if environment is None else environment
    if "ARC_CACHE_DIR" in values:
        return Path(values["ARC_CACHE_DIR"]).expanduser() if values["ARC_CACHE_DIR"] else None
    if values.get("ARC_HOME"):
        return Path(values["ARC_HOME"]).expanduser() / "cache"
    if values.get("XDG_CACHE_HOME"):
        return Path(values["XDG_CACHE_HOME"]) / "arc"
    return Path.home() / ".cache" / "arc"
