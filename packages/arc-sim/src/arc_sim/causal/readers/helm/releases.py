"""What installs a chart of this repository: helmfile, Argo CD, Flux, Skaffold. Each gives a name and values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from arc_sim.causal.documents import DocumentError, dig, entries, load_documents
from arc_sim.causal.paths import YAML, is_source_of_truth, join, parent_of
from arc_sim.causal.readers.helm.charts import Chart, load_values, overlay
from arc_sim.causal.readers.helm.values import typed
from arc_sim.causal.tree import Tree

MARKS = (b"releases:", b"HelmRelease", b"argoproj.io/v1alpha1")
MAX_RELEASES = 2000


@dataclass(frozen=True)
class Release:
    """One installation of a chart."""

    name: str
    chart: str
    """The chart's directory."""
    values: dict[str, Any]


def find_releases(tree: Tree, charts: dict[str, Chart], warnings: list[str]) -> list[Release]:
    """Return the releases of charts that are in the repository, sorted by name."""
    found: dict[tuple[str, str], Release] = {}
    if not charts:
        return []
    for path in tree.paths():
        if not YAML.search(path) or not is_source_of_truth(path) or "/templates/" in path:
            continue
        for document in _documents(tree, path):
            for name, chart, values in _of_document(tree, path, document, warnings):
                if chart in charts and len(found) < MAX_RELEASES:
                    found.setdefault((name, chart), Release(name, chart, values))
    return [found[key] for key in sorted(found)]


def _documents(tree: Tree, path: str) -> list[Any]:
    try:
        content = tree.read(path)
        return load_documents(content) if any(mark in content for mark in MARKS) else []
    except (DocumentError, ValueError, KeyError):
        return []  # Who reads manifests says so.


def _of_document(
    tree: Tree, path: str, document: Any, warnings: list[str]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    kind = dig(document, "kind")
    if kind == "HelmRelease":
        spec = dig(document, "spec")
        chart = _from_root(path, dig(spec, "chart", "spec", "chart"))
        yield (
            str(dig(spec, "releaseName") or dig(document, "metadata", "name")),
            chart,
            _dict(typed(dig(spec, "values"))),
        )
    elif kind == "Application":
        for source in [dig(document, "spec", "source"), *entries(dig(document, "spec", "sources"))]:
            helm = dig(source, "helm")
            chart = str(dig(source, "path") or "").strip("./")
            values = _files(tree, chart, dig(helm, "valueFiles"), warnings)
            values = overlay(values, _dict(typed(dig(helm, "valuesObject"))))
            yield str(dig(helm, "releaseName") or dig(document, "metadata", "name")), chart, values
    else:
        releases = entries(dig(document, "releases")) or entries(dig(document, "deploy", "helm", "releases"))
        releases += entries(dig(document, "manifests", "helm", "releases"))
        for release in releases:
            yield _listed(tree, path, release, warnings)


def _listed(tree: Tree, path: str, release: Any, warnings: list[str]) -> tuple[str, str, dict[str, Any]]:
    """Return one entry of helmfile or Skaffold."""
    directory = parent_of(path)
    chart = join(directory, str(dig(release, "chart") or dig(release, "chartPath") or "..")) or ""
    values: dict[str, Any] = {}
    for item in [*entries(dig(release, "values")), *entries(dig(release, "valuesFiles"))]:
        values = overlay(
            values, _dict(typed(item)) if isinstance(item, dict) else _files(tree, directory, [item], warnings)
        )
    for setting in ("setValues", "setValueTemplates"):
        for key, value in _dict(typed(dig(release, setting))).items():
            values = overlay(values, _nested(key, value))
    for item in entries(dig(release, "set")):
        values = overlay(values, _nested(str(dig(item, "name") or ""), typed(dig(item, "value"))))
    return str(dig(release, "name")), chart, values


def _files(tree: Tree, directory: str, paths: Any, warnings: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in entries(paths):
        path = join(directory, str(item)) if isinstance(item, str) else None
        if path:
            values = overlay(values, load_values(tree, path, warnings))
    return values


def _nested(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return value if isinstance(value, dict) else {}


def _from_root(path: str, chart: Any) -> str:
    text = str(chart or "\0")
    return (join("", text) if text.startswith("./") else join(parent_of(path), text)) or "\0"


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
