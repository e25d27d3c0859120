"""Declared HTTP clients of Micronaut and Quarkus: the annotation names a service, or a setting with its address."""

import re
from collections.abc import Iterator

from arc_sim.causal.addresses import Address, addresses_in
from arc_sim.causal.readers.deploy.texts import text_at
from arc_sim.causal.readers.frameworks.settings import Setting, resolved
from arc_sim.causal.tree import Tree
from arc_sim.model import Location

MARKS = (b"@Client(", b"@RegisterRestClient")
DECLARED = re.compile(
    r"@(?P<kind>Client|RegisterRestClient)\s*\((?P<arguments>[^()]{0,400}(?:\([^()]{0,200}\)[^()]{0,200})?)\)"
)
NAMED = re.compile(r'(?:^|[,\s(])(?:(?P<name>\w+)\s*=\s*)?"(?P<value>[^"]{1,300})"')
KEYS = ("quarkus.restclient.{}.url", "quarkus.restclient.{}.uri", "micronaut.http.services.{}.url",
        "micronaut.http.services.{}.urls[0]", "micronaut.http.services.{}.urls")  # fmt: skip
"""Settings that give the address of a named client, as ``Setting.normal`` writes keys."""


def declared_clients(tree: Tree, files: list[str], settings: list[Setting]) -> Iterator[tuple[Address, Location]]:
    """Yield the hosts of declared clients with the place of the annotation; a bare name is a host too."""
    known = {item.key: item.value for item in settings}
    normal = {item.normal: resolved(item.value, known) for item in settings}
    for path in files:
        if not path.endswith((".java", ".kt", ".groovy")) or not _is_marked(tree, path):
            continue
        text = text_at(tree, path)
        for match in DECLARED.finditer(text):
            value = _value(match.group("kind"), match.group("arguments"))
            at = Location(path, text.count("\n", 0, match.start()) + 1)
            for address in _addresses(resolved(value, known), normal):
                yield address, at


def _is_marked(tree: Tree, path: str) -> bool:
    try:
        content = tree.read(path)
    except (KeyError, ValueError):
        return False
    return any(mark in content for mark in MARKS)


def _value(kind: str, arguments: str) -> str:
    """Return what names the service: ``id``, ``configKey``, ``baseUri``, or the only value."""
    given = {match.group("name") or "value": match.group("value") for match in NAMED.finditer(arguments)}
    names = ("id", "value") if kind == "Client" else ("configKey", "baseUri")
    return next((given[name] for name in names if name in given), "")


def _addresses(value: str, normal: dict[str, str]) -> list[Address]:
    name = re.sub(r"[-_]", "", value.lower())
    for key in KEYS:
        found = addresses_in(normal.get(key.format(name), ""))
        if found:
            return list(found)
    found = addresses_in(value)
    if found:
        return list(found)
    return [Address(value, "http")] if re.fullmatch(r"[A-Za-z][\w.-]*", value) else []
