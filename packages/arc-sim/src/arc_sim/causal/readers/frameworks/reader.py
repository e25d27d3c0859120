"""What frameworks do by themselves: central settings, registries, tracing, and limits for calls."""

import re
from dataclasses import dataclass, replace

from arc_sim.causal.addresses import Directory, addresses_in, bare_address
from arc_sim.causal.code.gather import owners_by_file
from arc_sim.causal.kinds import image_name, protocol_of
from arc_sim.causal.paths import has_no_effect, name_of, parent_of
from arc_sim.causal.readers.base import Findings, Known, Rule
from arc_sim.causal.readers.deploy.texts import text_at
from arc_sim.causal.readers.frameworks.clients import declared_clients
from arc_sim.causal.readers.frameworks.failures import rules
from arc_sim.causal.readers.frameworks.settings import Setting, read_settings, resolved
from arc_sim.causal.tree import Tree
from arc_sim.model import Edge, Location, Service

CENTRAL = 0.8
"""Confidence of an address in central settings whose library the service is built with."""
DECLARED = 0.85
"""Confidence of a client that is declared with the name of a service."""
LIBRARY = 0.6
"""Confidence of a library that talks to the only service of its kind."""

CALLS = ("http", "grpc")
"""Protocols of the clients that these settings are about."""

FILES = (".yml", ".yaml", ".properties", ".xml", ".gradle", ".kts")
OWN = re.compile(r"^(?:application|bootstrap)(?:-[\w-]+)?\.(?:ya?ml|properties)$")
STEM = re.compile(
    r"^(?P<stem>[\w-]+?)(?:-(?:docker|prod|production|dev|local|default|kubernetes|k8s))?\.(?:ya?ml|properties)$"
)
BUILD = re.compile(r"^(?:pom\.xml|build\.gradle(?:\.kts)?)$")
CONFIGURED = re.compile(r"configserver:|spring\.cloud\.config\.|configclient\.enabled")

FEATURES = (
    (r"^eureka\.", r"eureka-client|starter-eureka(?!-server)"),
    (r"^spring\.rabbitmq\.", r"rabbit|amqp|hystrix-stream|turbine-stream"),
    (r"^spring\.(?:cloud\.stream\.)?kafka\.", r"kafka"),
    (r"^spring\.(?:data\.)?redis\.", r"redis"),
    (r"^spring\.(?:data\.)?mongodb\.", r"mongo"),
    (r"^spring\.datasource\.", r"jdbc|jpa|mybatis|postgresql|mysql"),
    (r"^(?:spring|management)\.(?:[\w.]*\.)?zipkin\.|^management\.(?:otlp|tracing)", r"zipkin|sleuth|tracing|otlp"),
    (r"^spring\.cloud\.consul\.|^consul\.", r"consul"),
    (r"^spring\.cloud\.nacos\.", r"nacos"),
    (r"^spring\.boot\.admin\.client\.", r"admin-starter-client"),
)  # fmt: skip
"""Setting -> libraries that use it."""
SERVERS = (
    (r"eureka-client|starter-eureka(?!-server)", r"eureka-server", r"eureka"),
    (r"spring-cloud-starter-config|spring-cloud-config-client", r"spring-cloud-config-server", r"config-server"),
    (r"zipkin", r"zipkin-server", r"zipkin"),
    (r"consul-(?:discovery|config|all)|discovery-client", r"\0", r"consul"),
    (r"nacos-(?:discovery|config)", r"\0", r"nacos-server"),
    (r"admin-starter-client", r"admin-starter-server", r"spring-boot-admin"),
)
"""Library of clients, library of the server, name of the server's own image."""


@dataclass
class _Application:
    service: Service
    settings: list[Setting]
    build: str
    build_path: str
    files: list[str]

    def uses(self, libraries: str) -> Location | None:
        """Return the line of the build file that names one of the libraries."""
        for number, line in enumerate(self.build.splitlines(), start=1):
            if re.search(libraries, line) and not re.search(r"(?i)\b(?:test|exclusion)", line):
                return Location(self.build_path, number)
        return None


