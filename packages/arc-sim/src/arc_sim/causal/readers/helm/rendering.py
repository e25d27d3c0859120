"""Charts to documents: every template of every installed chart, with the line from which each value comes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from arc_sim.causal.documents import DocumentError, Mapping, Text, load_documents
from arc_sim.causal.paths import name_of
from arc_sim.causal.readers.helm.charts import (
    MAX_NESTING,
    Chart,
    find_charts,
    is_enabled,
    overlay,
    roots,
    subcharts,
)
from arc_sim.causal.readers.helm.evaluate import Output, Renderer
from arc_sim.causal.readers.helm.releases import Release, find_releases
from arc_sim.causal.readers.helm.template import Definitions, Node, TemplateError, parse
from arc_sim.causal.readers.helm.values import UNKNOWN, UNKNOWN_TEXT, json_copy
from arc_sim.causal.tree import Tree

RELEASE = "\ue001"
"""Stands for the name of a release that the repository does not name."""


@dataclass(frozen=True)
class Rendered:
    """One document of one template."""

    path: str
    """The template."""
    body: Mapping
    home: str
    """The directory of the chart that is installed."""
    prefix: str = ""
    """What the name of the release usually puts before names."""


@dataclass(frozen=True)
class Missing:
    """A dependency that stands in a chart repository, not here."""

    path: str
    line: int
    name: str
    """The chart's name."""
    key: str
    """Its alias, or its name."""
    values: dict[str, Any]
    home: str
    prefix: str
    """What the name of the release usually puts before names."""


def render_charts(tree: Tree, warnings: list[str]) -> tuple[list[Rendered], list[Missing]]:
    """Return what the charts of a repository would install with the values that it holds."""
    charts = find_charts(tree, warnings)
    if not charts:
        return [], []
    releases: dict[str, list[Release]] = {}
    for release in find_releases(tree, charts, warnings):
        releases.setdefault(release.chart, []).append(release)
    rendered: list[Rendered] = []
    missing: list[Missing] = []
    for chart in roots(charts):
        for release in releases.get(chart.directory) or [Release(RELEASE, chart.directory, {})]:
            installed = _Installation(tree, charts, chart, release)
            rendered += installed.documents(warnings)
            missing += installed.missing
    return rendered, missing


