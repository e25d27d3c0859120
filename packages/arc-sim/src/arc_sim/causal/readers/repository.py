"""``arc-sim.yaml``: what the repository itself says about starting its services; and the Procfile."""

import re
import shlex
from typing import Any

from arc_sim.causal.documents import DocumentError, Text, dig, entries, line_of, load_documents, pairs
from arc_sim.causal.paths import contains, parent_of
from arc_sim.causal.readers.base import Findings, Known, Variable
from arc_sim.causal.tree import Tree
from arc_sim.model import Location, Service

FILE = "arc-sim.yaml"


class RepositoryReader:
    """Reads ``arc-sim.yaml``; without one, a ``Procfile`` in the root."""

    name = "repository"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return the services with start command and paths."""
        if tree.content_id(FILE):
            return _read_own(tree)
        return _read_procfile(tree) if tree.content_id("Procfile") else Findings()


def _read_own(tree: Tree) -> Findings:
    try:
        documents = load_documents(tree.read(FILE))
    except (DocumentError, ValueError) as error:
        return Findings(warnings=(f"{FILE}: {error}",))
    services: list[Service] = []
    variables: list[Variable] = []
    for document in documents:
        for name, entry in pairs(dig(document, "services")):
            command = _words(dig(entry, "command"))
            services.append(
                Service(name=str(name), paths=_paths(tree, command, str(dig(entry, "cwd") or "")), command=command)
            )
            for key, value in pairs(dig(entry, "env")):
                text = _plain(str(value)) if isinstance(value, Text) else ""
                variables.append(Variable(str(name), str(key), text, Location(FILE, line_of(key))))
    return Findings(tuple(services), variables=tuple(variables))


def _read_procfile(tree: Tree) -> Findings:
    text = tree.read("Procfile").decode("utf-8", "replace")
    services = []
    for line in text.splitlines():
        match = re.match(r"^([\w-]+)\s*:\s*(\S.*)$", line)
        if match:
            command = _split(match.group(2))
            services.append(Service(name=match.group(1), paths=_paths(tree, command, ""), command=command))
    return Findings(tuple(services))


def _plain(text: str) -> str:
    """Return an address with the placeholders of arc-sim.yaml written out."""
    return re.sub(r"\$\{(?:ADDRESS|URL):([\w.-]+)\}", r"http://\1", text)


def _paths(tree: Tree, command: tuple[str, ...], cwd: str) -> tuple[str, ...]:
    """Return the directory of the program in the command; the root says nothing."""
    base = "" if cwd in (".", "") else cwd.strip("/") + "/"
    for word in command:
        path = base + word.removeprefix("./")
        if tree.content_id(path) and parent_of(path):
            return (parent_of(path),)
    inside = base.rstrip("/")
    return (inside,) if inside and any(contains(inside, path) for path in tree.paths()) else ()


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, Text):
        return _split(value)
    return tuple(str(item) for item in entries(value) if isinstance(item, Text))


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())
