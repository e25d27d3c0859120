"""The plug-in by which ``arc build`` of Arc Memory takes in our services and their dependencies.

Named in the entry-point group ``arc_memory.plugins``; Arc Memory imports it, so it may import Arc Memory.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from arc_sim.arc_memory.history import SOURCE

NAME = "arc_sim_topology"


class TopologyIngestor:
    """Gives Arc Memory one SERVICE node for each service, and DEPENDS_ON edges with their evidence."""

    def get_name(self) -> str:
        """Return the name under which Arc Memory runs it."""
        return NAME

    def get_node_types(self) -> list[str]:
        """Return the types of nodes that it makes."""
        return ["service"]

    def get_edge_types(self) -> list[str]:
        """Return the relations that it makes."""
        return ["DEPENDS_ON"]

    def ingest(
        self, last_processed: dict[str, Any] | None = None, repo_path: "Path | str | None" = None
    ) -> tuple[list[Any], list[Any], dict[str, Any]]:
        """Return nodes, edges and what the next build is told.

        last_processed: of the build before; when the commit is still the same, nothing is made again.
        repo_path: Arc Memory gives it, as this parameter has that name.
        """
        from arc_sim.causal.build import derive
        from arc_sim.diff.git import open_repository, resolve

        root = Path(repo_path) if repo_path is not None else Path()
        repository = open_repository(root)
        commit = resolve(repository, "HEAD")
        repository.close()
        if (last_processed or {}).get("commit") == commit:
            return [], [], {"commit": commit}
        models = import_module("arc_memory.schema.models")
        graph = derive(root, commit)
        nodes = [
            models.ServiceNode(
                id=f"service:{service.name}",
                title=service.name,
                name=service.name,
                dependencies=[edge.target for edge in graph.outgoing(service.name)],
                metadata={
                    "source": SOURCE,
                    "name": service.name,
                    "kind": service.kind,
                    "aliases": list(service.aliases),
                    "paths": list(service.paths),
                    "language": service.language,
                    "commit": commit,
                },
            )
            for service in graph.services
        ]
        edges = [
            models.Edge(
                src=f"service:{edge.source}",
                dst=f"service:{edge.target}",
                rel=models.EdgeRel.DEPENDS_ON,
                properties={
                    "source": SOURCE,
                    "protocol": edge.protocol,
                    "sync": edge.sync,
                    "confidence": edge.confidence,
                    "evidence": [str(place) for place in edge.evidence],
                },
            )
            for edge in graph.edges
        ]
        return nodes, edges, {"commit": commit}
