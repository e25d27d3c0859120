"""Follows addresses through the code of one service: from variables and literals to the calls that use them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from arc_sim.causal.addresses import Directory, addresses_in
from arc_sim.causal.code.flow.shapes import builds, has_address_part, is_address_like
from arc_sim.causal.code.flow.texts import CONCATENATION, FORMATS, Place, Texts
from arc_sim.causal.code.program import CallSite, Expression, Function, Program
from arc_sim.causal.readers.base import Variable
from arc_sim.model import Location

MAX_HOPS = 6
"""Definitions followed from a call to an address. Deeper chains were never an address where we looked."""

MAX_CALLERS = 24
"""Calls of one function whose arguments are followed."""

NEAR = 5
"""Hops up to which a call counts as a use of the address, with its timeouts and handlers."""

CONNECTS = re.compile(
    r"(?i)connect|(?<!with)client|redis|mongo|pool|channel|dial|connection|producer|consumer|getinstances|feignclient|"
    r"loadbalance|create_engine|session|proxy|stub|^@\w*client$|lookup_?host|host_?port"
)
"""Calls to which a bare service name is an address."""
HOST_KEYWORD = re.compile(
    r"(?i)^(?:host|hostname|server|servers|addr|address|url|uri|base_?ur[il]|endpoint|hosts|name|value|serviceid)$"
)

SERVICE_CONSTANT = re.compile(r"(?:^|\.)\w*(?:Service|Server|Host|App)\w*\.([A-Z][A-Z0-9_]+)$")
"""A member of an enumeration of services, called like the service."""

CONFIGURED = re.compile(
    r"\[(?:(?P<name>[A-Za-z_]\w*)\+)?\"(?P<text>[\w.-]+)\"\](?:\[\"|\.)(?:addr|address|host|hostname|url|uri|endpoint|server)\b"
)
"""An address in a table of services that is read when the program runs."""

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

    def __init__(
        self, programs: tuple[Program, ...], directory: Directory, given: dict[str, Variable] | None = None
    ) -> None:
        self.programs = programs
        self._directory = directory
        self._given = given or {}
        self._texts = Texts(self)
        self._exported: dict[str, list[Place]] = {}
        self._functions: dict[str, tuple[Program, Function]] = {}
        self._lookups: dict[tuple[str, str], int] = {}
        self._fields: dict[str, list[Place]] = {}
        self._reached: dict[tuple[int, int, str], dict[Key, int]] = {}
        self._keys: dict[int, list[Key]] = {}
        self._folded: dict[int, list[str]] = {}
        self._callers: dict[tuple[str, str], list[tuple[Program, CallSite]]] = {}
        self._index()
        self._builders = {name for p in programs for name, found in p.returns.items() if builds(found)}
        self.read_by_call = [read for program in programs for read in self._read_by_calls(program)]
        self._filled()

    def _index(self) -> None:
        for program in self.programs:
            for (scope, name), values in program.definitions.items():
                if scope == 0:
                    short = name.rpartition(".")[2]
                    homes = program.homes.get(name, ())
                    self._exported.setdefault(short, []).extend(
                        (program, homes[i] if i < len(homes) else 0, value) for i, value in enumerate(values)
                    )
            for function in program.functions:
                self._functions.setdefault(function.name, (program, function))
            for function_name, index in program.lookups.items():
                self._lookups[_family(program), function_name] = index
        for program, site in [(p, site) for p in self.programs for site in p.calls]:
            short = site.call.text.rpartition(".")[2]
            if short in self._functions:
                self._callers.setdefault((_family(program), short), []).append((program, site))

    def function(self, program: Program, callee: str) -> tuple[Program, Function] | None:
        """Return the function or class of this service, in the caller's language, that a callee names."""
        found = self._functions.get(callee.rpartition(".")[2])
        return found if found is not None and _family(found[0]) == _family(program) else None

    def variable(self, name: str) -> str | None:
        """Return what manifests give to a variable or to the setting that it overrides."""
        found = self.given(name)
        return found.value if found is not None else None

    def given(self, name: str) -> Variable | None:
        """Return the variable of that name, or the one to which frameworks bind a setting of that name."""
        for form in (name, name.replace(":", "__"), re.sub(r"[.\-:]", "_", name).upper()):
            if form in self._given:
                return self._given[form]
        return None

    def results(self, program: Program, call: Expression) -> list[tuple[Place, dict[str, Expression]]]:
        """Return what an own function gives back, with its parameters' values."""
        known = self.function(program, call.text)
        if known is None:
            return []
        home, function = known
        plain = [item for key, item in call.items if key is None]
        given = {name: value for (name, _), value in zip(function.parameters, plain, strict=False)}
        given.update({key: item for key, item in call.items if key and key != "."})
        return [((home, scope, value), given) for scope, value in home.returns.get(function.name, ())[:3]]

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
        if not value.items and value.kind not in ("name", "call"):
            return dict.fromkeys(self._said(program, scope, value), 0)
        mark = (id(program), scope, value.text) if value.kind == "name" else (id(value), 0, "")
        found = self._reached.get(mark)
        if found is None:
            # A value that leads back to itself adds nothing there.
            self._reached[mark] = {}
            found = self._reached[mark] = self._collect(program, scope, value)
        return found

    def composed(self) -> list[tuple[Program, Expression, str]]:
        """Return the texts that the code puts together and that look like addresses."""
        found = []
        for program in self.programs:
            for scope, value in program.composites:
                found += [(program, value, text) for text in self._texts_of(program, scope, value)]
        return found

    def texts(self, program: Program, scope: int, value: Expression) -> list[str]:
        """Return what a value may be as text; parts that are not known are ``texts.UNKNOWN``."""
        return self._texts.of(program, scope, value)

    def values(self, program: Program, scope: int, name: str) -> list[tuple[Program, int, Expression]]:
        """Return what a name may hold: nearest scope first, then the file, then what the service defines once."""
        current: int | None = scope
        while current is not None:
            values = program.definitions.get((current, name))
            if values:
                homes = program.homes.get(name, ()) if current == 0 else ()
                return [(program, homes[i] if i < len(homes) else current, v) for i, v in enumerate(values)]
            current = program.parents.get(current)
        short = name.rpartition(".")[2]
        if "." in name and not name.startswith("self."):
            prefix = name.rpartition(".")[0]
            inner = self.values(program, scope, prefix) if "[" not in prefix else []
            # What is only handed in (`this.orders = orders`) says nothing; its method may.
            own = prefix.rpartition(".")[2]
            if any(value.kind != "name" or value.text != own for _, _, value in inner):
                return inner
        exported = self._exported.get(short, [])
        return exported if len({id(home) for home, _, _ in exported}) == 1 else []

    def callers(self, program: Program, function: str) -> list[tuple[Program, CallSite]]:
        """Return the calls of an own function."""
        return self._callers.get((_family(program), function), [])[:MAX_CALLERS]

    def anywhere(self, name: str) -> list[Place]:
        """Return what a field of that name is given anywhere, when that is one place only."""
        if not self._fields:
            for program in self.programs:
                for (scope, known), values in program.definitions.items():
                    short = known.rpartition(".")[2]
                    self._fields.setdefault(short, []).extend((program, scope, value) for value in values)
        found = self._fields.get(name, [])
        return found if len({(id(program), scope) for program, scope, _ in found}) == 1 else []

    def passed(self, program: Program, scope: int, name: str) -> list[Place]:
        """Return what callers give to a parameter of the function around."""
        current: int | None = scope
        while current is not None:
            owner = program.owners.get(current)
            known = self._functions.get(owner) if owner else None
            names = [parameter for parameter, _ in known[1].parameters] if known and known[0] is program else []
            if owner and name in names:
                callers = self._callers.get((_family(program), owner), [])[:MAX_CALLERS]
                found = [_argument(caller, site, name, names.index(name)) for caller, site in callers]
                return [argument for argument in found if argument is not None]
            current = program.parents.get(current)
        return []

    def _read_by_calls(self, program: Program) -> list[tuple[Program, Expression]]:
        """Return the variables that own functions read, at their calls."""
        family, found = _family(program), []
        for site in program.calls if self._lookups else ():
            index = self._lookups.get((family, site.call.text.rpartition(".")[2]))
            read = _looked_up(site.call, index) if index is not None else None
            if read is None:
                continue
            found.append((program, read))
            for key, item in site.call.items:
                if key is None and item.kind == "name":
                    # `mustMapEnv(&svc.addr, "ADDR")`: the value ends in the argument.
                    self._exported.setdefault(item.text.rpartition(".")[2], []).append((program, 0, read))
        return found

    def _filled(self) -> None:
        """Names that nobody assigns but an own function gets (Go's out parameters) hold what that call makes."""
        made: dict[str, list[Place]] = {}
        for program in self.programs:
            for site in program.calls if program.language == "go" else ():
                if self.function(program, site.call.text) is None:
                    continue
                for key, item in site.call.items:
                    short = item.text.rpartition(".")[2]
                    if key is None and item.kind == "name" and "." in item.text and short not in self._exported:
                        made.setdefault(short, []).append((program, site.scope, site.call))
        for short, values in made.items():
            self._exported[short] = values[:1]

    def _collect(self, program: Program, scope: int, value: Expression) -> dict[Key, int]:
        found = dict.fromkeys(self._said(program, scope, value), 0)
        if value.kind in ("name", "call"):
            values = self.values(program, scope, value.text)
            if not values and value.kind == "name":
                values = self.passed(program, scope, value.text)
                found.update(self._bare_arguments(value.text, values))
            for home, inner, definition in values:
                for key, hops in self.addresses(home, inner, definition).items():
                    if hops < MAX_HOPS:
                        found[key] = min(hops + 1, found.get(key, MAX_HOPS))
        for _, item in value.items:
            for key, hops in self.addresses(program, scope, item).items():
                found[key] = min(hops, found.get(key, hops))
        return found

    def _bare_arguments(self, parameter: str, given: list[Place]) -> dict[Key, int]:
        """Return the services whose bare names a parameter called ``host`` or the like is given."""
        words = [value.text for _, _, value in given if value.kind == "string" and not value.items]
        if parameter.lower() == "name" or not HOST_KEYWORD.search(parameter):
            return {}
        return {("host", word): 1 for word in words if re.fullmatch(r"[\w.-]+", word) and self._directory.find(word)}

    def _said(self, program: Program, scope: int, value: Expression) -> list[Key]:
        """Return the addresses that an expression itself names; each expression is looked at once."""
        if value.kind == "name" and "[" in value.text:
            return [("host", host) for host in self._configured(program, scope, value)]
        if value.kind in ("name", "number", "group"):
            return []
        known = self._keys.get(id(value))
        if known is None:
            known = self._keys[id(value)] = self._named(program, scope, value)
        return known

    def _named(self, program: Program, scope: int, value: Expression) -> list[Key]:
        if value.kind == "env":
            return [("env", value.text)]
        hosts: list[str] = []
        if value.kind == "string" and not value.items:
            hosts = [address.host for address in addresses_in(value.text)]
        elif value.kind in ("string", "op", "call"):
            hosts = [a.host for text in self._texts_of(program, scope, value) for a in addresses_in(text)]
        found: list[Key] = [("host", host) for host in hosts]
        if value.kind == "call":
            found += [("host", host) for host in self._bare_hosts(program, scope, value)]
            index = self._lookups.get((_family(program), value.text.rpartition(".")[2]))
            read = _looked_up(value, index) if index is not None else None
            found += [("env", read.text)] if read is not None else []
        return found

    def _texts_of(self, program: Program, scope: int, value: Expression) -> list[str]:
        """Return the texts of a value that is put together and may be an address; each is made once."""
        known = self._folded.get(id(value))
        if known is None:
            known = self._texts.of(program, scope, value) if self._may_be_address(value) else []
            self._folded[id(value)] = known
        return known

    def _may_be_address(self, value: Expression) -> bool:
        if value.kind == "call":
            last = value.text.rpartition(".")[2]
            if last in self._builders:
                return True
            if last not in FORMATS and last != "JoinHostPort":
                return False
            return last == "JoinHostPort" or any(is_address_like(i.text) for _, i in value.items if i.kind == "string")
        if value.kind == "op":
            return value.text in {*CONCATENATION, "%"} and has_address_part(value)
        return value.kind == "string" and bool(value.items) and is_address_like(value.text)

    def _bare_hosts(self, program: Program, scope: int, call: Expression) -> list[str]:
        """Return known service names that stand as a bare word where a call takes an address."""
        found = []
        connects = _is_connection(call.text)
        for key, item in call.items:
            if key is None and connects and item.kind == "name":
                constant = SERVICE_CONSTANT.search(item.text)
                found += [constant.group(1)] if constant and self._directory.find(constant.group(1)) else []
                found += [text for text in self._bound_texts(program, scope, item) if self._directory.find(text)]
            if (key and HOST_KEYWORD.search(key)) or (key is None and connects):
                words = [item] if item.kind == "string" else [part for _, part in item.items if part.kind == "string"]
                found += [w.text for w in words if re.fullmatch(r"[\w.-]+", w.text) and self._directory.find(w.text)]
        return found

    def _configured(self, program: Program, scope: int, value: Expression) -> list[str]:
        """Return the service of ``config["orders"]["addr"]`` and of ``config[name + "-redis"]["host"]``."""
        match = CONFIGURED.search(value.text)
        if match is None:
            return []
        if not match.group("name"):
            texts = [match.group("text")]
        else:
            parts = (Expression("name", match.group("name"), value.line), Expression("string", match.group("text"), 0))
            joined = Expression("op", "+", value.line, tuple((None, part) for part in parts))
            texts = self._texts.of(program, scope, joined)
        return [text for text in texts if self._directory.find(text)]

    def _bound_texts(self, program: Program, scope: int, name: Expression) -> list[str]:
        """Return the plain words that a name may hold."""
        if "." in name.text or "[" in name.text:
            return []
        return [text for text in self._texts.of(program, scope, name) if re.fullmatch(r"[a-zA-Z][\w.-]*", text)]


