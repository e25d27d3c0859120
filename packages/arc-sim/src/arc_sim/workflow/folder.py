"""What a run writes into the examined repository: ``.arc/``, which ignores itself."""

import shutil
from pathlib import Path

from arc_sim.errors import ArcError

IGNORE_ALL = "*\n"


class RunFolder:
    """The files of one run.

    ``.arc/sim/<sim_id>/``: journal.jsonl, manifest.yaml, checkpoint.sqlite, result.json.
    ``.arc/.attest/``: the attestations of all runs.
    """

    def __init__(self, repo: Path, sim_id: str) -> None:
        self.arc = repo / ".arc"
        self.path = self.arc / "sim" / sim_id
        self.attestations = self.arc / ".attest"
        self._made: list[Path] = []

    def create(self) -> None:
        """Make the folder and the ``.gitignore`` that keeps the repository clean.

        Raises ArcError when the repository cannot be written to, or when it would lead the writing elsewhere.
        """
        for folder in (self.arc, self.path.parent, self.attestations):
            if folder.is_symlink():
                raise ArcError(f"{folder} is a symbolic link", code="run.folder", hint="remove it: results stay inside")
        try:
            for folder in (self.arc, self.arc / "sim", self.path):
                if not folder.is_dir():
                    folder.mkdir()
                    self._made.append(folder)
            ignore = self.arc / ".gitignore"
            if not ignore.exists():
                ignore.write_text(IGNORE_ALL)
        except OSError as error:
            self.discard()
            raise ArcError(
                f"{self.path} cannot be written: {error.strerror}",
                code="run.folder",
                hint="results and attestations are kept in .arc/ of the repository",
            ) from error

    def discard(self) -> None:
        """Remove everything that ``create`` made: nothing was worth keeping."""
        if self._made:
            shutil.rmtree(self._made[0], ignore_errors=True)
            self._made.clear()
