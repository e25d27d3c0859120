"""``arc sim graph``, ``affected`` and ``scenarios``: what a run would be based on."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arc_sim.errors import DiffError
from arc_sim.faults.catalog import all_scenarios
from arc_sim.model import Edge, Graph, Setting
from arc_sim.report.text import printable


def show_graph(repo: Path, revision: str, as_json: bool) -> None:
    """Print services and edges of one revision, with the evidence."""
    from arc_sim.causal import derive
    from arc_sim.diff.git import open_repository, resolve

    repository = open_repository(repo)
    if repository.working_tree_dir is None:
        raise DiffError(f"{repo} is a bare repository", hint="clone it, and give the clone")
    root = Path(repository.working_tree_dir)
    graph = derive(root, resolve(repository, revision))
    if as_json:
        return _json(asdict(graph))
    for line in _graph_lines(graph):
        print(printable(line))
    for warning in graph.warnings:
        print(printable(f"warning: {warning}"), file=sys.stderr)
    return None


def show_affected(repo: Path, rev_range: str | None, diff: Path | None, as_json: bool) -> None:
    """Print what a diff affects, and why."""
    from arc_sim.api import find_impact
    from arc_sim.cli.run import input_of

    impact = find_impact(input_of(rev_range, diff), repo)
    if as_json:
        return _json(asdict(impact))
    if not impact.direct:
        print("no service is affected")
    for title, names in (("changed", impact.direct), ("upstream", impact.upstream)):
        for name in names:
            print(printable(f"{title:8}  {name}"))
            for reason in impact.reasons.get(name, ()):
                print(printable(f"          {reason}"))
    return None


def show_scenarios(as_json: bool) -> None:
    """Print every scenario."""
    known = all_scenarios()
    if as_json:
        return _json([asdict(scenario) for scenario in known])
    for scenario in known:
        print(f"{scenario.scenario_id}  {scenario.summary}")
    return None


def _json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _graph_lines(graph: Graph) -> list[str]:
    lines = []
    for service in graph.services:
        lines.append(f"{service.name}  ({service.kind})")
        lines += [f"  -> {edge.target}  {_edge(edge)}" for edge in graph.outgoing(service.name)]
    return lines or ["no services found; describe them in arc-sim.yaml"]


def _edge(edge: Edge) -> str:
    facts = [edge.protocol, "" if edge.sync else "async", _setting("timeout", edge.timeout_ms, " ms")]
    facts += [_setting("retries", edge.retries, ""), f"fallback {edge.fallback}" if edge.fallback else ""]
    facts += [f"confidence {edge.confidence:.2f}", str(edge.evidence[0]) if edge.evidence else ""]
    return "  ".join(fact for fact in facts if fact)


def _setting(name: str, setting: Setting | None, unit: str) -> str:
    return f"{name} {setting.value:g}{unit} at {setting.location}" if setting else ""
