"""Our graph as a file, written so that another program, or a later run, can use it again."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from arc_sim.errors import ConfigError
from arc_sim.model import Graph

FORMAT = "arc.graph/v1"
MAX_BYTES = 256 * 1024 * 1024
_GRAPH = TypeAdapter(Graph)


def to_dict(graph: Graph, commit: str, evidence: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the graph as JSON values; ``from_dict`` reads it back."""
    return {"format": FORMAT, "commit": commit, **asdict(graph), **({"history": evidence} if evidence else {})}


def from_dict(value: Any) -> tuple[Graph, str]:
    """Return the graph and its commit; raises ConfigError for another shape."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ConfigError("not a graph that derive_causal wrote", hint=f'its "format" would be {FORMAT}')
    try:
        names = ("services", "edges", "warnings", "channels")
        graph = _GRAPH.validate_python({key: value[key] for key in names if key in value})
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ConfigError(f"not a graph that derive_causal wrote: {place}: {error.errors()[0]['msg']}") from error
    commit = value.get("commit")
    return graph, commit if isinstance(commit, str) else ""


def load(path: Path) -> tuple[Graph, str]:
    """Return a graph that was written before, and its commit."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path} is larger than {MAX_BYTES // 2**20} MiB")
        return from_dict(json.loads(path.read_bytes()))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not JSON") from error


def is_graph_file(path: Path) -> bool:
    """Tell whether a file begins like JSON, not like a database."""
    try:
        with path.open("rb") as stream:
            return stream.read(64).lstrip()[:1] == b"{"
    except OSError:
        return False
