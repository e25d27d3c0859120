"""Whether two versions of a file mean the same: white space and comments aside, by syntax where we can parse."""

import json
import re

from arc_sim.causal.code.syntax import same_program
from arc_sim.causal.documents import DocumentError, load_documents
from arc_sim.causal.paths import DOCKERFILE, YAML, language_of, name_of

HASH_COMMENTS = re.compile(
    r"(?i)(?:\.(?:sh|properties|toml|ini|cfg|conf|rb|ex|exs|env|tf)|requirements[^/]*\.(?:txt|in)|(?:^|/)(?:procfile|makefile|\.env[^/]*|\.dockerignore))$"
)
MARKUP = re.compile(r"(?i)\.(?:xml|csproj|props|targets|config)$")


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
    if MARKUP.search(path):
        return _markup(before) == _markup(after)
    if HASH_COMMENTS.search(path) or DOCKERFILE.match(name_of(path)):
        return _without_comments(before) == _without_comments(after)
    return False


def _same_yaml(before: bytes, after: bytes) -> bool:
    try:
        return load_documents(before) == load_documents(after)
    except DocumentError:
        return False


def _same_json(before: bytes, after: bytes) -> bool:
    try:
        return bool(json.loads(before) == json.loads(after))
    except (ValueError, RecursionError):
        return False


def _markup(content: bytes) -> bytes:
    return b" ".join(re.sub(rb"<!--.*?-->", b"", content, flags=re.DOTALL).split())


def _without_comments(content: bytes) -> list[bytes]:
    lines = [line.strip() for line in content.splitlines()]
    # A first line `#!` says what runs the file.
    return [
        line
        for index, line in enumerate(lines)
        if line and (not line.startswith(b"#") or (index == 0 and line.startswith(b"#!")))
    ]
