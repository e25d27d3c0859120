"""Code: variables that it reads, addresses that it names, the calls behind them with timeouts, retries, fallbacks."""

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from arc_sim.causal.addresses import addresses_in, bare_address
from arc_sim.causal.code.flow.service import Key, Use, place
from arc_sim.causal.code.flow.settings import Reader as SettingsReader
from arc_sim.causal.code.library import library_of
from arc_sim.causal.code.program import Expression
from arc_sim.causal.code.scan import ServiceInput, scan
from arc_sim.causal.kinds import protocol_of
from arc_sim.causal.merging.resilience import settled
from arc_sim.causal.readers.base import Findings, Known, Rule
from arc_sim.causal.tree import Tree
from arc_sim.model import Edge, Location, Service

READ_VARIABLE = 0.9
"""Confidence: a manifest gives the address in a variable, and the code reads that variable."""
LITERAL = 0.75
"""Confidence of an address written in the code."""
CALLED = 0.85
"""The same, when a call with it was found."""

CONSUMES = re.compile(
    r"(?i)^(?:b?[lr]pop|bzpop\w*|list(?:left|right)popa?\w*|xread\w*|basic_?consume|start_?consuming|@(?:Rabbit|Kafka|Jms)Listener|"
    r"receive_?messages?|queue_?subscribe|psubscribe|brpoplpush|blmove)$"
)
"""Calls (and commands in strings) that wait for work in a queue."""
GRPC = re.compile(r"(?i)grpc|insecure_channel|secure_channel|managedchannel|\bdial(?:context)?$|newclient|stub$")


class CodeReader:
    """Reads the code of all services in the languages whose syntax trees we have."""

    name = "code"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return the edges that code shows; a variable that it never reads shows none."""
        found = scan(tree, known, "code")
        edges = [edge for name in sorted(found) for edge in found[name].edges]
        rules = tuple(rule for name in sorted(found) for rule in found[name].rules)
        return Findings(edges=tuple(edges), warnings=library_of(tree).warnings, rules=rules)


def read_service(code: ServiceInput) -> Findings:
    """Return the edges that one service's code shows."""
    found = _ServiceEdges(code)
    return Findings(edges=tuple(found.edges()), rules=found.rules())


@dataclass
class _Target:
    """What is known about one target while the code is read."""

    service: Service
    evidence: list[Location] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    confidence: float = LITERAL
    protocol: str | None = None
    variable: str | None = None


