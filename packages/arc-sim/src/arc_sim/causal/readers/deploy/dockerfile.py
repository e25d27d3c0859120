"""Dockerfiles: the variables and the port that an image brings along, whatever starts it."""

import re
import shlex
from collections.abc import Iterator

from arc_sim.causal.addresses import port_number
from arc_sim.causal.paths import DOCKERFILE, name_of
from arc_sim.causal.readers.base import Findings, Known, Variable
from arc_sim.causal.readers.deploy.composing import interpolate
from arc_sim.causal.readers.deploy.texts import text_at
from arc_sim.causal.tree import Tree
from arc_sim.model import Location, Service

NAMES = ("Dockerfile", "Containerfile", "dockerfile")
STAGE = re.compile(r"(?i)^FROM\s+(?:--\S+\s+)*(?P<base>\S+)(?:\s+AS\s+(?P<name>\S+))?")


class DockerfileReader:
    """Reads the Dockerfile in each path of each service that is known so far."""

    name = "dockerfile"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return ``ENV`` and ``ARG`` values as variables, and the first exposed port."""
        services: list[Service] = []
        variables: list[Variable] = []
        for service in known.services:
            for path in _dockerfiles(tree, service):
                given, port = _last_stage(text_at(tree, path))
                variables += [Variable(service.name, name, value, Location(path, line)) for name, value, line in given]
                if port is not None and service.port is None:
                    services.append(Service(service.name, port=port))
        return Findings(tuple(services), variables=tuple(variables))


def _dockerfiles(tree: Tree, service: Service) -> list[str]:
    found = [path for path in service.paths if DOCKERFILE.match(name_of(path)) and tree.content_id(path)]
    found += [f"{path}/{name}" for path in service.paths for name in NAMES if tree.content_id(f"{path}/{name}")]
    return found[:1]


def _last_stage(text: str) -> tuple[list[tuple[str, str, int]], int | None]:
    """Return the variables and the port of the stage that becomes the image, and of stages that it builds on."""
    stages: dict[str, tuple[dict[str, tuple[str, int]], int | None]] = {}
    values: dict[str, tuple[str, int]] = {}
    port: int | None = None
    current = ""
    for line, instruction, rest in _instructions(text):
        if instruction == "FROM":
            match = STAGE.match(f"FROM {rest}")
            stages[current] = (values, port)
            inherited = stages.get(match.group("base").lower()) if match else None
            values, port = (dict(inherited[0]), inherited[1]) if inherited else ({}, None)
            current = (match.group("name") or "").lower() if match else ""
        elif instruction in ("ENV", "ARG"):
            known = {name: value for name, (value, _) in values.items()}
            for name, value in _assigned(rest):
                values[name] = (interpolate(value, known), line)
        elif instruction == "EXPOSE" and port is None:
            port = port_number(rest.split()[0].split("/")[0]) if rest.split() else None
    return [(name, value, line) for name, (value, line) in values.items() if value], port


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield ``(line, instruction, rest)`` with continued lines joined."""
    joined, start = "", 1
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or len(joined) > 20_000:
            continue
        start = start if joined else number
        joined = f"{joined} {line.strip()}" if joined else line.strip()
        if joined.endswith("\\"):
            joined = joined[:-1]
            continue
        word, _, rest = joined.partition(" ")
        if word:
            yield start, word.upper(), rest.strip()
        joined = ""


def _assigned(rest: str) -> list[tuple[str, str]]:
    """Return the pairs of ``NAME=value ...``, or of the old form ``NAME value``."""
    try:
        words = shlex.split(rest)
    except ValueError:
        words = rest.split()
    if words and "=" not in words[0]:
        return [(words[0], " ".join(words[1:]))]
    return [(name, value) for name, sign, value in (word.partition("=") for word in words) if sign]
