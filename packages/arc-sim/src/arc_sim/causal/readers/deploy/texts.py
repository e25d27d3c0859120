"""Addresses in configuration files of any format: line by line, or value by value where the file is YAML or JSON."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from arc_sim.causal.addresses import PORTS, Address, addresses_in, bare_address
from arc_sim.causal.documents import DocumentError, flatten, load_documents
from arc_sim.causal.tree import Tree
from arc_sim.model import Edge, Location

Named = tuple[str, Address, Location]
"""The key or name before an address, the address, and where it stands."""

COMMENT = re.compile(r"^\s*(?:#|//|;|--|\*|<!--)")
CONFIGURATION = re.compile(
    r"(?i)(?:\.(?:ya?ml|json|conf|cfg|ini|toml|properties|template|tmpl|tpl|env|xml|hcl|river|alloy|lua)|/[^./]+)$"
)
"""Files that configure a program, when they are put into its container."""
LABEL = re.compile(r"(?i)(?:^|\.)labels?\.[\w.-]+$|(?:^|[.\]])service(?:_?name)?$")
"""Keys of labels: they name services that nobody calls."""
MAX_LINES = 20_000
MAX_LINE = 2000
PAIR = re.compile(r"""^\s*(?:-\s+)?["']?([\w.:-]+?)["']?\s*[=:]\s*["']?([\w.-]+)["']?,?\s*$""")
"""A key with a bare value in any format of one pair for each line."""
KEY = re.compile(r"""^\s*(?:-\s+)?["']?([\w.:%-]+?)["']?\s*[=:]""")
HOST_AND_PORT = re.compile(r"""["']([A-Za-z][\w.-]{1,80})["']\s*(?:\.\.\s*\w+\s*)?,\s*(\d{2,5})\b""")
"""A host and its port as neighbouring arguments in a script, the host perhaps with a suffix put to it (Lua)."""
MANY = 3
"""Services with the same file. A decision: two may be versions of one program."""
MAX_FILES = 200
"""Files of one mounted directory. A decision."""


def addresses_of(text: str, path: str, first: int = 1) -> list[Named]:
    """Return what a text names; ``first`` is the line where it begins in its file."""
    if re.search(r"(?i)\.(?:ya?ml|json)$", path) or "\n  - " in text or text.lstrip().startswith("{"):
        try:
            return [item for item in of_yaml(text, path, first) if not LABEL.search(item[0])]
        except DocumentError:
            pass  # A template of YAML: its lines say enough.
    return of_lines(text, path, first)


def of_lines(text: str, path: str, first: int = 1) -> list[Named]:
    """Return what lines name: URLs, ``host:port``, and values of ``NAME=value`` whose names mean an address."""
    found = []
    for number, line in enumerate(text.splitlines()[:MAX_LINES], start=first):
        if len(line) > MAX_LINE or COMMENT.match(line):
            continue
        match = PAIR.match(line)
        bare = bare_address(match.group(1), match.group(2)) if match else None
        start = match or KEY.match(line)
        key = start.group(1) if start else ""
        words = [word for word in re.split(r"[\s\"'`;,()]+", line) if word]
        addresses = [address for word in words for address in addresses_in(word)] + ([bare] if bare else [])
        if path.endswith(".lua"):
            ports = [(host, int(port)) for host, port in HOST_AND_PORT.findall(line)]
            addresses += [Address(host, PORTS.get(port), port) for host, port in ports]
        found += [(key, address, Location(path, number)) for address in addresses]
    return found


def of_yaml(text: str, path: str, first: int = 1) -> list[Named]:
    """Return what the values of YAML or JSON name. Raises DocumentError."""
    found = []
    for document in load_documents(text.encode()):
        for key, value in flatten(document):
            bare = bare_address(key, str(value))
            for address in addresses_in(value) or ((bare,) if bare else ()):
                found.append((key, address, Location(path, value.line + first - 1)))
    return found


def files_below(tree: Tree, path: str) -> Iterator[str]:
    """Yield the file at a path, or the files of the directory there, as far as they configure something."""
    if tree.content_id(path):
        if CONFIGURATION.search(f"/{path}"):
            yield path
        return
    paths = tree.paths()
    start = bisect_left(paths, path + "/")
    for other in paths[start : start + MAX_FILES]:
        if not other.startswith(path + "/"):
            return
        if CONFIGURATION.search(other):
            yield other


def text_at(tree: Tree, path: str) -> str:
    """Return a file as text, empty when it is binary, too large or not there."""
    try:
        content = tree.read(path)
    except (KeyError, ValueError):
        return ""
    return "" if b"\0" in content[:8192] else content.decode("utf-8", "replace")


def without_shared(edges: Iterable[Edge]) -> list[Edge]:
    """Return the edges whose place is not given to many services alike: that says nothing about each of them."""
    edges = list(edges)
    sources: dict[Location, set[str]] = {}
    for edge in edges:
        for place in edge.evidence:
            sources.setdefault(place, set()).add(edge.source)
    return [edge for edge in edges if all(len(sources[place]) < MANY for place in edge.evidence)]
