""".NET Aspire: the application host's program, read as the list of resources that it is. Nothing is run."""

import re
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from arc_sim.causal.code.syntax import MAX_DEPTH, parse, text_of
from arc_sim.causal.kinds import kind_of
from arc_sim.causal.paths import is_source_of_truth, join, name_of, parent_of
from arc_sim.causal.readers.base import Findings, Known, Variable
from arc_sim.causal.tree import Tree
from arc_sim.model import Edge, Location, Service

REFERENCE = 0.9
"""Confidence of ``WithReference``: it hands the address over, and who takes it usually calls."""
HANDED = 0.7
"""Confidence of a resource that is handed to a helper of the host's own."""

HOST = b"DistributedApplication.CreateBuilder"
PRODUCTS = re.compile(
    r"(?P<redis>redis|valkey|garnet)|(?P<postgres>postgres)|(?P<mssql>sqlserver|azuresql)|(?P<mongo>mongo)|"
    r"(?P<rabbitmq>rabbitmq|lavinmq)|mysql|oracle|kafka|nats|activemq|elasticsearch|opensearch|qdrant|milvus|weaviate|"
    r"cosmosdb|ravendb|surrealdb|clickhouse|servicebus|eventhubs|minio|cassandra|memcached|seq|keycloak|ollama|yarp"
)
"""Parts of methods' names; the name of the group, or the part itself, stands for the image."""
OTHER = re.compile(
    r"^Add(?:Parameter|ConnectionString|.*Environment|.*Publisher|.*Subscriber|HealthChecks?|ForwardedHeaders|Hosted.*|"
    r"Singleton|Transient|Scoped|Options|Logging|OpenTelemetry.*|.*Provisioning)$"
)
"""Methods of the builder that add no resource."""
QUIET = re.compile(
    r"^(?:WaitFor|WithParentRelationship|WithRelationship|WithChildRelationship|WithUrl|WithLifetime|WithExplicitStart|"
    r"ExcludeFrom|WithHttpHealthCheck|WithArgs|WithBuildArg|With.*Volume|WithBindMount)"
)
"""Methods whose arguments say nothing about who calls whom."""


STORE = re.compile(r"(?i)db|database|sql|store|cache|queue|topic")
"""What the name of a database inside a server says; another may be the name of the service that uses it."""


@dataclass
class Resource:
    """One resource of the host."""

    name: str
    method: str
    location: Location
    strings: tuple[str, ...]
    project: str | None = None
    """``Basket_API`` of ``Projects.Basket_API``."""
    children: set[str] = field(default_factory=set)
    references: dict[str, tuple[float, Location]] = field(default_factory=dict)
    handed: dict[str, tuple[str, Location]] = field(default_factory=dict)
    """Environment variable -> resource that its value names, and where."""


