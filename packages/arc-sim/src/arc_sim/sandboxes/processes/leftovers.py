"""The directory of a running sandbox, and what to do with those that a killed arc-sim left behind."""

import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path

from arc_sim.errors import SandboxError
from arc_sim.sandboxes.processes.supervision import kill_marked

PREFIX = "arc-sim-"
OWNER = "owner"
"""A file that holds the sandbox's token and is locked for as long as the sandbox lives."""


class SandboxDirectory:
    """A private temporary directory; the kernel drops its lock when we die, however that happens."""

    def __init__(self, parent: Path, token: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        draft = self.path / f"{OWNER}.draft"
        draft.write_text(token, encoding="ascii")
        self._lock = draft.open()
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        draft.rename(self.path / OWNER)  # whoever sees it under this name sees it locked
        for name in ("home", "tmp", "logs"):
            (self.path / name).mkdir()

    def remove(self) -> None:
        """Delete it with all it holds. Raises SandboxError when that is not possible."""
        try:
            shutil.rmtree(self.path)
        except OSError as error:
            raise SandboxError(f"{self.path} cannot be removed: {error.strerror}", code="sandbox.cleanup") from error
        finally:
            self._lock.close()


def clean_leftovers(parent: Path) -> list[Path]:
    """End the processes and delete the directories of sandboxes whose arc-sim is gone; return the directories.

    Only directories of this user are touched, and only when nobody holds their lock.
    """
    cleaned = []
    for path in sorted(parent.glob(f"{PREFIX}*")):
        try:
            if _is_ours(path) and _clean(path):
                cleaned.append(path)
        except OSError:
            continue  # somebody else was faster
    return cleaned


def _is_ours(path: Path) -> bool:
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and (path / OWNER).is_file()


def _clean(path: Path) -> bool:
    with (path / OWNER).open(encoding="ascii") as owner:
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        kill_marked(owner.read(64).strip())
        shutil.rmtree(path)
    return True
