"""Compose files: services, build contexts, images, ports, environment, depends_on, command."""

import shlex
from typing import Any

from arc_sim.causal.addresses import LOCAL, addresses_in, normalise, port_number
from arc_sim.causal.documents import Mapping, Text, dig, entries, line_of, pairs, path_of
from arc_sim.causal.kinds import kind_of
from arc_sim.causal.ownership import built_from
from arc_sim.causal.paths import join, parent_of
from arc_sim.causal.readers.base import Findings, Known, Rule, Variable
from arc_sim.causal.readers.deploy.composing import (
    INTERPOLATION,
    compose_files,
    config_files,
    dot_env,
    env_file,
    interpolate,
    load_services,
)
from arc_sim.causal.readers.deploy.proxies import proxy_rules
from arc_sim.causal.readers.deploy.texts import addresses_of, files_below, text_at, without_shared
from arc_sim.causal.tree import Tree
from arc_sim.model import Edge, Location, Service

__all__ = ["INTERPOLATION", "ComposeReader", "compose_files", "dot_env", "load_services"]

DEPENDS_ON = 0.6
"""Confidence of a declared start-up order: usually, not always, there is a call too. A decision."""

COMMAND = 0.8
"""Confidence of an address in a command line."""

MOUNTED = 0.8
"""Confidence of an address in a configuration file that is put into the container."""


Configs = dict[str, list[tuple[str, str]]]
"""Name of a top-level config -> compose file and path as it is written."""