def _argument(program: Program, site: CallSite, name: str, index: int) -> Place | None:
    plain = [item for key, item in site.call.items if key is None]
    given = next((item for key, item in site.call.items if key == name), None)
    chosen = given or (plain[index] if index < len(plain) else None)
    return (program, site.scope, chosen) if chosen is not None else None


def _looked_up(call: Expression, index: int) -> Expression | None:
    """Return the variable that a call of an own reading function names, with its default."""
    plain = [item for key, item in call.items if key is None]
    if index >= len(plain) or plain[index].kind != "string":
        return None
    rest = tuple((None, item) for item in plain[index + 1 :] if item.kind in ("string", "number"))
    return Expression("env", plain[index].text, call.line, rest)


def _family(program: Program) -> str:
    return "javascript" if program.language in ("typescript", "tsx") else program.language


@lru_cache(maxsize=20_000)
def _is_connection(callee: str) -> bool:
    return CONNECTS.search(_own_name(callee)) is not None


def _own_name(callee: str) -> str:
    """Return the last two parts of a plain callee, the last one of a chain: what this very call is named."""
    plain = re.search(r"(?:\w+\.)?@?\w+$", callee)
    chained = callee.rpartition(".")[2]
    return plain.group() if plain and "(" not in callee else chained


def place(program: Program, line: int) -> Location:
    """Return a location in a program."""
    return Location(program.path, line)