class _ServiceEdges:
    def __init__(self, code: ServiceInput) -> None:
        self._service, self._programs, self._directory, self._given = (
            code.service,
            code.programs,
            code.directory,
            code.given,
        )
        self._shared = code.shared
        self._own = [program for program in code.programs if program.path not in code.shared] or list(code.programs)
        self._code = code.flow
        self._settings = SettingsReader(self._code)
        self._targets: dict[str, _Target] = {}

    def edges(self) -> list[Edge]:
        uses = self._code.uses()
        self._variables()
        self._literals(uses)
        for kind, host in uses:
            if kind == "host":
                for use in uses[(kind, host)][:1]:
                    self._reach(host, None, place(use.program, use.site.call.line), ("host", host))
        return [self._edge(target, uses) for target in self._targets.values()]

    def rules(self) -> tuple[Rule, ...]:
        """Return what the code sets for all its calls at once."""
        settings = self._settings.defaults()
        return tuple(Rule(self._service.name, "*", setting, ("http", "grpc")) for setting in settings)

    def _variables(self) -> None:
        """Variable that the code reads -> value that a manifest gives, or the default in the code -> host."""
        reads = [(program, read) for program in self._programs for read in program.reads]
        for program, read in [*reads, *self._code.read_by_call]:
            at = place(program, read.line)
            given = self._code.given(read.text)
            if given is not None:
                self._value(given.name, given.value, [at, given.location])
                continue
            for _, default in read.items:
                if default.kind == "string":
                    self._value(read.text, default.text, [at])

    def _value(self, name: str, value: str, evidence: list[Location]) -> None:
        found = addresses_in(value)
        bare = bare_address(name, value)
        for address in found or ((bare,) if bare else ()):
            target = self._reach(address.host, address.protocol, evidence[0], ("env", name))
            if target is not None:
                target.evidence.extend(place for place in evidence[1:] if place not in target.evidence)
                target.confidence = max(target.confidence, READ_VARIABLE if len(evidence) > 1 else LITERAL)
                target.variable = target.variable or name

    def _literals(self, uses: dict[Key, list[Use]]) -> None:
        """Addresses in the code itself; those in code that services share count when a call reaches them."""
        for program in self._programs:
            for value in program.strings:
                for address in addresses_in(value.text) if not value.items else ():
                    if program.path in self._shared and ("host", address.host) not in uses:
                        continue
                    self._reach(address.host, address.protocol, place(program, value.line), ("host", address.host))
        for program, value, text in self._code.composed():
            for address in addresses_in(text):
                self._reach(address.host, address.protocol, place(program, value.line), ("host", address.host))

    def _reach(self, host: str, protocol: str | None, at: Location, key: Key) -> _Target | None:
        service = self._directory.find(host)
        if service is None or service.name == self._service.name:
            return None
        target = self._targets.setdefault(service.name, _Target(service))
        if at not in target.evidence:
            target.evidence.append(at)
        if key not in target.keys:
            target.keys.append(key)
        target.protocol = target.protocol or protocol
        return target

    def _edge(self, target: _Target, uses: dict[Key, list[Use]]) -> Edge:
        called = [use for key in target.keys for use in uses.get(key, [])]
        found = self._settings.read(called)
        confidence = max(target.confidence, CALLED) if called else target.confidence
        edge = Edge(
            source=self._service.name,
            target=target.service.name,
            protocol=self._protocol(target, called),
            sync=not self._is_consumer(target.service),
            confidence=confidence,
            evidence=tuple(target.evidence[:8]),
            address_env=target.variable,
        )
        return settled(edge, found.settings)

    def _protocol(self, target: _Target, called: list[Use]) -> str:
        product = protocol_of(target.service.image, target.service.name) if target.service.kind != "service" else None
        if product is not None:
            return product
        if any(GRPC.search(use.site.call.text) for use in called) and self._imports("grpc"):
            return "grpc"
        return target.protocol or ("http" if target.service.kind == "service" else "tcp")

    def _imports(self, word: str) -> bool:
        return any(word in line for program in self._programs for line in program.imports)

    @cached_property
    def _consumers(self) -> tuple[set[int], set[str]]:
        """The own calls that wait for work, and the functions around such calls."""
        found = {
            id(site): site.function for program in self._programs for site in program.calls if _consumes(site.call)
        }
        own = {id(site) for program in self._own for site in program.calls}
        return own & found.keys(), {name for name in found.values() if name}

    def _is_consumer(self, target: Service) -> bool:
        """Tell whether the service takes work from a queue of the target, and so nobody waits for it."""
        if target.kind == "broker":
            return True
        consuming, wrappers = self._consumers
        if consuming and target.kind == "cache":
            return True
        keys = set(self._targets[target.name].keys)
        for program in self._own:
            for site in program.calls:
                # A queue behind an own function or in an own store: when this very call reaches the target.
                _, dot, last = site.call.text.rpartition(".")
                if (id(site) in consuming or (dot and last in wrappers)) and keys.intersection(
                    self._code.addresses(program, site.scope, site.call)
                ):
                    return True
        return False


def _consumes(call: Expression) -> bool:
    if _is_waiting(call.text.rpartition(".")[2]):
        return True
    return next((_is_waiting(item.text) for key, item in call.items if key != "." and item.kind == "string"), False)


@lru_cache(maxsize=20_000)
def _is_waiting(name: str) -> bool:
    return CONSUMES.match(name) is not None