class AspireReader:
    """Reads application hosts: resources become services, references become edges."""

    name = "aspire"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return the resources of all hosts with the directories of their projects."""
        services: list[Service] = []
        edges: list[Edge] = []
        variables: list[Variable] = []
        warnings: list[str] = []
        owners = _owners(known)
        projects = {_identifier(name_of(p)[:-7]): p for p in reversed(tree.paths()) if p.endswith(".csproj")}
        for path in tree.paths():
            if (
                path.endswith(".cs")
                and name_of(path).lower() in ("program.cs", "apphost.cs")
                and is_source_of_truth(path)
            ):
                resources = _read(tree, path, warnings)
                services += [_known_as(_service(tree, parent_of(path), item, projects), owners) for item in resources]
                for item in resources:
                    edges += _edges(item, resources)
                    variables += _variables(item, resources)
        return Findings(tuple(services), tuple(edges), tuple(variables), tuple(warnings))


def _owners(known: Known) -> dict[str, list[str]]:
    """Return ``{path: services built from it}``."""
    found: dict[str, list[str]] = {}
    for service in known.services:
        for path in service.paths:
            found.setdefault(path, []).append(service.name)
    return found


def _known_as(service: Service, owners: dict[str, list[str]]) -> Service:
    """Return the service with the name under which another deployment builds the same project."""
    current = service.paths[0] if len(service.paths) == 1 else ""
    while current and current not in owners:
        current = parent_of(current)
    names = owners.get(current, [])
    if not current or len(names) != 1 or names[0] == service.name:
        return service
    return replace(service, aliases=tuple(sorted({*service.aliases, names[0]})))


def _read(tree: Tree, path: str, warnings: list[str]) -> list[Resource]:
    try:
        content = tree.read(path)
        return _Host(path).read(parse(content, "c_sharp")) if HOST in content else []
    except (KeyError, ValueError) as error:
        warnings.append(f"{path}: {error}")
        return []


class _Host:
    """Follows the statements of one program in order."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._resources: dict[str, Resource] = {}
        self._variables: dict[str, Resource] = {}
        self._false: set[str] = set()

    def read(self, root: Node) -> list[Resource]:
        self._statement(root, 0)
        return list(self._resources.values())

    def _statement(self, node: Node, depth: int) -> None:
        if depth > MAX_DEPTH:
            return
        if self._is_dead(node):
            alternative = node.child_by_field_name("alternative")
            if alternative is not None:
                self._statement(alternative, depth + 1)
        elif node.type == "variable_declarator":
            self._declare(node)
        elif node.type == "assignment_expression" and len(node.named_children) == 2:
            self._bind(text_of(node.named_children[0]), node.named_children[1], depth)
        elif node.type in ("invocation_expression", "await_expression"):
            self._value(node, depth)
        else:
            for child in node.named_children:
                self._statement(child, depth + 1)

    def _is_dead(self, node: Node) -> bool:
        """Tell whether a node is an ``if`` whose condition is false as written."""
        condition = node.child_by_field_name("condition") if node.type == "if_statement" else None
        return condition is not None and text_of(condition) in self._false | {"false"}

    def _declare(self, node: Node) -> None:
        name, value = node.child_by_field_name("name"), node.named_children[-1]
        if name is None or value.id == name.id:
            return
        if text_of(value) == "false":
            self._false.add(text_of(name))
        self._bind(text_of(name), value, 0)

    def _bind(self, name: str, value: Node, depth: int) -> None:
        found = self._value(value, depth)
        if found is not None:
            self._variables[name] = found

    def _value(self, node: Node, depth: int) -> Resource | None:
        """Return the resource that an expression stands for, and note what it says about resources."""
        if depth > MAX_DEPTH:
            return None
        if node.type == "identifier":
            return self._variables.get(text_of(node))
        if node.type in ("await_expression", "parenthesized_expression", "cast_expression") and node.named_children:
            return self._value(node.named_children[-1], depth + 1)
        if node.type == "conditional_expression":
            found = [self._value(child, depth + 1) for child in node.named_children[1:]]
            return next((item for item in found if item is not None), None)
        if node.type == "member_access_expression":
            inner = node.child_by_field_name("expression")
            return self._value(inner, depth + 1) if inner is not None else None
        return self._call(node, depth) if node.type == "invocation_expression" else None

    def _call(self, node: Node, depth: int) -> Resource | None:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None or function.type != "member_access_expression":
            return None
        receiver, method = function.child_by_field_name("expression"), function.child_by_field_name("name")
        if receiver is None or method is None:
            return None
        owner = self._value(receiver, depth + 1)
        name = text_of(method).split("<")[0]
        strings = tuple(_string(item) for item in arguments.named_children)
        at = Location(self._path, method.start_point[0] + 1)
        if owner is None:
            return self._added(name, text_of(method), strings, at)
        if name.startswith("Add") and strings and strings[0]:
            owner.children.add(strings[0])
        else:
            self._told(owner, name, strings, arguments, at)
        return owner

    def _added(self, name: str, method: str, strings: tuple[str, ...], at: Location) -> Resource | None:
        if not name.startswith("Add") or OTHER.match(name) or not strings or not strings[0]:
            return None
        project = re.search(r"Projects\.(\w+)>", method)
        made = Resource(strings[0], name, at, strings, project.group(1) if project else None)
        return self._resources.setdefault(made.name, made)

    def _told(self, owner: Resource, name: str, strings: tuple[str, ...], arguments: Node, at: Location) -> None:
        if QUIET.match(name) or name == "GetEndpoint":
            return
        for other in self._mentioned(arguments, 0):
            if other is owner:
                continue
            if name == "WithEnvironment":
                owner.handed[strings[0] or f"{at.line}"] = (other.name, at)
            else:
                owner.references.setdefault(other.name, (REFERENCE if name == "WithReference" else HANDED, at))

    def _mentioned(self, node: Node, depth: int) -> list[Resource]:
        if node.type == "identifier":
            found = self._variables.get(text_of(node))
            return [found] if found is not None else []
        children = node.named_children if depth < MAX_DEPTH else []
        return [item for child in children for item in self._mentioned(child, depth + 1)]


