"""The charts of a repository: metadata, values, sub-charts that are here, dependencies that are not."""

from dataclasses import dataclass, field
from typing import Any

from arc_sim.causal.documents import DocumentError, load_documents
from arc_sim.causal.paths import VENDORED, is_source_of_truth, join, name_of, parent_of
from arc_sim.causal.readers.helm.values import json_copy, typed
from arc_sim.causal.tree import Tree

MAX_CHARTS = 2000
MAX_NESTING = 8
"""Sub-charts inside sub-charts: a cycle of ``file://`` dependencies ends here."""


@dataclass
class Chart:
    """One chart."""

    directory: str
    name: str
    metadata: dict[str, Any]
    values: dict[str, Any]
    templates: tuple[str, ...]
    files: tuple[str, ...]
    dependencies: list[dict[str, Any]] = field(default_factory=list)
    vendored: "dict[str, Chart]" = field(default_factory=dict)
    """Sub-charts in its folder ``charts/``, by name."""

    @property
    def is_library(self) -> bool:
        """It only defines templates for others."""
        return bool(self.metadata.get("type") == "library")


def find_charts(tree: Tree, warnings: list[str]) -> dict[str, Chart]:
    """Return ``{directory: chart}``; what cannot be read becomes a warning."""
    found = [parent_of(p) for p in tree.paths() if name_of(p) == "Chart.yaml" and _is_own(p)]
    charts: dict[str, Chart] = {}
    for directory in found[:MAX_CHARTS]:
        chart = _read(tree, directory, warnings)
        if chart is not None:
            charts[directory] = chart
    _assign_files(tree, charts)
    for directory, chart in charts.items():
        folder = parent_of(directory)
        if name_of(folder) == "charts" and parent_of(folder) in charts:
            charts[parent_of(folder)].vendored[chart.name] = chart
    return charts


def _is_own(path: str) -> bool:
    # A chart may vendor others below charts/, and may stand in a folder of deployments called samples.
    return is_source_of_truth(path) and not VENDORED.search(path)


def _read(tree: Tree, directory: str, warnings: list[str]) -> Chart | None:
    base = f"{directory}/" if directory else ""
    metadata = load_values(tree, f"{base}Chart.yaml", warnings)
    if not metadata:
        return None
    name = str(metadata.get("name") or name_of(directory) or "chart")
    values = load_values(tree, f"{base}values.yaml", warnings)
    listed = metadata.get("dependencies")
    if not isinstance(listed, list):
        listed = load_values(tree, f"{base}requirements.yaml", warnings).get("dependencies")
    dependencies = [item for item in (listed if isinstance(listed, list) else []) if isinstance(item, dict)]
    return Chart(directory, name, metadata, values, (), (), dependencies)


def load_values(tree: Tree, path: str, warnings: list[str]) -> dict[str, Any]:
    """Return a values file as plain values, empty when it is not there or cannot be read."""
    if not tree.content_id(path):
        return {}
    try:
        documents = load_documents(tree.read(path))
    except (DocumentError, ValueError, KeyError) as error:
        warnings.append(f"{path}: {error}")
        return {}
    loaded = typed(documents[0]) if documents else {}
    return loaded if isinstance(loaded, dict) else {}


def _assign_files(tree: Tree, charts: dict[str, Chart]) -> None:
    """Give every file below a chart to the deepest chart above it."""
    templates: dict[str, list[str]] = {}
    files: dict[str, list[str]] = {}
    for path in tree.paths() if charts else ():
        directory = parent_of(path)
        while directory and directory not in charts:
            directory = parent_of(directory)
        if directory not in charts:
            continue
        inner = path[len(directory) + 1 :] if directory else path
        (templates if inner.startswith("templates/") else files).setdefault(directory, []).append(path)
    for directory, chart in charts.items():
        chart.templates = tuple(templates.get(directory, ()))
        chart.files = tuple(files.get(directory, ()))


def subcharts(chart: Chart, charts: dict[str, Chart]) -> list[tuple[str, Chart, dict[str, Any]]]:
    """Return ``(key of its values, sub-chart, entry)`` of the sub-charts that are in the repository."""
    found: list[tuple[str, Chart, dict[str, Any]]] = []
    for entry in chart.dependencies:
        name = str(entry.get("name") or "")
        local = chart.vendored.get(name) or charts.get(_local_directory(chart, entry) or "\0")
        if local is not None and local is not chart:
            found.append((str(entry.get("alias") or name), local, entry))
    listed = {name for _, sub, _ in found for name in (sub.name,)}
    found += [(name, sub, {}) for name, sub in sorted(chart.vendored.items()) if name not in listed]
    return found


def _local_directory(chart: Chart, entry: dict[str, Any]) -> str | None:
    repository = str(entry.get("repository") or "")
    return join(chart.directory, repository[7:]) if repository.startswith("file://") else None


def roots(charts: dict[str, Chart]) -> list[Chart]:
    """Return the charts that are installed by themselves: no libraries, no sub-charts of others."""
    below = {sub.directory for chart in charts.values() for _, sub, _ in subcharts(chart, charts)}
    return [
        chart
        for directory, chart in sorted(charts.items())
        if directory not in below
        and not chart.is_library
        and not ("charts/" in directory and _above(directory, charts))
    ]


def _above(directory: str, charts: dict[str, Chart]) -> bool:
    current = parent_of(directory)
    while current:
        if current in charts:
            return True
        current = parent_of(current)
    return "" in charts


def is_enabled(entry: dict[str, Any], values: dict[str, Any]) -> bool:
    """Tell whether the parent's values leave a dependency switched on."""
    for path in str(entry.get("condition") or "").split(","):
        value: Any = values
        for key in path.strip().split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, bool):
            return value
    tags = values.get("tags")
    switched = (
        [tags.get(tag) for tag in entry.get("tags") or () if isinstance(tag, str)] if isinstance(tags, dict) else []
    )
    return not (switched and all(value is False for value in switched))


def overlay(values: dict[str, Any], above: Any) -> dict[str, Any]:
    """Return values with those of a parent or a release on top, as Helm merges them: null removes."""
    result: dict[str, Any] = dict(values)
    for key, value in above.items() if isinstance(above, dict) else ():
        known = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and (isinstance(known, dict) or known is None):
            result[key] = overlay(known or {}, value)
        else:
            result[key] = json_copy(value)
    return result
