"""JVM applications by the name in a module's own settings: Spring Boot, Micronaut, Quarkus."""

import re

from arc_sim.causal.paths import is_source_of_truth, name_of
from arc_sim.causal.readers.base import Findings, Known
from arc_sim.causal.readers.frameworks.settings import Setting, read_settings, resolved
from arc_sim.causal.tree import Tree
from arc_sim.model import Service

FILES = re.compile(r"^(?P<module>(?:.+/)?)src/main/resources/(?:application|bootstrap)\.(?:ya?ml|properties)$")
MAIN = re.compile(r"^(?P<module>.+)/src/main/(?:java|kotlin)/.*(?:Application|App|Main|Server)\.(?:java|kt)$")
NAMES = ("spring.application.name", "micronaut.application.name", "quarkus.application.name")
FRAMEWORK = re.compile(r"^(?:quarkus|micronaut)\.")
"""Settings that only an application of that framework has."""
RUN = re.compile(rb"SpringApplication\.run|runApplication<|Micronaut\.(?:run|build)|@QuarkusMain")


class SpringReader:
    """Reads the application's name and module directory."""

    name = "spring"

    def read(self, tree: Tree, known: Known) -> Findings:
        """Return one service for each module that names its application."""
        found: dict[str, Service] = {}
        nameless: set[str] = set()
        alone: str | None = None
        warnings: list[str] = []
        for path in tree.paths():
            match = FILES.match(path)
            if match is None or not is_source_of_truth(path):
                continue
            settings = read_settings(tree, path, warnings)
            name = _application_name(settings)
            module = match.group("module").rstrip("/")
            if not name and any(FRAMEWORK.match(item.key) for item in settings):
                nameless.add(module)
            if name and not module:
                alone = alone or name
            if name and module:
                found.setdefault(name, Service(name=name, aliases=(name_of(module),), paths=(module,), language="java"))
        named = {path for service in found.values() for path in service.paths}
        for module in sorted((_modules_with_main(tree) | nameless) - named - {""}):
            found.setdefault(name_of(module), Service(name=name_of(module), paths=(module,), language="java"))
        if alone and not found and not known.services:
            # The repository is one application.
            found[alone] = Service(name=alone, paths=("src",), language="java")
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
            if b"@SpringBootApplication" in content or RUN.search(content):
                found.add(match.group("module"))
    return found


def _application_name(settings: list[Setting]) -> str | None:
    """Return the name that the settings give; placeholders by their defaults."""
    known = {item.key: item.value for item in settings}
    for key in NAMES:
        for item in settings:
            name = resolved(item.value, known) if item.key == key else ""
            if re.fullmatch(r"[\w.-]+", name):
                return name
    return None
