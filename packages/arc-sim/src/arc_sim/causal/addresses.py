"""Finds host names in values: URLs, ``host:port`` lists, connection strings, bare hosts of address variables."""

import re
from dataclasses import dataclass

from arc_sim.causal.kinds import protocol_of
from arc_sim.model import Service

HOST = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9])?"
URL = re.compile(
    rf"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9+.:-]{{1,40}})://(?:[^@/\s\"'<>]{{0,200}}@)?({HOST}(?::\d{{1,5}})?(?:,{HOST}(?::\d{{1,5}})?)*)"
)
HOST_PORT = re.compile(rf"^({HOST}):(\d{{2,5}})(?:/[^\s]*)?$")
CONNECTION = re.compile(rf"(?i)(?:^|;)\s*(?:server|host|data source|addr|address|endpoint)\s*=\s*(?:tcp:)?({HOST})")
KEYWORD_DSN = re.compile(rf"(?:^|\s)host=({HOST})(?:\s|$)")
ADDRESS_NAME = re.compile(
    r"(?i)(?:^|[_.:-]|^(?:pg|my|db|sql|rabbit|mq|redis|mongo|kafka|mysql|postgres|nats|cache|api|broker))(?:host|hosts|hostname|addr|address|url|uri|server|servers|endpoint|endpoints|broker|brokers|nodes|"
    r"bootstrap|service|service-?id|svc|upstream|backend|dsn|connection|conn)(?:$|[_.-]?(?:name|\d+)?$)"
)
"""Names of variables and keys whose bare value is an address."""

PORTS = {5432: "postgres", 3306: "mysql", 6379: "redis", 27017: "mongodb", 5672: "amqp", 9092: "kafka", 4222: "nats",
         11211: "memcached", 1433: "sqlserver", 9042: "cassandra", 25: "smtp", 1025: "smtp",
         50051: "grpc", 9200: "http"}  # fmt: skip
"""Well-known ports (IANA and the products' defaults)."""

SCHEMES = {"postgresql": "postgres", "jdbc:postgresql": "postgres", "rediss": "redis", "mongodb+srv": "mongodb",
           "https": "http", "lb": "http", "ws": "http", "wss": "http", "amqps": "amqp", "jdbc:mysql": "mysql",
           "jdbc:mariadb": "mysql", "mariadb": "mysql", "tls": "tcp"}  # fmt: skip


MAX_EXPANDED = 100_000
"""Characters that references to other variables may add to one value. A decision: no address is that long, and values
that refer to each other could otherwise grow without bound."""


@dataclass(frozen=True)
class Address:
    """A host that some text names."""

    host: str
    protocol: str | None = None
    """What scheme or port says, None when they say nothing."""
    port: int | None = None


def addresses_in(text: str) -> tuple[Address, ...]:
    """Return the hosts that a value clearly names; a bare word is none (see ``bare_address``)."""
    if len(text) > 20_000 or (":" not in text and "=" not in text):
        return ()
    found = [address for match in URL.finditer(text) for address in _of_url(match)]
    if found:
        return tuple(found)
    for part in text.split(","):
        match = HOST_PORT.match(part.strip())
        if match:
            port = int(match.group(2))
            found.append(Address(match.group(1), PORTS.get(port), port))
    found += [Address(m.group(1)) for m in (*CONNECTION.finditer(text), *KEYWORD_DSN.finditer(text))]
    return tuple(found)


def bare_address(name: str, value: str) -> Address | None:
    """Return the host when ``value`` is a bare word and the name of the variable says that it is an address."""
    if re.fullmatch(HOST, value) and not value.isdigit() and ADDRESS_NAME.search(name):
        return Address(value)
    return None


def port_number(text: str) -> int | None:
    """Return the TCP port that the text is, None when it is none."""
    number = int(text) if re.fullmatch(r"[0-9]{1,5}", text) else 0
    return number if 0 < number < 65536 else None


def normalise(name: str) -> str:
    """Return the form in which names are compared: lower case, every separator a dash."""
    return re.sub(r"[\s_./:]+", "-", name.strip().lower()).strip("-")


LOCAL = frozenset(("localhost", "127-0-0-1", "0-0-0-0", "host-docker-internal", "--1"))
"""Hosts that mean whoever asks, as ``normalise`` writes them: never a service's name."""


class Directory:
    """Finds a service by any of its names."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        self._names: dict[str, Service] = {}
        for rank in (lambda s: (s.name,), lambda s: s.aliases):
            for service in services:
                for name in rank(service):
                    self._names.setdefault(normalise(name), service)
        for name in LOCAL:
            self._names.pop(name, None)

        self._products: dict[str, list[Service]] = {}
        for service in services:
            if service.kind != "service":
                protocol = protocol_of(service.image, service.name) or ""
                self._products.setdefault(protocol, []).append(service)

        self._ports = _by_port(services)

    def at_port(self, port: int) -> Service | None:
        """Return the one service that listens on a port, None when there are none or several."""
        found = self._ports.get(port, [])
        return found[0] if len(found) == 1 else None

    def only(self, protocol: str) -> Service | None:
        """Return the one product that speaks a protocol, None when there are none or several."""
        found = self._products.get(protocol, [])
        return found[0] if len(found) == 1 else None

    def find(self, host: str) -> Service | None:
        """Return the service behind a host, also by its Kubernetes name ``service.namespace.svc...``."""
        exact = self._names.get(normalise(host))
        if exact is not None or "." not in host:
            return exact
        first, *rest = host.lower().split(".")
        inside = len(rest) == 1 or "svc" in rest or rest[-1] in ("local", "internal", "consul")
        return self._names.get(normalise(first)) if inside and not first.isdigit() else None


def _by_port(services: tuple[Service, ...]) -> dict[int, list[Service]]:
    found: dict[int, list[Service]] = {}
    for service in services:
        if service.port is not None and service.kind == "service":
            found.setdefault(service.port, []).append(service)
    return found


def _of_url(match: "re.Match[str]") -> list[Address]:
    scheme = match.group(1).lower()
    # Spring writes `optional:configserver:http://...`, JDBC `jdbc:postgresql://...`.
    inner = scheme if scheme.startswith("jdbc:") else scheme.rpartition(":")[2]
    protocol = SCHEMES.get(inner, inner)
    found = []
    for part in match.group(2).split(","):
        host, _, port = part.partition(":")
        number = int(port) if port else None
        found.append(
            Address(host, PORTS.get(number or 0, protocol) if protocol in ("http", "tcp") else protocol, number)
        )
    return found
