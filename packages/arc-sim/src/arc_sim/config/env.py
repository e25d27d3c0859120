"""The environment variables that arc-sim reads. The only reader in this package, beside what sandboxes hand down.

ARC_HOME         directory for what belongs to the user, above all the signing key        default: see ``user_home``
XDG_DATA_HOME    the platform's place for such data, when ARC_HOME is not set             default: unset
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
