"""gRPC: who registers the services of .proto files, and who uses their stubs, also where the address is opaque."""

import re
from dataclasses import dataclass
from functools import lru_cache

from arc_sim.causal.code.flow.service import place
from arc_sim.causal.code.program import Expression, Program
from arc_sim.causal.code.scan import ServiceInput, scan
from arc_sim.causal.paths import VENDORED, has_no_effect
from arc_sim.causal.readers.base import Findings, Known
from arc_sim.causal.tree import Tree
from arc_sim.model import Edge, Location

STUB = 0.8
"""Confidence of a stub whose service exactly one other service registers."""
AGREES = 0.9
"""The same, when the code also has the server's address."""

EVERYWHERE = frozenset(("Health", "ServerReflection", "Channelz", "Reflection"))
"""Services that every server may register: they say nothing about who calls whom."""

REGISTERS = re.compile(
    r"(?:^|\.)(?:Register(?P<go>\w+)Server|add_(?P<python>\w+)Servicer_to_server|New(?P<twirp>\w+)(?:Server|Handler)|"
    r"(?P<rust>\w+)Server\.(?:new|with_interceptor|from_arc))$"
)
IMPLEMENTS = re.compile(
    r"(?:^|[\w.:]*[.:])?(?:\w+Grpc(?:Kt)?\.)?(?P<name>\w+?)(?:ImplBase|CoroutineImplBase|Servicer|(?:::|\.)(?:Async|Callback)?"
    r"Service|\.\w+Base|(?<=\w)Base)(?:\(\))?$"
)
USES = re.compile(
    r"(?:^|[.<])(?:New(?P<go>\w+?)(?:Protobuf|JSON)?Client|(?P<python>\w+)Stub|(?P<java>\w+)Grpc(?:Kt)?\.(?:new\w*Stub|\w+Stub)|"
    r"(?P<rust>\w+)Client\.(?:new|connect|with_interceptor|with_origin)|(?P<cpp>\w+)\.NewStub|(?P<ruby>\w+)\.Stub\.\w+!?|"
    r"(?P<net>\w+)Client)>?$"
)
IMPORTED = re.compile(r"\b(?P<name>\w+)Grpc(?:Kt)?\.\w*?(?P=name)(?:Blocking|Future|Coroutine|BlockingV2)?Stub\b")
"""Java's imports of stubs that a framework puts into a field."""

TYPED = re.compile(r"<[\w.,<>]*?(\w+(?:Client|Stub))>+$")
CONNECT = frozenset(("createClient", "createPromiseClient", "createCallbackClient"))
"""Connect for Node: the first argument is the service."""
CAPITAL = re.compile(r"(?:^|\.)[A-Z]\w*$")

TOKENS = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*|[{};]", re.DOTALL)
GENERATED = re.compile(
    r"(?:\.pb\.\w+|_pb2(?:_grpc)?\.pyi?|_pb\.\w+|_grpc_pb\.\w+|_services_pb\.rb|\.pb\.h|Grpc\.(?:java|cs))$"
)


@dataclass(frozen=True)
class Mention:
    """A proto service that the code names."""

    name: str
    location: Location


@dataclass(frozen=True)
class GrpcFacts:
    """What one service's code has to do with proto services."""

    servers: tuple[Mention, ...] = ()
    clients: tuple[Mention, ...] = ()


class GrpcReader:
    """Joins stubs with the servers that implement their service."""

    name = "grpc"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return an edge for each stub whose server is one known service, or one whose address the code has too."""
        declared, warnings = _declared(tree)
        if not declared:
            return Findings(warnings=tuple(warnings))
        facts: dict[str, GrpcFacts] = scan(tree, known, "grpc")
        addressed = {(e.source, e.target) for found in scan(tree, known, "code").values() for e in found.edges}
        servers: dict[str, dict[str, Location]] = {}
        for service, found in facts.items():
            for mention in found.servers:
                if mention.name in declared:
                    servers.setdefault(mention.name, {}).setdefault(service, mention.location)
        edges = [
            edge
            for service, found in sorted(facts.items())
            for mention in found.clients
            if mention.name in servers
            for edge in _edges(service, mention, servers[mention.name], addressed)
        ]
        return Findings(edges=tuple(edges), warnings=tuple(warnings))


def read_service(code: ServiceInput) -> GrpcFacts:
    """Return the proto services that one service's code registers, and those whose stubs it makes."""
    servers: dict[str, Mention] = {}
    clients: dict[str, Mention] = {}
    for program in code.programs:
        if GENERATED.search(program.path):
            continue
        for mention in _servers(program):
            servers.setdefault(mention.name, mention)
        # A stub in code that several services share says not which of them uses it.
        for mention in _clients(program) if program.path not in code.shared else ():
            clients.setdefault(mention.name, mention)
    return GrpcFacts(tuple(servers.values()), tuple(clients.values()))