class ComposeReader:
    """Reads all compose files, the variants next to a base file merged into it."""

    name = "compose"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return services, start-up order and variables of all compose files."""
        warnings: list[str] = []
        merged: dict[str, dict[str, list[tuple[str, Mapping]]]] = {}
        configs: Configs = {}
        for path in compose_files(tree):
            for name, file in config_files(tree, path):
                configs.setdefault(name, []).append((path, file))
            for name, entry in load_services(tree, path, warnings).items():
                merged.setdefault(parent_of(path), {}).setdefault(name, []).append((path, entry))
        services: list[Service] = []
        edges: list[Edge] = []
        mounts: list[Edge] = []
        rules: list[Rule] = []
        variables: list[Variable] = []
        for directory, by_name in sorted(merged.items()):
            values = dot_env(tree, directory)
            by_name = _without_sidecars(_with_variants(by_name))
            for name, parts in sorted(by_name.items()):
                found = _Entry(tree, name, parts, values, configs)
                services.append(found.service())
                edges.extend(found.edges())
                mounts.extend(found.mounted())
                rules.extend(found.rules())
                variables.extend(found.variables())
        return Findings(
            tuple(services), (*edges, *without_shared(mounts)), tuple(variables), tuple(warnings), rules=tuple(rules)
        )


def _with_variants(by_name: "dict[str, list[tuple[str, Mapping]]]") -> "dict[str, list[tuple[str, Mapping]]]":
    """Return the entries with those that answer to one network alias as one service of that name.

    ``orders-jvm`` and ``orders-native`` that are both ``orders`` on the network stand for each other.
    """
    behind: dict[str, list[str]] = {}
    for name, parts in by_name.items():
        for alias in _network_aliases(parts):
            if alias not in by_name:
                behind.setdefault(alias, []).append(name)
    result = dict(by_name)
    for alias, names in behind.items():
        if len(names) > 1 and all(alias in name and name in result for name in names):
            result[alias] = [part for name in names for part in result.pop(name)]
    return result


def _without_sidecars(by_name: "dict[str, list[tuple[str, Mapping]]]") -> "dict[str, list[tuple[str, Mapping]]]":
    """Return the entries without those of foreign images that live in the network of another one: its sidecars."""
    return {
        name: parts
        for name, parts in by_name.items()
        if not any(str(entry.get("network_mode") or "").removeprefix("service:") in by_name for _, entry in parts)
        or any(entry.get("build") for _, entry in parts)
    }


def _network_aliases(parts: "list[tuple[str, Mapping]]") -> set[str]:
    found: set[str] = set()
    for _, entry in parts:
        for _, network in pairs(entry.get("networks")):
            found.update(str(alias) for alias in entries(dig(network, "aliases")) if isinstance(alias, Text))
    return found


class _Entry:
    """One service, with all files that speak of it."""

    def __init__(
        self, tree: Tree, name: str, parts: list[tuple[str, Mapping]], values: dict[str, str], configs: "Configs"
    ) -> None:
        self._tree, self._name, self._parts, self._values, self._configs = tree, name, parts, values, configs

    def service(self) -> Service:
        image = self._text("image")
        names = {self._text("container_name"), self._text("hostname"), *_network_aliases(self._parts)}
        names = {name for name in names - {None, self._name} if normalise(str(name)) not in LOCAL}
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
                        place = Location(path_of(target, file), line_of(target))
                        found.append(
                            Edge(self._name, str(target).split(":")[0], confidence=DEPENDS_ON, evidence=(place,))
                        )
            for key in ("command", "entrypoint"):
                for word in self._words(entry.get(key)):
                    place = Location(path_of(word, file), line_of(entry.get(key), entry.line))
                    for address in addresses_in(word):
                        protocol = address.protocol or "tcp"
                        found.append(Edge(self._name, address.host, protocol, confidence=COMMAND, evidence=(place,)))
        return found

    def mounted(self) -> list[Edge]:
        """Return the edges of configuration files that are put into the container."""
        if kind_of(self._text("image"), self._name) != "service":
            return []  # What configures a database or broker names no callees.
        given = dict(self._values)
        given.update({v.name: v.value for v in self.variables()})
        found: dict[tuple[str, str], Edge] = {}
        for path in {path for file, entry in self._parts for path in self._mounts(file, entry)}:
            for inner in files_below(self._tree, path):
                text = interpolate(text_at(self._tree, inner), given) if "${" in text_at(self._tree, inner) else ""
                for _, address, at in addresses_of(text or text_at(self._tree, inner), inner):
                    edge = Edge(self._name, str(address.host), address.protocol or "tcp", True, MOUNTED, (at,))
                    found.setdefault(edge.key, edge)
        return [found[key] for key in sorted(found)]

    def rules(self) -> list[Rule]:
        """Return what the configuration of a proxy says about its calls."""
        paths = {path for file, entry in self._parts for path in self._mounts(file, entry)}
        inner = sorted({inner for path in paths for inner in files_below(self._tree, path)})
        return [rule for path in inner for rule in proxy_rules(self._name, text_at(self._tree, path), path)]

    def _mounts(self, file: str, entry: Mapping) -> list[str]:
        found = []
        for item in entries(entry.get("volumes")):
            source = dig(item, "source") if isinstance(item, dict) else str(item).split(":")[0]
            text = interpolate(str(source or ""), self._values)
            if text.startswith("."):
                found.append(join(parent_of(path_of(item, file)), text))
        for item in entries(entry.get("configs")):
            name = str(dig(item, "source") or item)
            found += [join(parent_of(f), path) for f, path in self._configs.get(name, ())]
        return [path for path in found if path]

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
                name, sign, value = str(item).partition("=")
                found.append((name, value if sign else f"${{{name}}}", Location(path_of(item, file), line_of(item))))
        for key, value in pairs(entry.get("environment")):
            text = str(value) if isinstance(value, Text) else f"${{{key}}}"
            found.append((str(key), text, Location(path_of(key, file), line_of(key))))
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
        file = path_of(context if context is not None else dig(build, "dockerfile"), file)
        directory = join(parent_of(file), interpolate(str(context or "."), self._values))
        if directory is None or "://" in str(context):
            return ()
        dockerfile = dig(build, "dockerfile")
        file_name = interpolate(dockerfile, self._values) if isinstance(dockerfile, Text) else None
        given = {str(name): interpolate(str(value), self._values) for name, value in pairs(dig(build, "args")) if value}
        for item in entries(dig(build, "args")):
            name, sign, value = str(item).partition("=")
            given.update({name: interpolate(value, self._values)} if sign else {})
        return built_from(self._tree, directory, file_name, given, self._command())

    def _text(self, key: str) -> str | None:
        for _, entry in self._parts:
            if isinstance(entry.get(key), Text):
                return interpolate(str(entry[key]), self._values) or None
        return None

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
