"""Settings of JVM applications, from YAML and properties files alike: keys in one form, values with their lines."""

import re
from dataclasses import dataclass

from arc_sim.causal.documents import DocumentError, flatten, load_documents
from arc_sim.causal.tree import Tree
from arc_sim.model import Location

PLACEHOLDER = re.compile(r"\$\{([^{}:]{1,200})(?::([^{}]*))?\}")
PROPERTY = re.compile(r"^\s*([^#!=:\s][^=:\s]*(?:\\.[^=:\s]*)*)\s*[=:\s]\s*(.*?)\s*$")
PROFILE = re.compile(r"^%[\w,-]+\.")
MAX_ROUNDS = 4
"""Placeholders inside placeholders."""

UNITS_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6, "d": 8.64e7, "": 1.0}


@dataclass(frozen=True)
class Setting:
    """One value."""

    key: str
    """As it is written, list items as ``[0]``."""
    value: str
    location: Location

    @property
    def normal(self) -> str:
        """The key in lower case without dashes and underscores, as relaxed binding compares it."""
        return re.sub(r"[-_]", "", self.key.lower())


def read_settings(tree: Tree, path: str, warnings: list[str]) -> list[Setting]:
    """Return the settings of one file; what cannot be read becomes a warning."""
    try:
        content = tree.read(path)
        if path.endswith(".properties"):
            return _of_properties(content.decode("utf-8", "replace"), path)
        found = [pair for document in load_documents(content) for pair in flatten(document)]
    except (DocumentError, ValueError, KeyError) as error:
        warnings.append(f"{path}: {error}")
        return []
    return [Setting(PROFILE.sub("", key), str(value), Location(path, value.line)) for key, value in found]


def _of_properties(text: str, path: str) -> list[Setting]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = PROPERTY.match(line) if len(line) < 4000 else None
        if match:
            found.append(Setting(PROFILE.sub("", match.group(1)), match.group(2), Location(path, number)))
    return found


def resolved(value: str, known: dict[str, str]) -> str:
    """Return a value with its placeholders written out, by name or by their defaults."""
    for _ in range(MAX_ROUNDS):
        if "${" not in value or len(value) > 10_000:
            break
        value = PLACEHOLDER.sub(lambda m: known.get(m.group(1), m.group(2) or ""), value)
    return value


def milliseconds(value: str) -> float | None:
    """Return a duration in milliseconds: a bare number, ``10s``, ``500ms``, ``PT1M30S``."""
    text = value.strip().lower().strip("\"'")
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h|d)?(?:econds?|inutes?)?", text)
    if match:
        return float(match.group(1)) * UNITS_MS[match.group(2) or ""]
    iso = re.fullmatch(r"pt(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", text)
    if iso is None or not any(iso.groups()):
        return None
    hours, minutes, seconds = (float(part or 0) for part in iso.groups())
    return hours * 3.6e6 + minutes * 6e4 + seconds * 1e3


def number(value: str) -> float | None:
    """Return a plain number."""
    return float(value) if re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", value.strip()) else None
