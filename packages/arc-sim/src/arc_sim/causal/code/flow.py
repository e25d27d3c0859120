"""Follows addresses through the code of one service: from variables and literals to the calls that use them."""

import re
from dataclasses import dataclass

from arc_sim.causal.addresses import Directory, addresses_in
from arc_sim.causal.code.program import CallSite, Expression, Function, Program
from arc_sim.model import Location

MAX_HOPS = 6
"""Definitions followed from a call to an address. Deeper chains were never an address where we looked."""

NEAR = 3
"""Hops up to which a call counts as a use of the address, with its timeouts and handlers."""

CONNECTS = re.compile(
    r"(?i)connect|(?<!with)client|redis|mongo|pool|channel|dial|connection|producer|consumer|getinstances|feignclient|"
    r"loadbalance|create_engine|session|proxy|stub|^@\w*client$"
)
"""Calls to which a bare service name is an address."""
HOST_KEYWORD = re.compile(
    r"(?i)^(?:host|hostname|server|servers|addr|address|url|uri|base_?url|endpoint|hosts|name|value)$"
)

Key = tuple[str, str]
"""``("env", variable)`` or ``("host", host name)``."""


@dataclass(frozen=True)
class Use:
    """A call that reaches an address."""

    program: Program
    site: CallSite
    hops: int


class ServiceCode:
    """All programs of one service, and the names that it can address."""

    def __init__(self, programs: tuple[Program, ...], directory: Directory) -> None:
        self.programs = programs
        self._directory = directory
        self._exported: dict[str, list[tuple[Program, Expression]]] = {}
        self._functions: dict[str, tuple[Program, Function]] = {}
        for program in programs:
            for (scope, name), values in program.definitions.items():
                if scope == 0:
                    short = name.rpartition(".")[2]
                    self._exported.setdefault(short, []).extend((program, value) for value in values)
            for function in program.functions:
                self._functions.setdefault(function.name, (program, function))

    def function(self, program: Program, callee: str) -> tuple[Program, Function] | None:
        """Return the function or class of this service, in the caller's language, that a callee names."""
        found = self._functions.get(callee.rpartition(".")[2])
        return found if found is not None and _family(found[0]) == _family(program) else None

    def uses(self) -> dict[Key, list[Use]]:
        """Return, for each address, the calls that reach it within a few definitions."""
        found: dict[Key, list[Use]] = {}
        for program in self.programs:
            for site in program.calls:
                for key, hops in self.addresses(program, site.scope, site.call).items():
                    if hops <= NEAR:
                        found.setdefault(key, []).append(Use(program, site, hops))
        return found

    def addresses(self, program: Program, scope: int, value: Expression) -> dict[Key, int]:
        """Return the addresses that a value may hold, with the number of definitions between."""
        found: dict[Key, int] = {}
        self._collect(program, scope, value, 0, found, set())
        return found

    def values(self, program: Program, scope: int, name: str) -> list[tuple[Program, int, Expression]]:
        """Return what a name may hold: nearest scope first, then the file, then what the service defines once."""
        current: int | None = scope
        while current is not None:
            values = program.definitions.get((current, name))
            if values:
                return [(program, current, value) for value in values]
            current = program.parents.get(current)
        short = name.rpartition(".")[2]
        if "." in name and not name.startswith("self."):
            prefix = name.rpartition(".")[0]
            inner = self.values(program, scope, prefix) if "[" not in prefix else []
            if inner:
                return inner
        exported = self._exported.get(short, [])
        homes = {id(home) for home, _ in exported}
        return [(home, 0, value) for home, value in exported] if len(homes) == 1 else []

    def _collect(
        self,
        program: Program,
        scope: int,
        value: Expression,
        hops: int,
        found: dict[Key, int],
        seen: set[tuple[int, int, str]],
    ) -> None:
        for key in self._said(value):
            found[key] = min(hops, found.get(key, hops))
        mark = (id(program), scope, value.text)
        if value.kind in ("name", "call") and mark not in seen and hops < MAX_HOPS:
            seen.add(mark)
            for home, inner, definition in self.values(program, scope, value.text):
                self._collect(home, inner, definition, hops + 1, found, seen)
        for _, item in value.items:
            self._collect(program, scope, item, hops, found, seen)

    def _said(self, value: Expression) -> list[Key]:
        """Return the addresses that an expression itself names."""
        if value.kind == "env":
            return [("env", value.text)]
        if value.kind == "string":
            return [("host", address.host) for address in addresses_in(value.text)]
        return [("host", host) for host in self._bare_hosts(value)] if value.kind == "call" else []

    def _bare_hosts(self, call: Expression) -> list[str]:
        """Return known service names that stand as a bare word where a call takes an address."""
        found = []
        connects = CONNECTS.search(_own_name(call.text)) is not None
        for key, item in call.items:
            words = [item] if item.kind == "string" else [part for _, part in item.items if part.kind == "string"]
            if (key and HOST_KEYWORD.search(key)) or (key is None and connects):
                found += [w.text for w in words if re.fullmatch(r"[\w.-]+", w.text) and self._directory.find(w.text)]
        return found


def _family(program: Program) -> str:
    return "javascript" if program.language in ("typescript", "tsx") else program.language


def _own_name(callee: str) -> str:
    """Return the last two parts of a plain callee, the last one of a chain: what this very call is named."""
    plain = re.search(r"(?:\w+\.)?@?\w+$", callee)
    chained = callee.rpartition(".")[2]
    return plain.group() if plain and "(" not in callee else chained


def place(program: Program, line: int) -> Location:
    """Return a location in a program."""
    return Location(program.path, line)
