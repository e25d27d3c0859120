"""Maven modules: dependencies on other modules of the repository, by their coordinates."""

from xml.etree.ElementTree import Element

from arc_sim.causal.changes.listing import Listing
from arc_sim.causal.changes.projects.base import Project
from arc_sim.causal.changes.projects.markup import parse, text_at
from arc_sim.causal.paths import parent_of


def read(listing: Listing) -> list[Project]:
    """Return all modules."""
    roots = {path: parse(listing.text(path)) for path in listing.named("pom.xml")}
    homes: dict[str, str] = {}
    for path, root in sorted(roots.items(), key=lambda item: -item[0].count("/")):
        if root is not None and text_at(root, "artifactId"):
            homes[text_at(root, "artifactId")] = parent_of(path)
    return [_project(path, root, homes) for path, root in roots.items()]


def _project(path: str, root: Element | None, homes: dict[str, str]) -> Project:
    own = parent_of(path)
    names: set[str] = set()
    tests: set[str] = set()
    for section in root.iterfind(".//dependencies/dependency") if root is not None else ():
        (tests if text_at(section, "scope") == "test" else names).add(text_at(section, "artifactId"))
    managed = (
        {text_at(d, "artifactId") for d in root.iterfind("dependencyManagement//dependency")}
        if root is not None
        else set()
    )
    direct = {text_at(d, "artifactId") for d in root.iterfind("dependencies/dependency")} if root is not None else set()
    used = (names - managed) | (names & direct)
    uses = {homes[name] for name in used if name in homes and homes[name] != own}
    tested_with = {homes[name] for name in tests - used if name in homes and homes[name] != own}
    return Project(
        "maven",
        own,
        path,
        frozenset(uses),
        frozenset(name.lower() for name in used),
        tested_with=frozenset(tested_with),
    )
