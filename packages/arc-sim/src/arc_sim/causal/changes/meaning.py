"""Whether two versions of a file mean the same: white space and comments aside, by syntax where we can parse."""

import json
import re

from arc_sim.causal.changes.projects.toml import load
from arc_sim.causal.changes.shape import same_program
from arc_sim.causal.documents import DocumentError, load_documents
from arc_sim.causal.paths import DOCKERFILE, YAML, language_of, name_of

HASH_COMMENTS = re.compile(
    r"(?i)(?:\.(?:sh|bash|properties|ini|cfg|conf|rb|ex|exs|env|tf|rake|gemspec|graphql|gitmodules)"
    r"|requirements[^/]*\.(?:txt|in)|constraints\.txt|(?:^|/)(?:procfile|makefile|gemfile|rakefile|"
    r"\.env[^/]*|\.dockerignore|\.npmrc|\.helmignore|\.[a-z]+ignore))$"
)
MARKUP = re.compile(r"(?i)\.(?:xml|csproj|fsproj|vbproj|props|targets|config|xaml|resx)$")
BRACES = re.compile(
    r"(?i)\.(?:proto|gradle|groovy|scss|less|jsonc|swift|dart|java|kt|kts|cs|go|rs|scala|c|h|cc|cpp|hpp|m)$"
)
BLOCKS = re.compile(r"(?i)\.css$")
SQL = re.compile(r"(?i)\.sql$")
STRINGS = rb"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
COMMENTS = {b"//": rb"//[^\n]*", b"/*": rb"/\*[\s\S]*?\*/", b"--": rb"--[^\n]*"}
"""How a comment begins -> what it is."""


def means_the_same(path: str, before: bytes, after: bytes) -> bool:
    """Tell whether a change of this file cannot change what runs."""
    if before == after:
        return True
    language = language_of(path)
    if language is not None:
        return same_program(before, after, language)
    if YAML.search(path):
        return _same_yaml(before, after)
    if path.endswith(".json"):
        return _same_json(before, after)
    if path.endswith(".toml"):
        return _same_toml(before, after)
    return _without(path, before) == _without(path, after) != None  # noqa: E711 - three values are compared


def _without(path: str, content: bytes) -> object:
    """Return the content without what says nothing, None when nothing is known of this kind of file."""
    if MARKUP.search(path):
        return _markup(content)
    if HASH_COMMENTS.search(path) or DOCKERFILE.match(name_of(path)):
        return _without_hash_comments(content)
    for pattern, marks in ((BRACES, (b"//", b"/*")), (BLOCKS, (b"/*",)), (SQL, (b"--", b"/*"))):
        if pattern.search(path):
            return _without_comments(content, marks)
    return None


def _same_yaml(before: bytes, after: bytes) -> bool:
    try:
        return load_documents(before) == load_documents(after)
    except DocumentError:
        return b"{{" in before and b"{{" in after and _template(before) == _template(after)


def _template(content: bytes) -> list[bytes]:
    """Return the lines of a template without comments; indentation says something."""
    text = re.sub(rb"\{\{-?\s*/\*[\s\S]*?\*/\s*-?\}\}", b"", content)
    return [line.rstrip() for line in text.splitlines() if line.strip() and not line.strip().startswith(b"#")]


def _same_json(before: bytes, after: bytes) -> bool:
    try:
        return bool(json.loads(before) == json.loads(after))
    except (ValueError, RecursionError):
        return False


def _same_toml(before: bytes, after: bytes) -> bool:
    old, new = load(before.decode("utf-8", "replace")), load(after.decode("utf-8", "replace"))
    return bool(old) and old == new


def _markup(content: bytes) -> bytes:
    text = re.sub(rb"<!--[\s\S]*?-->", b"", content.removeprefix(b"\xef\xbb\xbf"))
    return re.sub(rb"\s*(/?>|<)\s*", rb"\1", b" ".join(text.split()))


def _without_comments(content: bytes, marks: tuple[bytes, ...]) -> bytes:
    def keep(match: "re.Match[bytes]") -> bytes:
        return b" " if match.group().startswith(marks) else match.group()

    tokens = b"|".join((STRINGS, *(COMMENTS[mark] for mark in marks)))
    return b" ".join(re.sub(tokens, keep, content).split())


def _without_hash_comments(content: bytes) -> list[bytes]:
    lines = [line.strip() for line in content.splitlines()]
    # A first line `#!` says what runs the file; `# syntax=` which builder reads a Dockerfile.
    return [
        line
        for index, line in enumerate(lines)
        if line
        and (
            not line.startswith(b"#")
            or (index == 0 and line.startswith(b"#!"))
            or re.match(rb"#\s*(?:syntax|escape)\s*=", line)
        )
    ]
