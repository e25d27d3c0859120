"""Compose files: which there are, what they say after ``extends``, and how they are interpolated."""

import re
from typing import Any

from arc_sim.causal.addresses import MAX_EXPANDED
from arc_sim.causal.documents import DocumentError, Mapping, Sequence, Text, dig, load_documents, pairs
from arc_sim.causal.paths import COMPOSE, YAML, is_source_of_truth, join, name_of, parent_of
from arc_sim.causal.readers.deploy.kustomize import placed
from arc_sim.causal.tree import Tree

INTERPOLATION = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?:(?P<sign>:?[-?+])(?P<other>[^{}]*))?\})"
)
OF_TESTS = re.compile(r"[._-](?:test|tests|ci|e2e)[._-]")
TEST_PROFILE = re.compile(r"(?i)^(?:[\w-]*[_-])?(?:tests?|e2e|ci)(?:[_-][\w-]*)?$")
KEYS = frozenset(
    (
        *("image", "build", "extends", "command", "entrypoint", "environment", "env_file"),
        *("depends_on", "links", "volumes", "configs", "ports", "networks"),
    )
)
"""One of these makes an entry a service."""
ESSENTIAL = frozenset(("image", "build", "extends"))
TOPS = frozenset(("services", "version", "name", "include", "networks", "volumes", "configs", "secrets"))
"""What a compose file may have at its top, besides ``x-`` parts."""
MAX_EXTENDS = 5
"""Deeper is a cycle."""


def compose_files(tree: Tree) -> list[str]:
    """Return the compose files of the system; those of tests and examples only when there are no others."""
    found = [path for path in tree.paths() if COMPOSE.match(name_of(path)) or _is_compose(tree, path)]
    own = [path for path in found if is_source_of_truth(path) and not OF_TESTS.search(path)]
    # The base file first: what it says is what a plain `docker compose up` starts.
    return sorted(own or found, key=lambda path: (parent_of(path), len(name_of(path)), path))


def _is_compose(tree: Tree, path: str) -> bool:
    """Tell whether a YAML file of another name is a compose file, by what stands in it."""
    if not YAML.search(path) or not is_source_of_truth(path):
        return False
    try:
        content = tree.read(path)
    except (ValueError, KeyError):
        return False
    if not (content.startswith(b"services:") or b"\nservices:" in content) or not (
        b"image:" in content or b"build:" in content
    ):
        return False
    try:
        documents = load_documents(content)
    except DocumentError:
        return False
    top = documents[0] if len(documents) == 1 else None
    services = [entry for _, entry in pairs(dig(top, "services"))]
    own = all(key in TOPS or str(key).startswith("x-") for key, _ in pairs(top))
    return (
        own
        and bool(services)
        and all(isinstance(e, Mapping) and {"image", "build", "extends"} & set(e) for e in services)
    )


def load_services(tree: Tree, path: str, warnings: list[str]) -> dict[str, Mapping]:
    """Return the services of one file by name; what cannot be read becomes a warning."""
    try:
        documents = load_documents(tree.read(path))
    except (DocumentError, ValueError, KeyError) as error:
        warnings.append(f"{path}: {error}")
        return {}
    result: dict[str, Mapping] = {}
    for document in documents:
        top = document if not isinstance(document, dict) or "services" in document else {"services": document}
        for name, entry in pairs(dig(top, "services")):
            if isinstance(entry, Mapping) and KEYS & set(entry) and not _is_for_tests(entry):
                result[str(name)] = _extended(tree, path, entry, documents)
    return result


def config_files(tree: Tree, path: str) -> list[tuple[str, str]]:
    """Return ``(name, file)`` of the top-level configs of one compose file."""
    try:
        content = tree.read(path)
        documents = load_documents(content) if b"configs:" in content else []
    except (DocumentError, ValueError, KeyError):
        return []  # Who loads the services says so.
    items = [item for document in documents for item in pairs(dig(document, "configs"))]
    return [(str(name), str(dig(entry, "file"))) for name, entry in items if dig(entry, "file")]


def _is_for_tests(entry: Mapping) -> bool:
    """Tell whether an entry runs only under profiles of tests."""
    profiles = [str(item) for item in entry.get("profiles") or () if isinstance(item, Text)]
    return bool(profiles) and all(TEST_PROFILE.match(profile) for profile in profiles)


def dot_env(tree: Tree, directory: str) -> dict[str, str]:
    """Return the values of the ``.env`` file that compose interpolates."""
    path = f"{directory}/.env" if directory else ".env"
    return {name: value for name, value, _ in env_file(tree, path)}


def env_file(tree: Tree, path: str) -> list[tuple[str, str, int]]:
    """Return ``(name, value, line)`` of an env file, nothing when it cannot be read."""
    try:
        text = tree.read(path).decode("utf-8", "replace")
    except (KeyError, ValueError):
        return []
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign and not name.startswith("#"):
            found.append((name.strip(), value.strip().strip("\"'"), number))
    return found


def interpolate(text: str, values: dict[str, str], depth: int = 0) -> str:
    """Return the text with ``$NAME``, ``${NAME:-default}`` and their kin replaced; an unknown name becomes empty."""
    room = MAX_EXPANDED

    def replace(match: "re.Match[str]") -> str:
        nonlocal room
        found = value_of(match)
        room -= len(found)
        return found if room >= 0 else ""

    def value_of(match: "re.Match[str]") -> str:
        if match.group("escaped"):
            return "$"
        name, sign = match.group("plain") or match.group("name"), match.group("sign") or ""
        value = values.get(name)
        other = match.group("other") or ""
        if sign.endswith("+"):
            return other if value else ""
        missing = value is None or (sign.startswith(":") and not value)
        return (other if sign.endswith("-") else "") if missing else str(value)

    result = str(INTERPOLATION.sub(replace, text))
    return interpolate(result, values, depth + 1) if depth < 2 and "${" in result and result != text else result


def _extended(tree: Tree, path: str, entry: Mapping, documents: list[Any], depth: int = 0) -> Mapping:
    """Return the entry with what ``extends`` brings, which keeps the file that it comes from."""
    extends = entry.get("extends")
    name = extends if isinstance(extends, Text) else dig(extends, "service")
    file = dig(extends, "file")
    other = join(parent_of(path), str(file)) if file else path
    if name is None or other is None or depth > MAX_EXTENDS:
        return entry
    try:
        found = documents if other == path else load_documents(tree.read(other))
    except (DocumentError, ValueError, KeyError):
        return entry
    parent = next((dig(d, "services", str(name)) for d in found if dig(d, "services", str(name))), None)
    if not isinstance(parent, Mapping):
        return entry
    above = _extended(tree, other, parent, found, depth + 1)
    result = Mapping({**(placed(above, other) if other != path else above), **entry})
    result["environment"] = _joined(above.get("environment"), entry.get("environment"))
    if result["environment"] is None:
        del result["environment"]
    result.line = entry.line
    return result


def _joined(above: Any, own: Any) -> Any:
    """Return two environments as one; the own values win."""
    if above is None or own is None:
        return above if own is None else own
    if isinstance(above, dict) and isinstance(own, dict):
        return Mapping({**above, **own})
    return Sequence([*_listed(above), *_listed(own)])


def _listed(environment: Any) -> list[Any]:
    if isinstance(environment, list):
        return environment
    found = []
    for key, value in pairs(environment):
        text = Text(f"{key}={value}" if isinstance(value, Text) else str(key))
        text.line, text.is_quoted = key.line, True
        found.append(text)
    return found
