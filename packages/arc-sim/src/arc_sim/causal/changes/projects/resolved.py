"""What a lock file says: packages, what they use, and from which of them each project starts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MAX_LOCK_BYTES = 8 * 1024 * 1024
"""Tools write lock files, so they are larger than what people write; of a larger one nothing is told apart."""


@dataclass(frozen=True)
class Lock:
    """A graph of resolved packages."""

    packages: dict[str, Any] = field(default_factory=dict)
    """Package -> what tells two versions of it apart."""
    uses: dict[str, set[str]] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    """Directory of a project -> packages that it asks for."""

    def resolved(self, member: str) -> frozenset[tuple[str, str]]:
        """Return every package that a project is built with, with what tells its versions apart."""
        found: set[str] = set()
        pending: list[Iterable[str]] = [self.members.get(member, ())]
        while pending:
            for name in pending.pop():
                if name not in found and name in self.packages:
                    found.add(name)
                    pending.append(self.uses.get(name, ()))
        return frozenset((name, repr(self.packages[name])) for name in found)
