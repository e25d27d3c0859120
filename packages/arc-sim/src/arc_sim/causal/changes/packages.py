"""Central version files: which packages changed, and who refers to them."""

import re
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, tostring

from arc_sim.causal.changes.builds import Builds
from arc_sim.causal.changes.projects.locks import FORMATS, changed_projects
from arc_sim.causal.changes.projects.markup import parse
from arc_sim.causal.changes.projects.toml import load, table
from arc_sim.causal.changes.sides import Change, Named
from arc_sim.causal.paths import contains, name_of, parent_of

ITEMS = ("PackageVersion", "GlobalPackageReference")
PROPERTY = re.compile(r"\$\(([\w.]+)\)")


def changed_packages(path: str, before: bytes | None, after: bytes | None) -> "set[str] | None":
    """Return the packages whose version differs; None when the file says more than versions, or is none of these."""
    reader = _reader(path)
    if reader is None or before is None or after is None:
        return None
    old, new = reader(before), reader(after)
    if old is None or new is None or old.pop("", None) != new.pop("", None):
        return None
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def users_of(builds: Builds, path: str, packages: set[str]) -> dict[str, str]:
    """Return ``{service: package}`` of those below the file whose projects refer to a changed package."""
    ecosystem = "gradle" if path.endswith(".toml") else "dotnet"
    home = parent_of(parent_of(path) + "/x") if ecosystem == "dotnet" else parent_of(parent_of(path))
    found: dict[str, str] = {}
    users = builds.users(ecosystem)
    for directory, project in builds.projects(ecosystem).by_directory.items():
        named = sorted(project.packages & packages) or (["every project"] if "*" in packages else [])
        if named and contains(home, directory):
            for service in users.get(directory, ()):
                found.setdefault(service, named[0])
    return found


def changed_by_lock(change: Change) -> Named | None:
    """Return the services built with the projects that a lock file above several resolves otherwise; else None."""
    kind = FORMATS.get(name_of(change.path))
    if kind is None or change.path != change.old_path:
        return None
    projects = changed_projects(change.path, change.base.listing, change.head.listing)
    if projects is None:
        return None
    found: Named = {}
    for side in (change.base, change.head):
        users = side.builds.users(kind.ecosystem)
        for directory in sorted(projects):
            for name in users.get(directory, ()):
                found.setdefault(name, f"resolves other packages for {directory}")
    return found or None


def _reader(path: str) -> "Callable[[bytes], dict[str, Any] | None] | None":
    name = name_of(path)
    if name.lower() == "directory.packages.props":
        return _central_packages
    return _catalog if name.endswith(".versions.toml") else None


def _central_packages(content: bytes) -> dict[str, Any] | None:
    """Return ``{package: its entry with properties expanded}``; under ``""`` whatever else the file says."""
    root = parse(content)
    if root is None:
        return None
    properties = {p.tag: (p.text or "").strip() for group in root.iterfind("PropertyGroup") for p in group}
    found: dict[str, Any] = {}
    used: set[str] = set()
    for item in (element for element in root.iter() if element.tag in ITEMS):
        text = _canonical(item)
        for _ in range(4):
            used.update(PROPERTY.findall(text))
            text = PROPERTY.sub(lambda match: properties.get(match.group(1), match.group()), text)
        name = (item.get("Include") or item.get("Update") or "").lower()
        key = "*" if item.tag == "GlobalPackageReference" else name
        found[key] = sorted([*found.get(key, []), text])
    rest = [_canonical(e) for e in root.iter() if len(e) == 0 and e.tag not in ITEMS and e.tag not in used]
    inside = {_canonical(e) for item in root.iter() if item.tag in ITEMS for e in item.iter()}
    found[""] = sorted(text for text in rest if text not in inside and text != _canonical(root))
    return found


def _canonical(element: Element) -> str:
    text = tostring(element, encoding="unicode", short_empty_elements=True)
    return re.sub(r"\s+", " ", re.sub(r"<!--[\s\S]*?-->", "", text)).strip()


def _catalog(content: bytes) -> dict[str, Any] | None:
    """Return ``{accessor in lower case: what it stands for}`` of a Gradle version catalog."""
    document = load(content.decode("utf-8", "replace"))
    if not document:
        return None
    versions = table(document, "versions")
    found: dict[str, Any] = {f"versions.{_accessor(n)}": v for n, v in versions.items()}
    for section, prefix in (("libraries", ""), ("plugins", "plugins.")):
        for name, given in table(document, section).items():
            reference = table(given, "version").get("ref")
            found[prefix + _accessor(name)] = (given, versions.get(str(reference)))
    for name, members in table(document, "bundles").items():
        given = [found.get(_accessor(str(member))) for member in members] if isinstance(members, list) else members
        found["bundles." + _accessor(name)] = given
    return found


def _accessor(name: str) -> str:
    return re.sub(r"[-_.]+", ".", name).lower()
