"""Compose files: services, build contexts, images, ports, environment, depends_on, command."""

import re
import shlex
from typing import Any

from arc_sim.causal.addresses import MAX_EXPANDED, addresses_in, port_number
from arc_sim.causal.documents import DocumentError, Mapping, Text, dig, entries, line_of, load_documents, pairs
from arc_sim.causal.kinds import kind_of
from arc_sim.causal.ownership import built_from
from arc_sim.causal.paths import COMPOSE, is_source_of_truth, join, name_of, parent_of
from arc_sim.causal.readers.base import Findings, Known, Variable
from arc_sim.causal.tree import Tree
from arc_sim.model import Edge, Location, Service

INTERPOLATION = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?:(?P<sign>:?[-?+])(?P<other>[^{}]*))?\})"
)
DEPENDS_ON = 0.6
"""Confidence of a declared start-up order: usually, not always, there is a call too. A decision."""

COMMAND = 0.8
"""Confidence of an address in a command line."""


class ComposeReader:
    """Reads all compose files, the variants next to a base file merged into it."""

    name = "compose"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return services, start-up order and variables of all compose files."""
        warnings: list[str] = []
        merged: dict[str, dict[str, list[tuple[str, Mapping]]]] = {}
        for path in compose_files(tree):
            for name, entry in load_services(tree, path, warnings).items():
                merged.setdefault(parent_of(path), {}).setdefault(name, []).append((path, entry))
        services: list[Service] = []
        edges: list[Edge] = []
        variables: list[Variable] = []
        for directory, by_name in sorted(merged.items()):
            values = dot_env(tree, directory)
            for name, parts in sorted(by_name.items()):
                found = _Entry(tree, name, parts, values)
                services.append(found.service())
                edges.extend(found.edges())
                variables.extend(found.variables())
        return Findings(tuple(services), tuple(edges), tuple(variables), tuple(warnings))


def compose_files(tree: Tree) -> list[str]:
    """Return the compose files of the system; those of tests and examples only when there are no others."""
    found = [path for path in tree.paths() if COMPOSE.match(name_of(path))]
    own = [
        path for path in found if is_source_of_truth(path) and not re.search(r"[._-](?:test|tests|ci|e2e)[._-]", path)
    ]
    # The base file first: what it says is what a plain `docker compose up` starts.
    return sorted(own or found, key=lambda path: (parent_of(path), len(name_of(path)), path))


def load_services(tree: Tree, path: str, warnings: list[str]) -> dict[str, Mapping]:
    """Return the services of one file by name; what cannot be read becomes a warning."""
    try:
        documents = load_documents(tree.read(path))
    except (DocumentError, ValueError, KeyError) as error:
        warnings.append(f"{path}: {error}")
        return {}
    result: dict[str, Mapping] = {}
    for document in documents:
        top = document if not isinstance(document, dict) or "services" in document else {"services": document}
        for name, entry in pairs(dig(top, "services")):
            if isinstance(entry, Mapping) and (
                {"image", "build", "environment", "depends_on", "command", "extends"} & set(entry)
            ):
                result[str(name)] = _extended(tree, path, entry, documents)
    return result


def dot_env(tree: Tree, directory: str) -> dict[str, str]:
    """Return the values of the ``.env`` file that compose interpolates."""
    path = f"{directory}/.env" if directory else ".env"
    return {name: value for name, value, _ in env_file(tree, path)}


def env_file(tree: Tree, path: str) -> list[tuple[str, str, int]]:
    """Return ``(name, value, line)`` of an env file, nothing when it cannot be read."""
    try:
        text = tree.read(path).decode("utf-8", "replace")
    except (KeyError, ValueError):
        return []
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign and not name.startswith("#"):
            found.append((name.strip(), value.strip().strip("\"'"), number))
    return found


def interpolate(text: str, values: dict[str, str], depth: int = 0) -> str:
    """Return the text with ``$NAME``, ``${NAME:-default}`` and their kin replaced; an unknown name becomes empty."""
    room = MAX_EXPANDED

    def replace(match: "re.Match[str]") -> str:
        nonlocal room
        found = value_of(match)
        room -= len(found)
        return found if room >= 0 else ""

    def value_of(match: "re.Match[str]") -> str:
        if match.group("escaped"):
            return "$"
        name, sign = match.group("plain") or match.group("name"), match.group("sign") or ""
        value = values.get(name)
        other = match.group("other") or ""
        if sign.endswith("+"):
            return other if value else ""
        missing = value is None or (sign.startswith(":") and not value)
        return (other if sign.endswith("-") else "") if missing else str(value)

    result = INTERPOLATION.sub(replace, text)
    return interpolate(result, values, depth + 1) if depth < 2 and "${" in result and result != text else result


def _extended(tree: Tree, path: str, entry: Mapping, documents: list[Any], depth: int = 0) -> Mapping:
    """Return the entry with what ``extends`` brings; deeper than five is a cycle and is left."""
    extends = entry.get("extends")
    name = extends if isinstance(extends, Text) else dig(extends, "service")
    if name is None or depth > 5:
        return entry
    file = dig(extends, "file")
    other = join(parent_of(path), str(file)) if file else path
    if other is None:
        return entry
    try:
        found = documents if other == path else load_documents(tree.read(other))
    except (DocumentError, ValueError, KeyError):
        return entry
    parent = next((dig(d, "services", name) for d in found if dig(d, "services", name)), None)
    if not isinstance(parent, Mapping):
        return entry
    result = Mapping({**_extended(tree, other, parent, found, depth + 1), **entry})
    result.line = entry.line
    return result


class _Entry:
    """One service, with all files that speak of it."""

    def __init__(self, tree: Tree, name: str, parts: list[tuple[str, Mapping]], values: dict[str, str]) -> None:
        self._tree, self._name, self._parts, self._values = tree, name, parts, values

    def service(self) -> Service:
        image = self._text("image")
        names = {self._text("container_name"), self._text("hostname"), *self._network_aliases()} - {None, self._name}
        paths = sorted({path for file, entry in self._parts for path in self._built(file, entry)})
        return Service(
            name=self._name,
            kind=kind_of(image, self._name if paths or image is None else ""),
            aliases=tuple(sorted(str(name) for name in names)),
            paths=tuple(paths),
            image=image,
            command=self._command(),
            port=self._port(),
            env=tuple(sorted({v.name: v.value for v in self.variables()}.items())),
        )

    def edges(self) -> list[Edge]:
        found = []
        for file, entry in self._parts:
            for key in ("depends_on", "links"):
                for target in [*entries(entry.get(key)), *(name for name, _ in pairs(entry.get(key)))]:
                    if isinstance(target, Text):
                        place = Location(file, line_of(target))
                        found.append(Edge(self._name, target.split(":")[0], confidence=DEPENDS_ON, evidence=(place,)))
            for key in ("command", "entrypoint"):
                for word in self._words(entry.get(key)):
                    place = Location(file, line_of(entry.get(key), entry.line))
                    for address in addresses_in(word):
                        protocol = address.protocol or "tcp"
                        found.append(Edge(self._name, address.host, protocol, confidence=COMMAND, evidence=(place,)))
        return found

    def variables(self) -> list[Variable]:
        found: dict[str, Variable] = {}
        for file, entry in self._parts:
            for name, value, place in [*self._env_files(file, entry), *self._environment(file, entry)]:
                found.setdefault(name, Variable(self._name, name, interpolate(value, self._values), place))
        return list(found.values())

    def _environment(self, file: str, entry: Mapping) -> list[tuple[str, str, Location]]:
        found = []
        for item in entries(entry.get("environment")):
            if isinstance(item, Text):
                name, sign, value = item.partition("=")
                found.append((name, value if sign else f"${{{name}}}", Location(file, line_of(item))))
        for key, value in pairs(entry.get("environment")):
            text = str(value) if isinstance(value, Text) else f"${{{key}}}"
            found.append((str(key), text, Location(file, line_of(key))))
        return found

    def _env_files(self, file: str, entry: Mapping) -> list[tuple[str, str, Location]]:
        given = entry.get("env_file")
        found = []
        for item in [given] if isinstance(given, Text) else entries(given):
            path = join(parent_of(file), str(dig(item, "path") or item))
            for name, value, line in env_file(self._tree, path) if path else ():
                found.append((name, value, Location(str(path), line)))
        return found

    def _built(self, file: str, entry: Mapping) -> tuple[str, ...]:
        build = entry.get("build")
        context = build if isinstance(build, Text) else dig(build, "context")
        if build is None or (context is None and not isinstance(build, dict)):
            return ()
        directory = join(parent_of(file), interpolate(str(context or "."), self._values))
        if directory is None or "://" in str(context):
            return ()
        dockerfile = dig(build, "dockerfile")
        return built_from(
            self._tree, directory, interpolate(dockerfile, self._values) if isinstance(dockerfile, Text) else None
        )

    def _text(self, key: str) -> str | None:
        for _, entry in self._parts:
            if isinstance(entry.get(key), Text):
                return interpolate(str(entry[key]), self._values) or None
        return None

    def _network_aliases(self) -> set[str]:
        found: set[str] = set()
        for _, entry in self._parts:
            for _, network in pairs(entry.get("networks")):
                found.update(str(alias) for alias in entries(dig(network, "aliases")) if isinstance(alias, Text))
        return found

    def _command(self) -> tuple[str, ...]:
        for _, entry in self._parts:
            words = [*self._words(entry.get("entrypoint")), *self._words(entry.get("command"))]
            if words:
                return tuple(words)
        return ()

    def _words(self, value: Any) -> list[str]:
        if isinstance(value, Text):
            try:
                return shlex.split(interpolate(value, self._values))
            except ValueError:
                return []
        return [interpolate(item, self._values) for item in entries(value) if isinstance(item, Text)]

    def _port(self) -> int | None:
        for _, entry in self._parts:
            for item in [*entries(entry.get("expose")), *entries(entry.get("ports"))]:
                text = str(dig(item, "target") or item) if isinstance(item, (Text, dict)) else ""
                number = interpolate(text, self._values).split("/")[0].rpartition(":")[2].split("-")[0]
                port = port_number(number)
                if port is not None:
                    return port
        return None
