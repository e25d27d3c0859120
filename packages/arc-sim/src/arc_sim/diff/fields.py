"""Typed access to untrusted JSON, with the place in every complaint."""

from typing import Any

from arc_sim.errors import DiffError

MAX_PATH = 4096
"""Longest path that is accepted: PATH_MAX of Linux."""


class Fields:
    """The members of one JSON object; ``place`` is where it stands in the document."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise DiffError(f"{place or 'the document'}: expected an object, found {kind_of(value)}")
        self._value: dict[str, Any] = value
        self._place = place

    def wrong(self, key: str, expected: str) -> DiffError:
        """Return the error for a member that is not what it has to be."""
        place = f"{self._place}.{key}" if self._place else key
        return DiffError(f"{place}: expected {expected}, found {kind_of(self._value.get(key))}")

    def text(self, key: str, default: str) -> str:
        """Return a string, or the default when it is absent."""
        value = self._value.get(key, default)
        if not isinstance(value, str) or not _is_unicode(value):
            raise self.wrong(key, "a string")
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a string, or None when it is absent or null."""
        return None if self._value.get(key) is None else self.text(key, default="")

    def flag(self, key: str) -> bool:
        """Return a boolean, false when it is absent."""
        value = self._value.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def items(self, key: str, optional: bool = False) -> list[Any]:
        """Return a list; an absent one is empty only when ``optional``."""
        value = self._value.get(key, [] if optional else None)
        if not isinstance(value, list):
            raise self.wrong(key, "a list")
        return value

    def path(self, key: str, optional: bool = False) -> str | None:
        """Return a path inside the repository."""
        if optional and self._value.get(key) is None:
            return None
        value = self.text(key, default="")
        if not is_repository_path(value):
            raise self.wrong(key, "a path inside the repository with forward slashes")
        return value


def is_repository_path(path: str) -> bool:
    """Tell whether this can be the path of a file in a repository: relative, no ``..``, no NUL, not too long."""
    parts = path.split("/")
    return bool(path) and len(path) <= MAX_PATH and "\0" not in path and all(p not in ("", ".", "..") for p in parts)


def kind_of(value: object) -> str:
    """Return a short description of a JSON value, safe to print."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return ascii(value if len(value) <= 40 else value[:40] + "...")
    names = {bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
