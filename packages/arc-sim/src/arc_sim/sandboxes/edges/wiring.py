"""What is connected to what: decided once per deployment, before anything starts. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from arc_sim.errors import SandboxError
from arc_sim.model import Edge, StartSpec
from arc_sim.sandboxes.base import Deployment
from arc_sim.sandboxes.edges.addresses import HostNames, Place, mentioned, service_environment


@dataclass(frozen=True)
class Wiring:
    """Which services are real, which are stand-ins, and the edges between them."""

    deployment: Deployment
    names: HostNames
    real: Mapping[str, StartSpec]
    """Services to start, sorted by name."""
    stand_ins: tuple[str, ...]
    """The others in scope, sorted."""
    edges: tuple[Edge, ...]
    """Edges in scope that get a proxy, sorted: the graph's, and those that only an environment names."""
    notes: tuple[str, ...] = field(default=())
    """What cannot be redirected, one line each."""

    def has_port(self, service: str) -> bool:
        """Whether others can connect to it."""
        spec = self.real.get(service)
        return spec is None or spec.port_env is not None

    def start_order(self) -> list[list[str]]:
        """Return the real services in layers: all that a layer depends on is in the ones before."""
        needs = {name: {edge.target for edge in self.edges if edge.source == name} for name in self.real}
        layers: list[list[str]] = []
        left = set(self.real)
        while left:
            # In a cycle nothing is free; those that miss the fewest go first.
            fewest = min(len(needs[name] & left - {name}) for name in left)
            layer = sorted(name for name in left if len(needs[name] & left - {name}) == fewest)
            layers.append(layer)
            left.difference_update(layer)
        return layers

    def environment(self, service: str, own_port: int | None, place_of: Callable[[str], Place]) -> dict[str, str]:
        """Return what the repository's files tell this service, with every address rewritten."""
        spec = self.real[service]
        env = service_environment(self._full_env(spec), own_port, self.names, place_of)
        if spec.port_env is not None and own_port is not None:
            env[spec.port_env] = str(own_port)
        return env

    def _full_env(self, spec: StartSpec) -> dict[str, str]:
        return _with_missing_addresses(spec, [edge for edge in self.edges if edge.source == spec.service])


def wire(deployment: Deployment) -> Wiring:
    """Decide it; raises SandboxError when the deployment contradicts itself."""
    graph, scope = deployment.graph, set(deployment.scope)
    if deployment.entry not in scope:
        raise SandboxError(f"the entry {deployment.entry} is not among the services to run", code="sandbox.entry")
    names = HostNames(graph, (spec.service for spec in deployment.starts))
    real = {spec.service: spec for spec in sorted(deployment.starts, key=lambda s: s.service) if spec.service in scope}
    stand_ins = tuple(sorted(scope - real.keys()))
    unknown = [name for name in stand_ins if graph.service(name) is None]
    if unknown:
        raise SandboxError(f"{unknown[0]} is in no file of the repository", code="sandbox.unknown_service")
    edges = {edge.key: edge for edge in graph.edges if scope.issuperset(edge.key) and edge.source != edge.target}
    notes: list[str] = []
    for name, spec in real.items():
        own = [edge for edge in edges.values() if edge.source == name]
        wired = mentioned(_with_missing_addresses(spec, own), names) - {name}
        for target in sorted(wired & scope - {edge.target for edge in own}):
            edges[name, target] = Edge(name, target, confidence=0.5)
        for edge in own:
            if edge.target not in wired:
                del edges[edge.key]
                notes.append(f"{name} -> {edge.target} has no fault proxy: no variable of {name} holds the address")
    found = Wiring(deployment, names, real, stand_ins, tuple(edges[key] for key in sorted(edges)), tuple(notes))
    if not found.has_port(deployment.entry):
        raise SandboxError(f"the entry {deployment.entry} has no port", code="sandbox.entry")
    return found


def _with_missing_addresses(spec: StartSpec, edges: list[Edge]) -> dict[str, str]:
    """Add the variables that the code reads and no manifest sets: the default in the code would bypass the proxy."""
    env = dict(spec.env)
    for edge in edges:
        name = edge.address_env
        if name and name not in env and not name.upper().endswith(("HOST", "HOSTNAME", "PORT")):
            wants_url = name.upper().endswith(("URL", "URI", "ENDPOINT")) or edge.protocol == "http"
            scheme = {"tcp": "tcp", "redis": "redis"}.get(edge.protocol, "http")
            env[name] = f"{scheme}://{edge.target}" if wants_url else f"{edge.target}:0"
    return env