class _Installation:
    """One release of one root chart, with its sub-charts."""

    def __init__(self, tree: Tree, charts: dict[str, Chart], root: Chart, release: Release) -> None:
        self._tree, self._charts, self._root, self._release = tree, charts, root, release
        self._definitions: Definitions = {}
        self._failed: dict[str, str] = {}
        self._templates: dict[str, list[Node]] = {}
        self._prefix = root.name if release.name == RELEASE else release.name
        self.missing: list[Missing] = []

    def documents(self, warnings: list[str]) -> list[Rendered]:
        """Return all documents; one warning for each chart with templates that cannot be rendered."""
        plan: list[tuple[Chart, dict[str, Any]]] = []
        self._plan(self._root, overlay(self._root.values, self._release.values), plan, 0)
        for chart, _ in reversed(plan):  # A parent's definitions win over those of its sub-charts.
            self._parse(chart)
        renderer = Renderer(self._definitions)
        found: list[Rendered] = []
        for chart, values in plan:
            for path in self._to_render(chart):
                found.extend(self._render(renderer, chart, values, path))
        if self._failed:
            path, reason = sorted(self._failed.items())[0]
            others = f" (and {len(self._failed) - 1} more)" if len(self._failed) > 1 else ""
            warnings.append(f"{path}: cannot be rendered: {reason}{others}")
        return found

    def _plan(self, chart: Chart, values: dict[str, Any], plan: list[tuple[Chart, dict[str, Any]]], depth: int) -> None:
        if depth > MAX_NESTING or len(plan) > 500:
            return
        plan.append((chart, values))
        here = subcharts(chart, self._charts)
        for key, sub, entry in here:
            if is_enabled(entry, values):
                shared = {"global": overlay(_dict(sub.values.get("global")), values.get("global"))}
                inner = overlay(overlay(sub.values, values.get(key)), shared)
                self._plan(sub, inner, plan, depth + 1)
        known = {str(entry.get("name")) for _, _, entry in here}
        for entry in chart.dependencies:
            name = str(entry.get("name") or "")
            key = str(entry.get("alias") or name)
            if name and name not in known and is_enabled(entry, values):
                path = f"{chart.directory}/Chart.yaml" if chart.directory else "Chart.yaml"
                line = 1 + next((i for i, text in enumerate(self._lines(path)) if f"name: {name}" in text), 0)
                home = self._root.directory
                self.missing.append(Missing(path, line, name, key, _dict(values.get(key)), home, self._prefix))

    def _lines(self, path: str) -> list[str]:
        return self._tree.read(path).decode("utf-8", "replace").splitlines()

    def _parse(self, chart: Chart) -> None:
        for path in chart.templates:
            if name_of(path) in ("NOTES.txt",) or not path.endswith((".yaml", ".yml", ".tpl", ".txt")):
                continue
            try:
                text = self._tree.read(path).decode("utf-8", "replace")
                self._templates[path] = parse(text, self._definitions)
            except (TemplateError, ValueError, KeyError) as error:
                self._failed[path] = str(error)

    def _to_render(self, chart: Chart) -> list[str]:
        return [
            path
            for path in chart.templates
            if path in self._templates and not name_of(path).startswith("_") and "/templates/tests/" not in path
        ]

    def _render(self, renderer: Renderer, chart: Chart, values: dict[str, Any], path: str) -> Iterator[Rendered]:
        try:
            output = renderer.render(self._templates[path], self._context(chart, values, path))
        except (TemplateError, RecursionError) as error:
            self._failed[path] = str(error) if isinstance(error, TemplateError) else "nested too deeply"
            return
        text, lines = _lines_of(output)
        for start, part in _documents(text):
            try:
                loaded = load_documents(part.encode())
            except DocumentError as error:
                self._failed[path] = str(error)
                continue
            for body in loaded:
                if isinstance(body, Mapping):
                    _settle(body, lines, start, self._root.name if self._release.name == RELEASE else "")
                    yield Rendered(path, body, self._root.directory, self._prefix)

    def _context(self, chart: Chart, values: dict[str, Any], path: str) -> dict[str, Any]:
        base = f"{chart.directory}/" if chart.directory else ""

        def get(name: Any) -> str:
            return (
                self._tree.read(base + str(name)).decode("utf-8", "replace") if base + str(name) in chart.files else ""
            )

        metadata = {key[:1].upper() + key[1:]: value for key, value in chart.metadata.items()}
        release = {"Name": self._release.name, "Namespace": "default", "Service": "Helm", "IsInstall": True,
                   "IsUpgrade": False, "Revision": 1}  # fmt: skip
        version = {"Version": "v1.30.0", "GitVersion": "v1.30.0", "Major": "1", "Minor": "30"}
        cluster = {
            "APIVersions": {"Has": lambda *_: False},
            "KubeVersion": version,
            "HelmVersion": {"Version": "v3.15.0"},
        }
        unknown = {"Glob": lambda *_: UNKNOWN, "Lines": lambda *_: UNKNOWN, "GetBytes": lambda *_: UNKNOWN}
        return {"Values": json_copy(values), "Chart": {**metadata, "Name": chart.name}, "Release": release,
                "Capabilities": cluster, "Files": {"Get": get, **unknown}, "Subcharts": {},
                "Template": {"Name": path, "BasePath": f"{base}templates"}}  # fmt: skip


def _lines_of(output: Output) -> tuple[str, list[int]]:
    """Return the text, and for each of its lines the line of the template where it begins."""
    lines: list[int] = [1]
    is_empty = True
    for text, line, is_own in output:
        for number, part in enumerate(text.split("\n")):
            if number:
                lines.append(line)
                is_empty = True
            if is_empty and part.strip():
                # The template's own text counts on from where it begins; what an action prints stands where that does.
                lines[-1], is_empty = line + (number if is_own else 0), False
    return "".join(text for text, _, _ in output), lines


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """Yield ``(first line, document)``, so that one that is no YAML does not take the others with it."""
    start = 0
    current: list[str] = []
    for number, line in enumerate(text.split("\n")):
        if line.startswith("---"):
            if any(part.strip() for part in current):
                yield start, "\n".join(current)
            start, current = number, []
            current.append("" if line[3:].lstrip().startswith("#") else line[3:])
        else:
            current.append(line)
    if any(part.strip() for part in current):
        yield start, "\n".join(current)


def _settle(value: Any, lines: list[int], start: int, chart: str) -> None:
    """Put the template's lines into a document, and write out the name of the release."""
    seen: set[int] = set()
    pending: list[Any] = [value]
    while pending:
        item = pending.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if hasattr(item, "line"):
            index = start + item.line - 1
            item.line = lines[index] if index < len(lines) else item.line
        if isinstance(item, dict):
            for key in list(item):
                pending.append(key)
                item[key] = _written_out(item[key], chart)
                pending.append(item[key])
        elif isinstance(item, list):
            item[:] = [_written_out(part, chart) for part in item]
            pending.extend(item)


def _written_out(value: Any, chart: str) -> Any:
    if not isinstance(value, Text):
        return value
    if value == UNKNOWN_TEXT:
        return None
    if RELEASE not in value:
        return value
    text = Text(value.replace(RELEASE + "-", "").replace("-" + RELEASE, "").replace(RELEASE, chart))
    text.line, text.is_quoted = value.line, value.is_quoted
    return text


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
