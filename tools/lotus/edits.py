"""Edits of a tree of text files; each one fails loudly when the tree is not what it expects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

Tree = dict[str, str]
"""{path with forward slashes: text}."""


class EditError(ValueError):
    """An edit does not fit the tree, so base/ and history.py have drifted apart."""


class Edit(Protocol):
    """One change of a tree."""

    def apply(self, tree: Tree) -> None:
        """Change the tree in place."""


@dataclass(frozen=True)
class Replace:
    """Put `new` where `old` stands; it has to stand there exactly once."""

    path: str
    old: str
    new: str

    def apply(self, tree: Tree) -> None:
        """Change the file."""
        count = tree.get(self.path, "").count(self.old)
        if count != 1:
            raise EditError(f"{self.path}: expected once, found {count} times: {self.old!r}")
        tree[self.path] = tree[self.path].replace(self.old, self.new)


@dataclass(frozen=True)
class Write:
    """Add a file that was not there before."""

    path: str
    text: str

    def apply(self, tree: Tree) -> None:
        """Add the file."""
        if self.path in tree:
            raise EditError(f"{self.path}: is there already")
        tree[self.path] = self.text


@dataclass(frozen=True)
class RenameWord:
    """Put one word for another, in every file and in every path."""

    old: str
    new: str

    def apply(self, tree: Tree) -> None:
        """Rename in place."""
        for path in [path for path, text in tree.items() if self.old in path or self.old in text]:
            text = tree.pop(path)
            tree[path.replace(self.old, self.new)] = text.replace(self.old, self.new)
        if not any(self.new in path for path in tree):
            raise EditError(f"no path holds {self.old!r}")
