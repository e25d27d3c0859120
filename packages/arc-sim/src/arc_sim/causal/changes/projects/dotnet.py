"""MSBuild projects: ProjectReference, PackageReference, and files taken in from elsewhere."""

import re

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.base import Project
from arc_sim.causal.changes.projects.markup import parse
from arc_sim.causal.paths import join, parent_of

ENDS = (".csproj", ".fsproj", ".vbproj", ".esproj", ".dcproj")
TAKEN = ("Compile", "Content", "None", "EmbeddedResource", "Protobuf", "AdditionalFiles", "Import")
"""Items and imports that can name a file outside the project's directory."""


def read(listing: Listing) -> list[Project]:
    """Return all projects of MSBuild."""
    return [_project(listing, path) for path in listing.ending(*ENDS)]


def _project(listing: Listing, path: str) -> Project:
    directory = parent_of(path)
    root = parse(listing.text(path))
    uses: set[str] = set()
    packages: set[str] = set()
    extra: set[str] = set()
    for element in root.iter() if root is not None else ():
        include = element.get("Include") or element.get("Project") or ""
        target = _target(directory, include)
        if element.tag == "ProjectReference" and target is not None:
            uses.add(parent_of(target))
        elif element.tag == "PackageReference":
            packages |= {name.strip().lower() for name in include.split(";") if name.strip()}
        elif element.tag in TAKEN and include.startswith("..") and target:
            extra.add(re.split(r"/?[^/]*[*?]", target)[0])
    return Project("dotnet", directory, path, frozenset(uses), frozenset(packages), frozenset(extra - {""}))


def _target(directory: str, include: str) -> str | None:
    here = re.sub(r"\$\((?:MSBuildThisFileDirectory|MSBuildProjectDirectory|ProjectDir)\)[\\/]?", "", include)
    return join(directory, here.replace("\\", "/")) if here and "$(" not in here else None