def _string(node: Node) -> str:
    """Return the text of an argument that is a plain string, else nothing."""
    text = text_of(node)
    match = re.match(r'^(?:\w+\s*:\s*)?@?"([^"]*)"$', text)
    return match.group(1) if match else ""


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _service(tree: Tree, home: str, item: Resource, projects: dict[str, str]) -> Service:
    product = PRODUCTS.search(item.method.lower())
    image = (product.lastgroup or product.group(0)) if product else None
    if item.method == "AddContainer" and len(item.strings) > 1:
        image = item.strings[1] or None
    aliases = {name for name in item.children if STORE.search(name)}
    paths: tuple[str, ...] = ()
    project = projects.get(item.project or "")
    if project is not None:
        paths = (parent_of(project),)
        aliases.add(name_of(project)[:-7])
    elif image is None or item.method == "AddDockerfile":
        folders = [join(home, text.replace("\\", "/")) for text in item.strings[1:] if text]
        paths = tuple(f for f in folders[:1] if f and any(p.startswith(f + "/") for p in tree.paths()))
        named = [f for f in folders[:1] if f and f.endswith("proj") and tree.content_id(f)]
        paths = paths or tuple(parent_of(f) for f in named)
    return Service(
        name=item.name,
        kind="broker" if image in ("servicebus", "eventhubs") else kind_of(image, "" if paths else item.name),
        aliases=tuple(sorted(aliases - {item.name})),
        paths=paths,
        image=image,
    )


def _edges(item: Resource, resources: list[Resource]) -> list[Edge]:
    found = [Edge(item.name, name, confidence=sure, evidence=(at,)) for name, (sure, at) in item.references.items()]
    for _, (name, at) in sorted(item.handed.items()):
        if name not in item.references and not _is_callback(item, name, resources):
            found.append(Edge(item.name, name, "http", confidence=HANDED, evidence=(at,)))
    return found


def _variables(item: Resource, resources: list[Resource]) -> list[Variable]:
    return [
        Variable(item.name, name, f"http://{other}", at)
        for name, (other, at) in sorted(item.handed.items())
        if not name.isdigit() and not _is_callback(item, other, resources)
    ]


def _is_callback(item: Resource, name: str, resources: list[Resource]) -> bool:
    """Tell whether an address goes back to who calls this one: handed over later, once the caller is known."""
    other = next((resource for resource in resources if resource.name == name), None)
    if other is None:
        return False
    there = min((at.line for to, at in other.handed.values() if to == item.name), default=None)
    known = other.references.get(item.name)
    there = known[1].line if known is not None else there
    here = min(at.line for to, at in item.handed.values() if to == name)
    return there is not None and there < here and name not in item.references
