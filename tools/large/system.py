"""Draws the systems: domains of services in several languages, who calls whom, with which timeouts and retries."""

import random
from dataclasses import dataclass, field

from large.words import NOUNS, ROLES

LANGUAGES = ("python", "go", "java", "javascript", "typescript", "c_sharp")
DOMAIN_SIZE = 25
CALLS = (0, 1, 1, 2, 2, 3, 4)
"""Services that one calls: a draw from these, so 1.9 on average."""
APART = 10
"""Every so manieth domain neither calls another nor is called by one."""


@dataclass(frozen=True)
class Call:
    """What one service calls, and how."""

    target: str
    timeout_ms: int | None
    retries: int | None


@dataclass
class Unit:
    """One service with its code."""

    name: str
    domain: str
    language: str
    calls: list[Call] = field(default_factory=list)
    database: str | None = None

    @property
    def directory(self) -> str:
        """Where its code is."""
        return f"services/{self.domain}/{self.name}"


@dataclass(frozen=True)
class System:
    """All services, and which domains are deployed with Kubernetes; the others with compose."""

    units: tuple[Unit, ...]
    domains: tuple[str, ...]

    def kind(self, domain: str) -> str:
        """Return ``compose`` or ``kubernetes``."""
        return "compose" if self.domains.index(domain) % 2 else "kubernetes"

    def truth(self) -> dict[str, list[dict[str, object]]]:
        """Return services and edges, as ``arc sim graph`` should find them."""
        services: list[dict[str, object]] = []
        edges: list[dict[str, object]] = []
        for unit in self.units:
            services.append({"name": unit.name, "kind": "service", "domain": unit.domain})
            if unit.database:
                services.append({"name": unit.database, "kind": "database", "domain": unit.domain})
                edges.append({"source": unit.name, "target": unit.database, "timeout_ms": None, "retries": None})
            for call in unit.calls:
                edges.append({"source": unit.name, "target": call.target, "timeout_ms": call.timeout_ms,
                              "retries": call.retries})  # fmt: skip
        return {"services": services, "edges": edges}


def draw_system(services: int, draw: random.Random) -> System:
    """Return a system of so many services; at most 1,440."""
    names = [f"{noun}-{role}" for noun in NOUNS for role in ROLES]
    if not 1 <= services <= len(names):
        raise ValueError(f"between 1 and {len(names)} services")
    chosen = draw.sample(names, services)
    domains = tuple(f"{NOUNS[i % len(NOUNS)]}-domain-{i}" for i in range(-(-services // DOMAIN_SIZE)))
    units = [Unit(name, domains[i // DOMAIN_SIZE], draw.choice(LANGUAGES)) for i, name in enumerate(chosen)]
    for index, unit in enumerate(units):
        for target in _targets(units, index, draw):
            timeout = draw.choice((None, 250, 500, 800, 1000, 1500, 2000, 3000, 5000))
            retries = draw.choice((None, None, None, 1, 2, 3)) if unit.language in ("python", "javascript") else None
            unit.calls.append(Call(target.name, timeout, retries))
        if draw.random() < 0.25:
            unit.database = f"{unit.name}-db"
    return System(tuple(units), domains)


def _targets(units: list[Unit], index: int, draw: random.Random) -> list[Unit]:
    """Return later services of the same domain, sometimes one of another: there are no cycles."""
    number = index // DOMAIN_SIZE
    own = units[index + 1 : (number + 1) * DOMAIN_SIZE]
    found = draw.sample(own, min(draw.choice(CALLS), len(own)))
    other = units[(number + 1) * DOMAIN_SIZE :]
    if other and number % APART != 0 and draw.random() < 0.15:
        target = draw.choice(other)
        if (units.index(target) // DOMAIN_SIZE) % APART != 0:
            found.append(target)
    return found
