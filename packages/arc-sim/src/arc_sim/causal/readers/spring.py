"""Spring Boot applications by their name: ``spring.application.name`` in a module's own configuration."""

import re

from arc_sim.causal.documents import DocumentError, dig, load_documents
from arc_sim.causal.paths import is_source_of_truth, name_of
from arc_sim.causal.readers.base import Findings, Known
from arc_sim.causal.tree import Tree
from arc_sim.model import Service

FILES = re.compile(r"^(?P<module>(?:.+/)?)src/main/resources/(?:application|bootstrap)\.(?:ya?ml|properties)$")
MAIN = re.compile(r"^(?P<module>.+)/src/main/(?:java|kotlin)/.*(?:Application|App|Main|Server)\.(?:java|kt)$")
PROPERTY = re.compile(r"(?m)^\s*spring\.application\.name\s*[=:]\s*(\S+)\s*$")


class SpringReader:
    """Reads the application's name and module directory."""

    name = "spring"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return one service for each module that names its application."""
        found: dict[str, Service] = {}
        warnings: list[str] = []
        for path in tree.paths():
            match = FILES.match(path)
            if match is None or not is_source_of_truth(path):
                continue
            name = _application_name(tree, path, warnings)
            module = match.group("module").rstrip("/")
            if name and module:
                found.setdefault(name, Service(name=name, aliases=(name_of(module),), paths=(module,), language="java"))
        named = {path for service in found.values() for path in service.paths}
        for module in sorted(_modules_with_main(tree) - named):
            found.setdefault(name_of(module), Service(name=name_of(module), paths=(module,), language="java"))
        return Findings(tuple(found.values()), warnings=tuple(warnings))


def _modules_with_main(tree: Tree) -> set[str]:
    """Return the modules whose application has a main class but no name: they are called like their directory."""
    found = set()
    for path in tree.paths():
        match = MAIN.match(path)
        if match is not None and match.group("module") not in found and is_source_of_truth(path):
            try:
                content = tree.read(path)
            except ValueError:
                continue
            if b"@SpringBootApplication" in content or b"SpringApplication.run" in content:
                found.add(match.group("module"))
    return found


def _application_name(tree: Tree, path: str, warnings: list[str]) -> str | None:
    try:
        content = tree.read(path)
        if path.endswith(".properties"):
            match = PROPERTY.search(content.decode("utf-8", "replace"))
            return match.group(1) if match else None
        names = [dig(document, "spring", "application", "name") for document in load_documents(content)]
    except (DocumentError, ValueError) as error:
        warnings.append(f"{path}: {error}")
        return None
    return next((str(name) for name in names if name and re.fullmatch(r"[\w.-]+", name)), None)
