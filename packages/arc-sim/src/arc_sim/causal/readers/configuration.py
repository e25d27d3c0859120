"""Configuration, start scripts and code without a grammar: addresses in files that a service is built from."""

import re

from arc_sim.causal.addresses import LOCAL, PORTS, Address, Directory, addresses_in, bare_address, normalise
from arc_sim.causal.code.gather import Gatherer
from arc_sim.causal.documents import DocumentError
from arc_sim.causal.kinds import protocol_of
from arc_sim.causal.paths import DOCKERFILE, language_of, name_of, parent_of
from arc_sim.causal.readers.base import Findings, Known, Rule, Variable
from arc_sim.causal.readers.deploy.proxies import proxy_rules
from arc_sim.causal.readers.deploy.texts import CONFIGURATION, Named, addresses_of, of_lines, of_yaml
from arc_sim.causal.tree import Tree
from arc_sim.model import Edge, Service

SETTING = 0.8
"""Confidence of an address in a configuration file, and of a variable that a start script uses."""
FRAMEWORK = 0.7
"""Confidence of a variable that a framework reads by its own convention."""
UNREAD = 0.6
"""Confidence of a variable given to a foreign image, whose code is not here."""

PLAIN = re.compile(r"(?i)(?:\.(?:sh|properties|conf|cfg|ini|toml|template|tmpl|tpl|envoy)$"
                   r"|\.(?:lua|vb|fs|pl)$"
                   r"|(?:^|/)(?:procfile|entrypoint|start|run|caddyfile)$"
                   r"|(?:^|/)(?:appsettings|ocelot|yarp|krakend)[^/]*\.json$)")  # fmt: skip
SETTINGS = re.compile(r"(?i)(?:^|/)config/(?:[^/]+/)*[^/]+\.ya?ml$")
"""Settings of web frameworks, which refer to variables by their names."""
ORIGIN = re.compile(
    r"(?i)cors|origin|redirect|callback|allowed|audience|issuer|return|logout|clients?(?:_?ur[il])?$|listen|bind|urls$|launch"
)
"""Keys of addresses from which others come, or to which their browsers go."""
PLACEHOLDER = re.compile(r"\$\{(?P<name>[A-Za-z_][\w.-]{0,100})(?::-?(?P<default>[^{}\n]{0,300}))?\}")
MAX_ROUNDS = 3
MAX_VALUE = 2000
"""Placeholders in defaults of placeholders; characters of one value."""
PROXY = re.compile(r"(?i)(?:\.conf(?:\.template)?|nginx[^/]*|envoy[^/]*\.(?:ya?ml|json)|\.(?:template|tmpl))$")
NO_CONFIGURATION = re.compile(
    r"(?i)(?:^|/)(?:(?:docker-)?compose[^/]*\.ya?ml|package(?:-lock)?\.json|pom\.xml|[^/]*lock[^/]*)$"
)
SPRING = re.compile(
    r"(?i)(?:^|/)(?P<stem>[\w-]+?)(?:-(?:dev|prod|production|docker|local|default|kubernetes|k8s))?\.ya?ml$"
)
CONVENTION = re.compile(
    r"^(?:SPRING|QUARKUS|MICRONAUT|EUREKA|KC|MANAGEMENT|MP|ZIPKIN|ConnectionStrings|CONNECTIONSTRINGS|OTEL_EXPORTER)_"
)
"""Prefixes of variables that Spring Boot, Quarkus, Micronaut, .NET bind to settings of the same name."""


