"""What a changed chart means: rendered objects where the templates can be rendered, else what they mention."""

import re
from typing import Any

from arc_sim.causal.changes.manifests.objects import Objects, compare
from arc_sim.causal.changes.sides import Change, Named, Side
from arc_sim.causal.documents import DocumentError, flatten, load_documents
from arc_sim.causal.paths import contains, name_of, parent_of

INCLUDE = re.compile(r"(?:include|template)\s+\"([^\"]+)\"")
DEFINE = re.compile(r"\{\{-?\s*define\s+\"([^\"]+)\"\s*-?\}\}([\s\S]*?)(?=\{\{-?\s*define\s|\Z)")
NAME = re.compile(r"(?m)^\s*(?:-\s+)?name:\s*[\"']?([\w.{}\s\"-]+?)[\"']?\s*$")
VALUES = re.compile(r"(?i)^values(?:[._-][\w.-]+)?\.ya?ml$")
METADATA = frozenset(("version", "description", "keywords", "home", "sources", "maintainers", "icon", "name"))
"""Keys of Chart.yaml that no workload sees; the version of the application is not one of them."""


def chart_of(side: Side, path: str) -> str | None:
    """Return the directory of the chart in which a file stands."""
    directory = parent_of(path)
    while True:
        if side.tree.content_id(f"{directory}/Chart.yaml" if directory else "Chart.yaml"):
            return directory
        if not directory:
            return None
        directory = parent_of(directory)


def changed_by_chart(change: Change) -> Named | None:
    """Return the services that a changed file of a chart is for; None when it stands in no chart."""
    chart = chart_of(change.head, change.path)
    chart = chart if chart is not None else chart_of(change.base, change.old_path)
    if chart is None or name_of(change.path) in ("Chart.lock", ".helmignore", "NOTES.txt"):
        return {} if chart is not None else None
    rendered = _rendered(change, chart)
    return rendered if rendered is not None else _mentioned(change, chart)


def _rendered(change: Change, chart: str) -> Named | None:
    """Compare what the whole chart renders to, or one template of it."""
    single = "/templates/" in change.path and not name_of(change.path).startswith("_")
    inside = chart + "/templates" if chart else "templates"
    sides: list[Objects] = []
    for side, path in ((change.base, change.old_path), (change.head, change.path)):
        wanted = [o for o in side.objects if (o.path == path if single else contains(inside, o.path))]
        if not wanted and _templates(side, chart):
            return None
        sides.append({(o.kind, o.name): o for o in wanted})
    found, known = compare(change.base, change.head, *sides)
    return found if known else None


def _mentioned(change: Change, chart: str) -> Named:
    """Return the services of the templates that use what changed."""
    found: Named = {}
    keys = _changed_keys(change)
    for side, path in ((change.base, change.old_path), (change.head, change.path)):
        for template in _templates(side, chart):
            text = side.listing.text(template)
            if template == path or (keys and _uses(text, keys, _helpers(side, chart))):
                for name in _services(side, template, text):
                    found.setdefault(name, f"its template {name_of(template)} uses what changed")
        for key in keys:
            service = side.graph.service(key.split(".")[0])
            if service is not None:
                found.setdefault(service.name, f"its values {key} changed")
    return found


def _changed_keys(change: Change) -> set[str]:
    """Return the dotted keys of values, or the names of helpers, that differ."""
    before, after = change.before() or b"", change.after() or b""
    name = name_of(change.path)
    if name.startswith("_") or name.endswith(".tpl"):
        old, new = dict(DEFINE.findall(_text(before))), dict(DEFINE.findall(_text(after)))
        return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    old_values, new_values = _flat(before), _flat(after)
    keys = {key for key in old_values.keys() | new_values.keys() if old_values.get(key) != new_values.get(key)}
    if name == "Chart.yaml":
        return {"Chart.AppVersion"} if "appVersion" in keys else keys - METADATA
    return {re.sub(r"\[\d+\].*", "", key) for key in keys} if VALUES.match(name) else set()


def _uses(text: str, keys: set[str], helpers: dict[str, str]) -> bool:
    for _ in range(3):
        text += "".join(helpers.get(name, "") for name in set(INCLUDE.findall(text)))
    included = set(INCLUDE.findall(text))
    mentions = set(re.findall(r"\.Values\.([\w.]+)", text)) | set(re.findall(r"\.(Chart\.\w+)", text))
    return any(
        key in included or any(key == m or key.startswith(m + ".") or m.startswith(key + ".") for m in mentions)
        for key in keys
    )


def _helpers(side: Side, chart: str) -> dict[str, str]:
    inside = side.listing.below(f"{chart}/templates" if chart else "templates")
    return {n: body for p in inside if p.endswith(".tpl") for n, body in DEFINE.findall(side.listing.text(p))}


def _services(side: Side, template: str, text: str) -> set[str]:
    names = [name_of(template).rpartition(".")[0], name_of(parent_of(template))]
    names += [re.sub(r"\{\{[^{}]*\}\}", "", name).strip("- ") for name in NAME.findall(text)]
    stems = [re.sub(r"-(?:deployment|service|statefulset|configmap|hpa|ingress)$", "", name) for name in names]
    found = (side.graph.service(name) for name in [*names, *stems] if name)
    return {service.name for service in found if service is not None}


def _templates(side: Side, chart: str) -> list[str]:
    inside = side.listing.below(f"{chart}/templates" if chart else "templates")
    return [path for path in inside if path.endswith((".yaml", ".yml"))]


def _flat(content: bytes) -> dict[str, Any]:
    try:
        return {key: str(value) for document in load_documents(content) for key, value in flatten(document)}
    except DocumentError:
        return {}


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