def services_in(text: str) -> list[str]:
    """Return the services that a .proto file declares."""
    words = [token for token in TOKENS.findall(text[:1_000_000]) if token[0] not in "\"'/"]
    found, depth = [], 0
    for index, word in enumerate(words):
        depth += (word == "{") - (word == "}")
        if word == "service" and depth == 0 and words[index + 2 : index + 3] == ["{"]:
            found.append(words[index + 1])
    return found


def _declared(tree: Tree) -> tuple[set[str], list[str]]:
    found: set[str] = set()
    warnings = []
    for path in tree.paths():
        if not path.endswith(".proto") or VENDORED.search(path) or has_no_effect(path):
            continue
        try:
            found.update(services_in(tree.read(path).decode("utf-8", "replace")))
        except (KeyError, ValueError) as error:
            warnings.append(f"{path}: {error}")
    # Generated code writes every name with a capital.
    return {name[:1].upper() + name[1:] for name in found} - EVERYWHERE, warnings


def _edges(service: str, mention: Mention, servers: dict[str, Location], addressed: set[tuple[str, str]]) -> list[Edge]:
    if service in servers:
        return []
    agreeing = [target for target in servers if (service, target) in addressed]
    targets = agreeing or (list(servers) if len(servers) == 1 else [])
    confidence = AGREES if agreeing else STUB
    return [
        Edge(service, target, "grpc", confidence=confidence, evidence=(mention.location, servers[target]))
        for target in targets
    ]


def _servers(program: Program) -> list[Mention]:
    found = []
    for site in program.calls:
        names = list(_registered(site.call.text))
        if site.call.text.rpartition(".")[2] in ("addService", "add_service"):
            names += _added(site.call)
        if site.call.text in ("router.service", "self.router.service", "routes.service"):
            # Connect for Node: `router.service(Cart, {...})`.
            names += [
                item.text.rpartition(".")[2] for key, item in site.call.items[:2] if item.kind == "name" and key is None
            ]
        if site.call.text == "use":
            names += [
                item.text.split(".")[-2] for item in _named(site.call, "service") if item.text.endswith(".Service")
            ]
        found += [Mention(name, place(program, site.call.line)) for name in names]
    for item in program.classes:
        for base in item.bases:
            names = _matched(IMPLEMENTS.search(base))
            names += re.findall(r"(\w+)\.\1Base$", base)
            names += [base.rpartition("::")[2]] if program.language == "rust" else []
            found += [Mention(name, place(program, item.line)) for name in names if name]
    return found


def _added(call: Expression) -> list[str]:
    """``server.addService(shop.Cart.service, {...})``, ``add_service(CartServer::new(x))``."""
    found = []
    for key, item in call.items:
        if key is None and item.kind == "name":
            parts = item.text.split(".")
            found += [parts[-2]] if parts[-1] == "service" and len(parts) > 1 else []
            found += [re.sub(r"(?:Definition|Service)$", "", parts[-1]), parts[-1]]
    return found


def _named(call: Expression, wanted: str) -> list[Expression]:
    pending, found = [call], []
    while pending:
        for key, item in pending.pop().items:
            if key == wanted:
                found.append(item)
            elif item.kind == "group":
                pending.append(item)
    return found


def _clients(program: Program) -> list[Mention]:
    found = []
    for site in program.calls:
        text = TYPED.sub(r".\1", site.call.text) if site.call.text.endswith(">") else site.call.text
        names = list(_used(text))
        plain = [item for key, item in site.call.items if key != "."]
        if text in CONNECT and len(plain) > 1 and plain[0].kind == "name":
            names.append(plain[0].text.rpartition(".")[2])
        if plain and text.rpartition(".")[2][:1].isupper() and CAPITAL.search(text):
            # `new shop.Cart(address, credentials)`: the name alone is the stub's class in Node.
            names.append(text.rpartition(".")[2])
        if ".Stub." in text or text.endswith(".Stub.new"):
            names.append(text.split(".Stub")[0].rpartition(".")[2])
        found += [Mention(name, place(program, site.call.line)) for name in names]
    for line in program.imports:
        found += [Mention(match.group("name"), Location(program.path, 1)) for match in IMPORTED.finditer(line)]
    return found


@lru_cache(maxsize=20_000)
def _registered(callee: str) -> tuple[str, ...]:
    return tuple(_matched(REGISTERS.search(callee)))


@lru_cache(maxsize=20_000)
def _used(callee: str) -> tuple[str, ...]:
    return tuple(_matched(USES.search(callee)))


def _matched(match: "re.Match[str] | None") -> list[str]:
    return [value for value in match.groups() if value] if match else []
