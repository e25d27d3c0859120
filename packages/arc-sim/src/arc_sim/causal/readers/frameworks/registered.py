"""Names under which programs announce themselves to a registry in settings files of .NET: aliases of their services."""

import re

from arc_sim.causal.code.gather import owners_by_file
from arc_sim.causal.documents import DocumentError, flatten, load_documents
from arc_sim.causal.paths import is_source_of_truth, name_of
from arc_sim.causal.readers.base import Findings, Known
from arc_sim.causal.tree import Tree
from arc_sim.model import Service

FILES = re.compile(r"(?i)^appsettings(?:\.[\w-]+)?\.json$")
NAMES = re.compile(
    r"(?i)^(?:spring\.application\.name|eureka\.instance\.(?:appname|vipaddress|hostname)|"
    r"(?:consul|service|discovery|registration)\w*\.(?:\w+\.)?(?:servicename|service\.name|name))$"
)
"""Steeltoe's settings for Eureka, and what programs commonly call the name that they give to Consul."""
WORD = re.compile(r"[A-Za-z][\w.-]{1,80}")


class RegisteredReader:
    """Reads the settings files of services that are known so far."""

    name = "registered"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return the services again, with the names that their settings register."""
        owners: dict[str, set[str]] = {}
        for service, files in owners_by_file(tree, known.services).items():
            for path in files:
                if FILES.match(name_of(path)) and is_source_of_truth(path):
                    owners.setdefault(path, set()).add(service)
        found: dict[str, set[str]] = {}
        warnings: list[str] = []
        for path, services in sorted(owners.items()):
            if len(services) == 1:
                found.setdefault(next(iter(services)), set()).update(_names(tree, path, warnings))
        taken = [name for names in found.values() for name in names]
        return Findings(
            tuple(
                Service(name, aliases=tuple(sorted(alias for alias in names if taken.count(alias) == 1)))
                for name, names in sorted(found.items())
                if names
            ),
            warnings=tuple(warnings),
        )


def _names(tree: Tree, path: str, warnings: list[str]) -> set[str]:
    try:
        pairs = [pair for document in load_documents(tree.read(path)) for pair in flatten(document)]
    except (DocumentError, ValueError, KeyError) as error:
        warnings.append(f"{path}: {error}")
        return set()
    values = {str(value) for key, value in pairs if NAMES.match(key)}
    return {value for value in values if WORD.fullmatch(value) and value.lower() != "localhost"}
