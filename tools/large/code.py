"""Ordinary code, which calls nobody: what most files of a repository hold."""

import random
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from large.words import THINGS, VERBS

TEMPLATES = Path(__file__).parent / "templates"
CUT = "\n%%%%\n"
"""Between the parts of a template: head, parts of a module, tail."""


@dataclass(frozen=True)
class Style:
    """How a language writes a file.

    Templates hold ``<a>``, ``<b>`` for things, ``<A>`` for a thing in title case, ``<v>`` for a verb, ``<n>``, ``<i>``
    for numbers, ``<Name>`` for the module.
    """

    language: str
    suffix: str
    folder: str

    @cached_property
    def texts(self) -> list[str]:
        """Head, parts and tail."""
        return (TEMPLATES / f"{self.language}.txt").read_text(encoding="utf-8").split(CUT)


def module(language: str, name: str, lines: int, draw: random.Random) -> tuple[str, str]:
    """Return path below the service's directory, and text of about so many lines."""
    style = STYLES[language]
    title = "".join(part.title() for part in name.split("_"))
    head, *parts, tail = style.texts
    text = [_filled(head, draw, 0, title)]
    count = text[0].count("\n")
    number = 0
    while count < lines:
        number += 1
        part = _filled(draw.choice(parts), draw, number, title)
        text.append(part)
        count += part.count("\n")
    text.append(tail)
    stem = title if language in ("java", "c_sharp") else name
    return f"{style.folder}{stem}{style.suffix}", "".join(text)


def _filled(part: str, draw: random.Random, number: int, title: str) -> str:
    a, b = draw.choice(THINGS), draw.choice(THINGS)
    for mark, value in (("<a>", a), ("<b>", b), ("<A>", a.title()), ("<v>", draw.choice(VERBS)), ("<i>", str(number)),
                        ("<n>", str(draw.randrange(2, 400))), ("<Name>", title)):  # fmt: skip
        part = part.replace(mark, value)
    return part


STYLES = {
    "python": Style("python", ".py", "core/"),
    "go": Style("go", ".go", "internal/core/"),
    "java": Style("java", ".java", "src/main/java/com/example/core/"),
    "javascript": Style("javascript", ".js", "src/core/"),
    "typescript": Style("typescript", ".ts", "src/core/"),
    "c_sharp": Style("c_sharp", ".cs", "Core/"),
}
"""Language -> how its files are written."""
