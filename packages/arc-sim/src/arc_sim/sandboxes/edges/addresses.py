"""Environment values, rewritten so that a service finds the others where they are in the sandbox. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from arc_sim.errors import SandboxError
from arc_sim.model import Graph

_TEMPLATE = re.compile(r"\$\{(PORT|ADDRESS:[^}]+|URL:[^}]+)\}")
_SHELL_DEFAULT = re.compile(r"\$\{[A-Za-z_]\w*(?::?[-?+]([^}]*))?\}")  # compose's ${NAME:-default}
_ADDRESS_NAME = re.compile(
    r"(^|_)(ADDR|ADDRESS|HOST|HOSTNAME|SERVER|SERVICE|UPSTREAM|TARGET|URL|URI|ENDPOINT)S?$", re.I
)


@dataclass(frozen=True)
class Place:
    """Where a service is to be found by one caller."""

    host: str
    port: int
    plain_text: bool = False
    """Whether it speaks no TLS, so that an https:// in front of it must go."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class HostNames:
    """Recognises the services of a graph by the host names that its files use for them."""

    def __init__(self, graph: Graph, extra: Iterable[str] = ()) -> None:
        self._service_of: dict[str, str] = {name.lower(): name for name in extra}
        for node in graph.services:
            for alias in node.aliases:
                self._service_of.setdefault(alias.lower(), node.name)
        for node in graph.services:
            self._service_of[node.name.lower()] = node.name
        names = sorted(filter(_is_host_name, self._service_of), key=len, reverse=True)
        hosts = "|".join(re.escape(name) for name in names) or r"(?!)"
        self._pattern = re.compile(
            rf"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<user>(?<=://)[^/@\s]*@)?(?<![\w.-])(?P<host>{hosts})"
            r"(?P<suffix>(?:\.[\w-]+)?\.svc(?:\.cluster\.local)?\.?)?(?P<port>:\d+)?(?![\w.-])",
            re.IGNORECASE,
        )

    def rewrite(self, name: str, value: str, place_of: Callable[[str], Place]) -> str:
        """Return the value with the address of each known service replaced.

        An address is ``scheme://host[:port]`` or ``host:port``; a bare host counts only when it is the whole value
        and the variable's name says that it is an address.
        """
        bare = _ADDRESS_NAME.search(name) is not None

        def replaced(match: re.Match[str]) -> str:
            is_whole = match.group(0) == value.strip()
            if not (match["scheme"] or match["user"] or match["port"] or (bare and is_whole)):
                return match.group(0)
            place = place_of(self._service_of[match["host"].lower()])
            scheme = match["scheme"] or ""
            if place.plain_text:
                scheme = re.sub(r"^(http|ws)s://", r"\1://", scheme, flags=re.IGNORECASE)
            return f"{scheme}{match['user'] or ''}{place}"

        return self._pattern.sub(replaced, value)

    def canonical(self, name: str) -> str | None:
        """Return the service of that name or alias."""
        return self._service_of.get(name.lower())


def _is_host_name(name: str) -> bool:
    return re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", name) is not None


def expand(value: str, own_port: int | None, names: HostNames, place_of: Callable[[str], Place]) -> str:
    """Fill ``${PORT}``, ``${ADDRESS:service}``, ``${URL:service}``; others get their default as in a compose file."""

    def filled(match: re.Match[str]) -> str:
        kind, _, target = match.group(1).partition(":")
        if kind == "PORT":
            if own_port is None:
                raise SandboxError("${PORT} is used by a service without a port", code="sandbox.template")
            return str(own_port)
        service = names.canonical(target)
        if service is None:
            raise SandboxError(f"${{{match.group(1)}}} names no known service", code="sandbox.template")
        return f"http://{place_of(service)}" if kind == "URL" else str(place_of(service))

    return _SHELL_DEFAULT.sub(lambda match: match.group(1) or "", _TEMPLATE.sub(filled, value))


def service_environment(
    env: Mapping[str, str], own_port: int | None, names: HostNames, place_of: Callable[[str], Place]
) -> dict[str, str]:
    """Return the environment of one service with every address of another rewritten.

    ``X_HOST: orders`` next to an ``X_PORT`` is rewritten as a pair.
    """
    out: dict[str, str] = {}
    pairs: dict[str, str] = {}
    for name, value in env.items():
        port_name = re.sub(r"HOST(NAME)?$", "PORT", name)
        service = names.canonical(value.strip())
        if port_name != name and port_name in env and service is not None:
            place = place_of(service)
            out[name] = place.host
            pairs[port_name] = str(place.port)
        else:
            out[name] = names.rewrite(name, expand(value, own_port, names, place_of), place_of)
    return {**out, **pairs}


def mentioned(env: Mapping[str, str], names: HostNames) -> set[str]:
    """Return the services whose addresses the environment holds."""
    found: set[str] = set()

    def note(service: str) -> Place:
        found.add(service)
        return Place("", 0)

    service_environment(env, 0, names, note)
    return found