class ConfigurationReader:
    """Reads what is neither a manifest nor code with a grammar."""

    name = "configuration"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return the edges of configuration files and of variables that no code reader can judge."""
        gatherer = Gatherer(tree, known.services)
        directory = Directory(known.services)
        edges: list[Edge] = []
        rules: list[Rule] = []
        for service in known.services:
            files = gatherer.files(service)
            given = [v for v in known.variables if v.service == service.name]
            values = {v.name: v.value for v in given}
            texts = _Texts(gatherer, values)
            for path in files:
                edges.extend(_file_edges(texts, directory, service, path))
                if PROXY.search(path):
                    rules.extend(proxy_rules(service.name, texts.text(path), path))
            edges.extend(_variable_edges(gatherer, directory, service, given, files))
        return Findings(edges=tuple(edges), rules=tuple(rules))


class _Texts:
    """Files of one service, with placeholders written out: by its variables, else by their defaults."""

    def __init__(self, gatherer: Gatherer, values: dict[str, str]) -> None:
        self._gatherer, self._values = gatherer, values

    def files(self, service: Service) -> tuple[str, ...]:
        return self._gatherer.files(service)

    def text(self, path: str) -> str:
        text = self._gatherer.text(path) or ""
        for _ in range(MAX_ROUNDS if "${" in text else 0):
            text = PLACEHOLDER.sub(self._value, text)
        return text

    def _value(self, match: "re.Match[str]") -> str:
        given, default = self._values.get(match.group("name")), match.group("default")
        found = match.group(0) if given is None and default is None else given if given is not None else default or ""
        return found if "\n" not in found and len(found) < MAX_VALUE else ""


def _file_edges(gatherer: "_Texts", directory: Directory, service: Service, path: str) -> list[Edge]:
    resource = re.search(r"(?:^|/)(?:resources|config|conf)/", path) or re.match(
        r"(?:application|bootstrap)", name_of(path)
    )
    if PLAIN.search(path) or DOCKERFILE.match(name_of(path)):
        found = of_lines(gatherer.text(path), path)
        return [edge for named in found for edge in _to(directory, service, named, SETTING)]
    match = SPRING.search(path)
    if (
        service.language is None
        and resource is None
        and CONFIGURATION.search(f"/{path}")
        and not NO_CONFIGURATION.search(path)
    ):
        # A foreign program in an image of one's own: what stands beside its Dockerfile configures it.
        text = gatherer.text(path)
        found = [] if "apiVersion:" in text and "\nkind:" in text else addresses_of(text, path)
        return [edge for named in found for edge in _to(directory, service, named, SETTING)]
    if match is None or resource is None:
        return []
    owner = _configured(gatherer, directory, service, path, match.group("stem"))
    if owner is None:
        return []
    found = _values(gatherer.text(path), path)
    return [edge for named in found for edge in _to(directory, owner, named, SETTING)]


def _configured(gatherer: "_Texts", directory: Directory, service: Service, path: str, stem: str) -> Service | None:
    """Return the service that a configuration file is for: a configuration server holds those of others by name."""
    found = None if stem in ("application", "bootstrap") else directory.find(stem)
    if found is not None:
        return found
    siblings = {SPRING.search(p) for p in gatherer.files(service) if parent_of(p) == parent_of(path)}
    return None if any(m and directory.find(m.group("stem")) not in (None, service) for m in siblings) else service


def _values(text: str, path: str) -> list[Named]:
    try:
        return of_yaml(text, path)
    except DocumentError:
        return []


def _to(
    directory: Directory,
    service: Service,
    named: Named,
    confidence: float,
    variable: str | None = None,
) -> list[Edge]:
    key, address, at = named
    target = directory.find(address.host) or _beside(directory, address, key)
    if target is None or target.name == service.name:
        return []
    product = protocol_of(target.image, target.name) if target.kind != "service" else None
    protocol = product or address.protocol or ("http" if target.kind == "service" else "tcp")
    sync = target.kind != "broker"
    return [Edge(service.name, target.name, protocol, sync, confidence, (at,), address_env=variable)]


def _beside(directory: Directory, address: Address, key: str) -> Service | None:
    """Return the only product that speaks what this port of the own machine is known for, or the service with it."""
    if normalise(address.host) not in LOCAL or address.port is None:
        return None
    if address.port in PORTS:
        return directory.only(PORTS[address.port])
    return None if not key or ORIGIN.search(key) else directory.at_port(address.port)


def _variable_edges(
    gatherer: Gatherer, directory: Directory, service: Service, given: list[Variable], files: tuple[str, ...]
) -> list[Edge]:
    """Return edges of variables whose reading no syntax tree can show."""
    if service.kind != "service" or not given:
        return []
    plain = [
        p
        for p in files
        if PLAIN.search(p)
        or DOCKERFILE.match(name_of(p))
        or (SPRING.search(p) and "resources/" in p)
        or SETTINGS.search(p)
    ]
    texts = "\n".join(filter(None, map(gatherer.text, plain)))
    has_code = any(language_of(path) or PLAIN.search(path) for path in files)
    edges: list[Edge] = []
    for variable in given:
        if not has_code:
            confidence = UNREAD
        elif re.search(rf"(?<![\w]){re.escape(variable.name)}(?![\w])", texts):
            confidence = SETTING
        elif CONVENTION.match(variable.name) or _is_setting(variable.name, texts):
            confidence = FRAMEWORK
        else:
            continue
        bare = bare_address(variable.name, variable.value)
        for address in addresses_in(variable.value) or ((bare,) if bare else ()):
            edges += _to(directory, service, (variable.name, address, variable.location), confidence, variable.name)
    return edges


def _is_setting(name: str, texts: str) -> bool:
    """Tell whether a property file has the setting that the variable overrides: ``ORDERS_URL`` for ``orders.url``."""
    wanted = normalise(name.replace("_", "-"))
    keys = re.findall(r"(?m)^\s*([\w.-]+)\s*[=:]", texts)
    return any("." in key and normalise(key) == wanted for key in keys)