class FrameworksReader:
    """Reads settings of JVM frameworks; edges only where settings and libraries agree."""

    name = "frameworks"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return edges to registries, tracing and what central settings name, and the rules for calls."""
        warnings: list[str] = []
        directory = Directory(known.services)
        applications, central = self._applications(tree, known, directory, warnings)
        edges: list[Edge] = []
        found: list[Rule] = []
        for application in applications:
            shared = central.get("", []) if _is_configured(application) else []
            edges += _central_edges(application, shared, directory)
            edges += _client_edges(tree, application, directory)
            settings = [*application.settings, *central.get(application.service.name, [])]
            given = [*rules(application.service.name, settings), *rules(application.service.name, shared)]
            found += [_named(rule, application.service, directory) for rule in given]
        libraries = _library_edges(applications, known)
        own = {a.service.name for a in applications for _, library, _ in SERVERS if a.uses(library)}
        servers = tuple(sorted({edge.target for edge in libraries} | own))
        limited = [replace(r, protocols=CALLS, without=servers) for r in found if r.target != "\0"]
        return Findings(edges=tuple(edges + libraries), rules=tuple(limited))

    def _applications(
        self, tree: Tree, known: Known, directory: Directory, warnings: list[str]
    ) -> tuple[list[_Application], dict[str, list[Setting]]]:
        """Return the JVM services, and central settings by service, ``""`` for those of all."""
        owners = owners_by_file(tree, known.services)
        applications = []
        central: dict[str, list[Setting]] = {}
        for service in known.services:
            files = [
                p
                for p in owners.get(service.name, ())
                if p.endswith((".yml", ".yaml", ".properties", ".xml", ".gradle", ".kts"))
            ]
            files = [path for path in files if has_no_effect(path) is None]
            builds = [path for path in files if BUILD.match(name_of(path))]
            if not builds:
                continue
            held = _centrals(files, service, directory)
            for path, name in held.items():
                central.setdefault(name, []).extend(read_settings(tree, path, warnings))
            own = [path for path in files if OWN.match(name_of(path)) and path not in held]
            settings = [setting for path in own for setting in read_settings(tree, path, warnings)]
            build = min(builds, key=lambda path: (path.count("/"), path))
            code = [path for path in owners.get(service.name, ()) if has_no_effect(path) is None]
            applications.append(_Application(service, settings, text_at(tree, build), build, code))
        return applications, central


def _centrals(files: list[str], service: Service, directory: Directory) -> dict[str, str]:
    """Return ``{file: service that it is for}`` of a configuration server's folders, ``""`` for all services."""
    folders: dict[str, dict[str, str]] = {}
    for path in files:
        match = STEM.match(name_of(path))
        if match is None or "/resources/" not in f"/{path}":
            continue
        other = directory.find(match.group("stem"))
        if match.group("stem") == "application":
            folders.setdefault(parent_of(path), {})[path] = ""
        elif other is not None and other.name != service.name:
            folders.setdefault(parent_of(path), {})[path] = other.name
    return {path: name for held in folders.values() if any(held.values()) for path, name in held.items()}


def _is_configured(application: _Application) -> bool:
    """Tell whether an application takes settings from a configuration server."""
    return any(CONFIGURED.search(f"{item.normal} {item.value}") for item in application.settings)


def _central_edges(application: _Application, shared: list[Setting], directory: Directory) -> list[Edge]:
    found = []
    known = {item.key: item.value for item in shared}
    for item in shared:
        libraries = next((libraries for keys, libraries in FEATURES if re.match(keys, item.normal)), None)
        at = application.uses(libraries) if libraries else None
        value = resolved(item.value, known)
        bare = bare_address(item.key, value)
        for address in (addresses_in(value) or ((bare,) if bare else ())) if at else ():
            target = directory.find(address.host)
            if target is not None and target.name != application.service.name and at is not None:
                protocol = protocol_of(target.image, target.name) or address.protocol or "tcp"
                found.append(Edge(application.service.name, target.name, protocol, target.kind != "broker", CENTRAL,
                                  (item.location, at)))  # fmt: skip
    return found


def _client_edges(tree: Tree, application: _Application, directory: Directory) -> list[Edge]:
    found = []
    for address, at in declared_clients(tree, application.files, application.settings):
        target = directory.find(address.host)
        if target is not None and target.name != application.service.name:
            found.append(Edge(application.service.name, target.name, "http", confidence=DECLARED, evidence=(at,)))
    return found


def _library_edges(applications: list[_Application], known: Known) -> list[Edge]:
    """Return the edges to the only registry, configuration or tracing server that there is."""
    found = []
    for client, server, image in SERVERS:
        servers = {a.service.name for a in applications if a.uses(server)}
        servers |= {s.name for s in known.services if re.search(rf"(?:^|[-_]){image}(?:$|[-_])", image_name(s.image))}
        if len(servers) != 1:
            continue
        target = next(iter(servers))
        for application in applications:
            at = application.uses(client)
            if at is not None and application.service.name != target:
                found.append(Edge(application.service.name, target, "http", confidence=LIBRARY, evidence=(at,)))
    return found


def _named(rule: Rule, service: Service, directory: Directory) -> Rule:
    """Return the rule for a service that there is; a name that is none (of a breaker, a method) is for all callees."""
    if rule.target in ("*", "\0"):
        return rule
    target = directory.find(rule.target)
    return Rule(service.name, target.name if target is not None else "*", rule.setting)
